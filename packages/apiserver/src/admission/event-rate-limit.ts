import { apiErrors, type Event, type FieldError, fieldErrors, Path } from '@keelson/api';
import type { Clock } from '@keelson/service';
import { type ConfigKind, fields } from '../config/config-file.js';
import { type AdmissionAttributes, type AdmissionPlugin, isResource } from './admission.js';

export interface EventRateLimitConfiguration {
  readonly limits?: readonly EventLimit[];
}

export interface EventLimit {
  readonly type?: string;
  readonly qps?: number;
  readonly burst?: number;
  readonly cacheSize?: number;
}

const { string, integer, object, list } = fields;
const { invalid, notSupported } = fieldErrors;
const TYPES = ['Namespace', 'Server', 'SourceAndObject', 'User'];
const CACHE_SIZE = 4_096;

export const eventRateLimitConfiguration: ConfigKind<EventRateLimitConfiguration> = {
  group: 'eventratelimit.admission.k8s.io',
  versions: ['v1alpha1'],
  kind: 'Configuration',
  schema: object({ limits: list({ type: string, qps: integer, burst: integer, cacheSize: integer }) }),
  validate({ limits = [] }) {
    const root = new Path('limits');
    if (limits.length === 0) return [invalid(root, limits, 'must not be empty')];
    return limits.flatMap(({ type = '', qps = 0, burst = 0, cacheSize = 0 }, index) => {
      const at = root.index(index);
      const errors: FieldError[] = TYPES.includes(type) ? [] : [notSupported(at.child('type'), type, TYPES)];
      if (burst <= 0) errors.push(invalid(at.child('burst'), burst, 'must be positive'));
      if (qps <= 0) errors.push(invalid(at.child('qps'), qps, 'must be positive'));
      if (type !== 'Server' && cacheSize < 0)
        errors.push(invalid(at.child('cacheSize'), cacheSize, 'must not be negative'));
      return errors;
    });
  },
};

/** Events come no faster than each limit lets them. */
export function eventRateLimit(clock: Clock, { limits = [] }: EventRateLimitConfiguration): AdmissionPlugin {
  const all = limits.map((limit) => ({ limit, buckets: new Buckets(limit, clock) }));
  return {
    name: 'EventRateLimit',
    validate(attributes) {
      const { operation, kind, dryRun } = attributes;
      if (operation === 'DELETE' || dryRun || !isResource(kind, '', 'events')) return;
      const texts = all.flatMap(({ limit: { type }, buckets }) => {
        const key = keyOf(type, attributes);
        return buckets.take(key) ? [] : [`limit reached on type ${type} for key ${key}`];
      });
      if (texts.length > 0) throw apiErrors.tooManyRequests(apiErrors.aggregateText(texts));
    },
  };
}

function keyOf(type: string | undefined, { namespace, object, context }: AdmissionAttributes): string {
  if (type === 'Namespace') return namespace;
  if (type === 'User') return context.user.user;
  if (type !== 'SourceAndObject') return '';
  const { source = {}, involvedObject: it = {} } = object as Event;
  return [source.component, source.host, it.kind, it.namespace, it.name, it.uid, it.apiVersion].join('');
}

/** A bucket of tokens for each key; of too many keys, those are forgotten that were not used for longest. */
class Buckets {
  readonly #qps: number;
  readonly #burst: number;
  readonly #max: number;
  readonly #clock: Clock;
  readonly #buckets = new Map<string, { tokens: number; at: number }>();

  constructor({ qps = 1, burst = 1, cacheSize = 0 }: EventLimit, clock: Clock) {
    this.#qps = qps;
    this.#burst = burst;
    this.#max = cacheSize || CACHE_SIZE;
    this.#clock = clock;
  }

  take(key: string): boolean {
    const now = this.#clock.monotonic();
    const { tokens, at } = this.#buckets.get(key) ?? { tokens: this.#burst, at: now };
    const left = Math.min(this.#burst, tokens + ((now - at) / 1_000) * this.#qps);
    const isTaken = left >= 1;
    this.#buckets.delete(key);
    this.#buckets.set(key, { tokens: isTaken ? left - 1 : left, at: now });
    if (this.#buckets.size > this.#max) this.#buckets.delete(this.#buckets.keys().next().value!);
    return isTaken;
  }
}
