import type { JWTPayload, JWTVerifyGetKey } from 'jose';
import { claimedIssuer, type Verification, verified } from './verify.js';

/** Fetches what is at an address, showing a bearer token if there is one. Rejects where there is nothing. */
export type FetchText = (url: string, bearer: string | undefined, signal?: AbortSignal) => Promise<string>;

export interface DistributedClaimsDependencies extends Verification {
  readonly fetch: FetchText;
  /** The keys of an issuer; it describes itself at its own address. */
  readonly keysOf: (issuer: string) => JWTVerifyGetKey;
}

/** Issuers of such claims that are known at a time: the first of them are forgotten for later ones. */
const ISSUERS_MAX = 16;

/**
 * A claim that is not in the token: the token's `_claim_names` says in which of its `_claim_sources` it is, and there
 * another signed token has it (OpenID Connect Core, 5.6.2).
 */
export class DistributedClaims {
  readonly #claim: string;
  readonly #deps: DistributedClaimsDependencies;
  readonly #keys = new Map<string, JWTVerifyGetKey>();

  constructor(claim: string, dependencies: DistributedClaimsDependencies) {
    this.#claim = claim;
    this.#deps = dependencies;
  }

  /** The claims with the one that was elsewhere. Throws where it cannot be had. */
  async expanded(claims: JWTPayload, signal?: AbortSignal): Promise<JWTPayload> {
    const { _claim_names: names, _claim_sources: sources } = claims;
    if (Object.hasOwn(claims, this.#claim) || names === undefined) return claims;
    if (!isRecord(names) || !Object.values(names).every((it) => typeof it === 'string'))
      throw new Error('oidc: error parsing distributed claim names: they are not texts by name');
    if (sources === undefined) throw new Error('oidc: no claim sources');
    if (!isRecord(sources) || !Object.values(sources).every(isSource))
      throw new Error('oidc: could not parse claim sources: they are not endpoints by name');
    if (!Object.hasOwn(names, this.#claim)) return claims;
    const name = String(names[this.#claim]);
    if (!Object.hasOwn(sources, name))
      throw new Error(`id token _claim_names contained a source ${name} missing in _claims_sources`);
    const { endpoint, access_token: bearer } = sources[name] as Source;
    // A claim that is put into the token as a token of its own is not looked into, as upstream has it.
    if (!endpoint) return claims;
    return { ...claims, [this.#claim]: await this.#fetched(endpoint, bearer || undefined, signal) };
  }

  async #fetched(endpoint: string, bearer: string | undefined, signal: AbortSignal | undefined): Promise<unknown> {
    const claim = this.#claim;
    let token: string;
    try {
      token = (await this.#deps.fetch(endpoint, bearer, signal)).trim();
    } catch (error) {
      throw new Error(`while getting distributed claim ${JSON.stringify(claim)}: ${(error as Error).message}`);
    }
    const issuer = claimedIssuer(token);
    if (!issuer?.startsWith('https://'))
      throw new Error(`getting untrusted issuer from endpoint ${endpoint} failed for claim ${JSON.stringify(claim)}`);
    let found: JWTPayload;
    try {
      found = await verified(token, issuer, this.#keysOf(issuer), this.#deps);
    } catch (error) {
      throw new Error(`verify distributed claim token: ${(error as Error).message}`);
    }
    if (Object.hasOwn(found, claim)) return found[claim];
    const at = JSON.stringify(endpoint);
    throw new Error(`jwt returned by distributed claim endpoint ${at} did not contain claim: ${claim}`);
  }

  #keysOf(issuer: string): JWTVerifyGetKey {
    const keys = this.#keys.get(issuer) ?? this.#deps.keysOf(issuer);
    this.#keys.delete(issuer);
    this.#keys.set(issuer, keys);
    if (this.#keys.size > ISSUERS_MAX) this.#keys.delete(this.#keys.keys().next().value!);
    return keys;
  }
}

interface Source {
  readonly endpoint?: string;
  readonly access_token?: string;
}

function isSource(value: unknown): boolean {
  const text = (it: unknown) => it === undefined || it === null || typeof it === 'string';
  return isRecord(value) && text(value['endpoint']) && text(value['access_token']) && text(value['JWT']);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
