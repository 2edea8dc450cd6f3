import { status } from '@grpc/grpc-js';
import type { etcd } from '@keelson/protocol';
import type { Clock } from '@keelson/service';
import { EtcdError } from '../errors.js';
import { nameOf, type RateRule } from './rules.js';

interface Bucket {
  readonly rule: RateRule;
  tokens: number;
  /** Monotonic milliseconds. */
  filledAt: number;
}

/** Lets so many writes a second below a prefix through a door: a token bucket for each rule. */
export class RateLimiter {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #buckets: readonly Bucket[];

  constructor(rules: readonly RateRule[], dependencies: { readonly clock: Pick<Clock, 'monotonic'> }) {
    this.#clock = dependencies.clock;
    const filledAt = this.#clock.monotonic();
    this.#buckets = rules.map((rule) => ({ rule, tokens: rule.burst, filledAt }));
  }

  /** A request that writes these keys, or ranges that begin there, takes one token a rule. @throws EtcdError */
  take(keys: Iterable<Buffer>): void {
    if (this.#buckets.length === 0) return;
    const texts = Array.from(keys, (key) => key.toString('latin1'));
    const asked = this.#buckets.filter(({ rule }) => texts.some((text) => text.startsWith(rule.prefix)));
    for (const bucket of asked) this.#fill(bucket);
    const empty = asked.find(({ tokens }) => tokens < 1);
    if (empty) throw limited(empty.rule);
    for (const bucket of asked) bucket.tokens -= 1;
  }

  #fill(bucket: Bucket): void {
    const now = this.#clock.monotonic();
    const { perSecond, burst } = bucket.rule;
    bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.filledAt) / 1000) * perSecond);
    bucket.filledAt = now;
  }
}

function limited({ prefix, perSecond }: RateRule): EtcdError {
  return new EtcdError(
    status.RESOURCE_EXHAUSTED,
    `keelson: writes below "${nameOf(prefix)}" are limited to ${perSecond} a second (--request-rate-limit)`,
  );
}

/** The keys that a transaction may write, and where the ranges begin that it may delete. */
export function* writtenKeys(request: etcd.TxnRequest): Generator<Buffer> {
  for (const op of [...request.success, ...request.failure]) {
    if (op.requestPut) yield op.requestPut.key;
    else if (op.requestDeleteRange) yield op.requestDeleteRange.key;
    else if (op.requestTxn) yield* writtenKeys(op.requestTxn);
  }
}
