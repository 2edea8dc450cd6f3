import type { KubeObject, ServiceAccount } from '@keelson/api';
import type { Clock, Random } from '@keelson/service';
import { exportJWK, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import { lookUp } from '../admission/lookup.js';
import { serviceAccountGroups, serviceAccountUser, type User } from '../auth/user.js';
import type { ObjectCollection } from '../registry/collection.js';
import type { SigningKey } from './signing-key.js';

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

export interface VerifiedToken {
  readonly user: User;
  /** Those of the wanted audiences that the token is for. */
  readonly audiences: readonly string[];
}

export interface TokenOptions {
  issuer: string;
  /** What a token must be for to be let in, and is for unless its request says otherwise. */
  apiAudiences: readonly string[];
}

export interface TokenDependencies {
  key: () => SigningKey;
  clock: Clock;
  random: Random;
  serviceAccounts: ObjectCollection;
  pods: ObjectCollection;
  secrets: ObjectCollection;
  nodes: ObjectCollection;
}

const CLAIM = 'kubernetes.io';

/** Makes and reads service accounts' tokens: JWTs that live as long as their account and what they are bound to. */
export class ServiceAccountTokens {
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
  async verify(token: string, audiences: readonly string[]): Promise<VerifiedToken | undefined> {
    const payload = await this.#payload(token, audiences);
    const claim = payload && claimIn(payload);
    if (payload === undefined || claim === undefined || !(await this.#isCurrent(claim))) return undefined;
    const { namespace, serviceaccount } = claim;
    const named = Array.isArray(payload.aud) ? payload.aud : [payload.aud ?? ''];
    return {
      user: {
        user: serviceAccountUser(namespace, serviceaccount.name),
        uid: serviceaccount.uid,
        groups: serviceAccountGroups(namespace),
        extra: extraOf(payload, claim),
      },
      audiences: audiences.filter((it) => named.includes(it)),
    };
  }

  /** The keys as relying parties read them. */
  async keys(): Promise<{ keys: object[] }> {
    const { id, algorithm, publicKey } = this.#deps.key();
    const { kty, ...rest } = await exportJWK(publicKey);
    return { keys: [{ use: 'sig', kty, kid: id, alg: algorithm, ...rest }] };
  }

  get algorithm(): string {
    return this.#deps.key().algorithm;
  }

  async #payload(token: string, audiences: readonly string[]): Promise<JWTPayload | undefined> {
    const { publicKey, algorithm } = this.#deps.key();
    try {
      const { payload } = await jwtVerify(token, publicKey, {
        algorithms: [algorithm],
        issuer: this.#options.issuer,
        audience: [...audiences],
        currentDate: new Date(this.#deps.clock.now()),
      });
      return payload;
    } catch {
      return undefined;
    }
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
