import type { KubeObject, ServiceAccount } from '@keelson/api';
import type { Clock, Random } from '@keelson/service';
import { decodeJwt, decodeProtectedHeader, errors, exportJWK, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import { lookUp } from '../../admission/lookup.js';
import type { ObjectCollection } from '../../registry/collection.js';
import { serviceAccountGroups, serviceAccountUser } from '../user.js';
import type { SigningKey, VerifyingKey } from './signing-key.js';
import type { TokenAnswer, TokenAuthenticator } from './token-authenticator.js';

/** An object whose end is the end of a token. */
export interface BoundObject {
  readonly kind: 'Pod' | 'Secret' | 'Node';
  readonly name: string;
  readonly uid: string;
  /** The node of a bound pod. */
  readonly node?: { readonly name: string; readonly uid: string } | undefined;
}

interface Reference {
  readonly name: string;
  readonly uid: string;
}

interface KubernetesClaim {
  readonly namespace: string;
  readonly serviceaccount: Reference;
  readonly pod?: Reference;
  readonly secret?: Reference;
  readonly node?: Reference;
}

export interface TokenOptions {
  issuer: string;
  /** What a token must be for to be let in, and is for unless its request says otherwise. */
  apiAudiences: readonly string[];
}

export interface TokenDependencies {
  key: () => SigningKey;
  /** Keys that signed tokens before, or sign them elsewhere. */
  otherKeys: readonly VerifyingKey[];
  clock: Clock;
  random: Random;
  serviceAccounts: ObjectCollection;
  pods: ObjectCollection;
  secrets: ObjectCollection;
  nodes: ObjectCollection;
}

const CLAIM = 'kubernetes.io';
const INVALIDATED = 'service account token has been invalidated';
/** Clocks differ by so much, as upstream sees it. */
const LEEWAY = '60s';
const BAD_SIGNATURE = 'go-jose/go-jose: error in cryptographic primitive';

/** Makes and reads service accounts' tokens: JWTs that live as long as their account and what they are bound to. */
export class ServiceAccountTokens implements TokenAuthenticator {
  readonly #options: TokenOptions;
  readonly #deps: TokenDependencies;

  constructor(options: TokenOptions, dependencies: TokenDependencies) {
    this.#options = options;
    this.#deps = dependencies;
  }

  get apiAudiences(): readonly string[] {
    return this.#options.apiAudiences;
  }

  get issuer(): string {
    return this.#options.issuer;
  }

  /** A token that ends after `seconds`. */
  async issue(
    { metadata }: ServiceAccount,
    audiences: readonly string[],
    seconds: number,
    bound: BoundObject | undefined,
  ): Promise<{ token: string; expires: number }> {
    const { key, clock, random } = this.#deps;
    const { id, algorithm, privateKey } = key();
    const { namespace = '', name = '', uid = '' } = metadata;
    const now = Math.floor(clock.now() / 1000);
    const claim: KubernetesClaim = {
      namespace,
      serviceaccount: { name, uid },
      ...(bound === undefined ? {} : { [bound.kind.toLowerCase()]: { name: bound.name, uid: bound.uid } }),
      ...(bound?.node === undefined ? {} : { node: bound.node }),
    };
    const token = await new SignJWT({ [CLAIM]: claim })
      .setProtectedHeader({ alg: algorithm, kid: id })
      .setIssuer(this.#options.issuer)
      .setSubject(serviceAccountUser(namespace, name))
      .setAudience([...audiences])
      .setIssuedAt(now)
      .setNotBefore(now)
      .setExpirationTime(now + seconds)
      .setJti(random.uuid())
      .sign(privateKey);
    return { token, expires: (now + seconds) * 1000 };
  }

  /** Whose a token is, if it is ours, for one of `audiences`, and still good. */
  async authenticate(token: string, audiences: readonly string[]): Promise<TokenAnswer | undefined> {
    if (!this.#isOurs(token)) return undefined;
    const payload = await this.#payload(token);
    const named = payload.aud === undefined ? this.#options.apiAudiences : [payload.aud].flat();
    const shared = audiences.filter((it) => named.includes(it));
    if (shared.length === 0)
      throw new Error(`token audiences ${goList(named)} is invalid for the target audiences ${goList(audiences)}`);
    const claim = claimIn(payload);
    if (claim === undefined || !(await this.#isCurrent(claim))) throw new Error(INVALIDATED);
    const { namespace, serviceaccount } = claim;
    return {
      user: {
        user: serviceAccountUser(namespace, serviceaccount.name),
        uid: serviceaccount.uid,
        groups: serviceAccountGroups(namespace),
        extra: extraOf(payload, claim),
      },
      audiences: shared,
    };
  }

  /** The keys as relying parties read them. */
  async keys(): Promise<{ keys: object[] }> {
    const keys = this.#keys().map(async ({ id, algorithm, publicKey }) => {
      const { kty, ...rest } = await exportJWK(publicKey);
      return { use: 'sig', kty, kid: id, alg: algorithm, ...rest };
    });
    return { keys: await Promise.all(keys) };
  }

  get algorithms(): string[] {
    return [...new Set(this.#keys().map((key) => key.algorithm))];
  }

  #keys(): VerifyingKey[] {
    const own = this.#deps.key();
    return [own, ...this.#deps.otherKeys.filter(({ id }) => id !== own.id)];
  }

  #isOurs(token: string): boolean {
    try {
      return decodeJwt(token).iss === this.#options.issuer;
    } catch {
      return false;
    }
  }

  /** What a token says, if a key of ours signed it. Throws what is wrong in upstream's words. */
  async #payload(token: string): Promise<JWTPayload> {
    const { kid } = decodeProtectedHeader(token);
    const keys = this.#keys();
    const named = keys.filter(({ id }) => id === kid);
    for (const { publicKey, algorithm } of named.length > 0 ? named : keys) {
      try {
        const currentDate = new Date(this.#deps.clock.now());
        return (await jwtVerify(token, publicKey, { algorithms: [algorithm], currentDate, clockTolerance: LEEWAY }))
          .payload;
      } catch (error) {
        if (error instanceof errors.JWTExpired) throw new Error('service account token has expired');
        if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'nbf')
          throw new Error('service account token is not valid yet');
      }
    }
    throw new Error(BAD_SIGNATURE);
  }

  async #isCurrent({ namespace, serviceaccount, pod, secret, node }: KubernetesClaim): Promise<boolean> {
    const { serviceAccounts, pods, secrets, nodes } = this.#deps;
    const is = async (collection: ObjectCollection, inNamespace: string, { name, uid }: Reference) => {
      const found = await lookUp<KubeObject>(collection, inNamespace, name);
      return found?.metadata.uid === uid;
    };
    if (!(await is(serviceAccounts, namespace, serviceaccount))) return false;
    if (pod !== undefined) return is(pods, namespace, pod);
    if (secret !== undefined) return is(secrets, namespace, secret);
    return node === undefined || is(nodes, '', node);
  }
}

/** What a token says in Kubernetes' own claim; undefined: not all that one of ours does. */
function claimIn(payload: JWTPayload): KubernetesClaim | undefined {
  const claim = payload[CLAIM] as Partial<Record<keyof KubernetesClaim, unknown>> | null | undefined;
  if (claim == null || typeof claim.namespace !== 'string' || !isReference(claim.serviceaccount)) return undefined;
  const bound = [claim.pod, claim.secret, claim.node].filter((it) => it !== undefined);
  if (!bound.every(isReference)) return undefined;
  if (payload.sub !== serviceAccountUser(claim.namespace, claim.serviceaccount.name)) return undefined;
  return claim as KubernetesClaim;
}

function isReference(value: unknown): value is Reference {
  const { name, uid } = (value ?? {}) as Partial<Record<keyof Reference, unknown>>;
  return typeof name === 'string' && typeof uid === 'string';
}

const EXTRA = 'authentication.kubernetes.io/';

function extraOf({ jti }: JWTPayload, { pod, node }: KubernetesClaim): Record<string, string[]> {
  const extra: Record<string, string[]> = {};
  if (jti !== undefined) extra[`${EXTRA}credential-id`] = [`JTI=${jti}`];
  if (node !== undefined) {
    extra[`${EXTRA}node-name`] = [node.name];
    extra[`${EXTRA}node-uid`] = [node.uid];
  }
  if (pod !== undefined) {
    extra[`${EXTRA}pod-name`] = [pod.name];
    extra[`${EXTRA}pod-uid`] = [pod.uid];
  }
  return extra;
}

/** As Go's %q writes a list. */
function goList(list: readonly string[]): string {
  return `[${list.map((it) => JSON.stringify(it)).join(' ')}]`;
}
