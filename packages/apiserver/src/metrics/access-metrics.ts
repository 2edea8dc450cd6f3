import { type Clock, Counter, Histogram, type Registry } from '@keelson/service';
import type { Decision } from '../auth/authorizer.js';
import type { User } from '../auth/user.js';

/** Upstream's bounds: a millisecond, and twice as much fourteen times. */
const SECONDS = Array.from({ length: 15 }, (_, n) => 0.001 * 2 ** n);
const KNOWN = new Set(['admin', 'client', 'kube_proxy', 'kubelet', 'system:serviceaccount:kube-system:default']);

/** Who came and what they were let do, under upstream's names. */
export class AccessMetrics {
  readonly #clock: Clock;
  readonly #users: Counter<'username'>;
  readonly #authentications: Counter<'result'>;
  readonly #authenticationSeconds: Histogram<'result'>;
  readonly #authorizations: Counter<'result'>;
  readonly #authorizationSeconds: Histogram<'result'>;

  constructor(registry: Registry, { clock }: { clock: Clock }) {
    const registers = [registry];
    const labelNames = ['result'] as const;
    const counter = (name: string, help: string) => new Counter({ name, help, labelNames, registers });
    const histogram = (name: string, help: string) =>
      new Histogram({ name, help, labelNames, buckets: SECONDS, registers });
    this.#clock = clock;
    this.#users = new Counter({
      name: 'authenticated_user_requests',
      help: 'Requests of known callers, by kinds of names',
      labelNames: ['username'],
      registers,
    });
    this.#authentications = counter('authentication_attempts', 'Requests by whether their callers are known');
    this.#authenticationSeconds = histogram('authentication_duration_seconds', 'Times until that was known');
    this.#authorizations = counter('authorization_attempts_total', 'Requests by whether they were allowed');
    this.#authorizationSeconds = histogram('authorization_duration_seconds', 'Times until that was known');
  }

  async authenticate(run: () => Promise<User | undefined>): Promise<User | undefined> {
    const startedAt = this.#clock.monotonic();
    let result = 'error';
    try {
      const user = await run();
      result = user === undefined ? 'failure' : 'success';
      if (user !== undefined) this.#users.inc({ username: nameOf(user) });
      return user;
    } finally {
      this.#authentications.inc({ result });
      this.#authenticationSeconds.observe({ result }, (this.#clock.monotonic() - startedAt) / 1000);
    }
  }

  async authorize(run: () => Decision | Promise<Decision>): Promise<Decision> {
    const startedAt = this.#clock.monotonic();
    let result = 'error';
    try {
      const decision = await run();
      result = resultOf(decision);
      return decision;
    } finally {
      this.#authorizations.inc({ result });
      this.#authorizationSeconds.observe({ result }, (this.#clock.monotonic() - startedAt) / 1000);
    }
  }
}

function resultOf({ allowed, denied, evaluationError }: Decision): string {
  if (allowed) return 'allowed';
  if (evaluationError !== undefined) return 'error';
  return denied ? 'denied' : 'no-opinion';
}

function nameOf({ user }: User): string {
  if (KNOWN.has(user)) return user;
  return user.includes('@') ? 'email_id' : 'other';
}
