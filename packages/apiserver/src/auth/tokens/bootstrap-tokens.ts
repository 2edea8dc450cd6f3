import { timingSafeEqual } from 'node:crypto';
import type { Secret } from '@keelson/api';
import type { Clock } from '@keelson/service';
import { lookUp } from '../../admission/lookup.js';
import type { ObjectCollection } from '../../registry/collection.js';
import type { TokenAnswer, TokenAuthenticator } from './token-authenticator.js';

const TOKEN = /^([a-z0-9]{6})\.([a-z0-9]{16})$/;
const NAMESPACE = 'kube-system';
const TYPE = 'bootstrap.kubernetes.io/token';
const GROUP = 'system:bootstrappers';
const EXTRA_GROUP = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/;

/** Tokens with which nodes join: Secrets `bootstrap-token-ID` of kube-system. */
export class BootstrapTokens implements TokenAuthenticator {
  readonly #secrets: ObjectCollection;
  readonly #clock: Pick<Clock, 'now'>;

  constructor(dependencies: { secrets: ObjectCollection; clock: Pick<Clock, 'now'> }) {
    this.#secrets = dependencies.secrets;
    this.#clock = dependencies.clock;
  }

  async authenticate(token: string): Promise<TokenAnswer | undefined> {
    const [, id, secret] = TOKEN.exec(token) ?? [];
    if (id === undefined || secret === undefined) return undefined;
    const found = await lookUp<Secret>(this.#secrets, NAMESPACE, `bootstrap-token-${id}`);
    if (found === undefined || found.type !== TYPE || found.metadata.deletionTimestamp != null) return undefined;
    const text = (key: string) => Buffer.from(found.data?.[key] ?? '', 'base64').toString();
    if (!same(text('token-secret'), secret) || text('token-id') !== id || this.#isOver(text('expiration')))
      return undefined;
    if (text('usage-bootstrap-authentication') !== 'true') return undefined;
    const extra = text('auth-extra-groups')
      .split(',')
      .map((it) => it.trim())
      .filter((it) => it !== '');
    const wrong = extra.find((it) => !EXTRA_GROUP.test(it));
    if (wrong !== undefined)
      throw new Error(`bootstrap token ${id}: auth-extra-groups: "${wrong}" must begin with ${GROUP}:`);
    return { user: { user: `system:bootstrap:${id}`, groups: [GROUP, ...extra] } };
  }

  /** A time that cannot be read has passed. */
  #isOver(expiration: string): boolean {
    return expiration !== '' && !(Date.parse(expiration) > this.#clock.now());
  }
}

function same(stored: string, given: string): boolean {
  const [a, b] = [Buffer.from(stored), Buffer.from(given)];
  return a.length === b.length && timingSafeEqual(a, b);
}
