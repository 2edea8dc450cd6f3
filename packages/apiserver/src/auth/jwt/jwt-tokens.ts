import type { Clock } from '@keelson/service';
import type { JWTPayload, JWTVerifyGetKey } from 'jose';
import type { TokenAnswer, TokenAuthenticator } from '../tokens/token-authenticator.js';
import type { User } from '../user.js';
import { DistributedClaims, type FetchText } from './distributed-claims.js';
import type { ExpressionCompiler } from './expressions.js';
import type { JwtConfig, MappedClaim } from './jwt-config.js';
import { claimedIssuer, type Verification, verified } from './verify.js';

/** What upstream takes where no algorithms are named. */
export const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512'];

export interface JwtTokensDependencies {
  readonly keys: JWTVerifyGetKey;
  readonly compile: ExpressionCompiler;
  readonly clock: Clock;
  /** How claims that are elsewhere are had, and the keys of those who sign them. */
  readonly elsewhere: { readonly fetch: FetchText; readonly keysOf: (issuer: string) => JWTVerifyGetKey };
}

type Claims = JWTPayload;

/** Tokens that somebody else issues, as OpenID Connect providers do. */
export class JwtTokens implements TokenAuthenticator {
  readonly #config: JwtConfig;
  readonly #verification: Verification;
  readonly #keys: JWTVerifyGetKey;
  readonly #distributed: DistributedClaims | undefined;
  readonly #userOf: (claims: Claims) => User;
  readonly #checks: readonly ((claims: Claims) => void)[];
  readonly #userChecks: readonly ((user: User) => void)[];

  constructor(config: JwtConfig, algorithms: readonly string[], dependencies: JwtTokensDependencies) {
    const { compile, clock, keys, elsewhere } = dependencies;
    const { audiences = [] } = config.issuer;
    const groups = config.claimMappings.groups?.claim ?? '';
    this.#config = config;
    this.#keys = keys;
    this.#verification = { audiences, algorithms, clock };
    if (groups !== '') this.#distributed = new DistributedClaims(groups, { ...this.#verification, ...elsewhere });
    this.#userOf = mapping(config, compile);
    this.#checks = (config.claimValidationRules ?? []).map((rule) => claimCheck(rule, compile));
    this.#userChecks = (config.userValidationRules ?? []).map(({ expression = '', message }) => {
      const holds = compile(expression, 'user');
      return (user) => {
        const { user: username, uid, groups, extra } = user;
        if (holds({ username, uid: uid ?? '', groups, extra: extra ?? {} }) !== true)
          throw new Error(`oidc: error evaluating user info validation rule: ${failure(expression, message)}`);
      };
    });
  }

  async authenticate(
    token: string,
    _audiences: readonly string[] = [],
    signal?: AbortSignal,
  ): Promise<TokenAnswer | undefined> {
    if (claimedIssuer(token) !== this.#config.issuer.url) return undefined;
    const claims = await this.#expanded(await this.#verified(token), signal);
    for (const check of this.#checks) check(claims);
    const user = this.#userOf(claims);
    for (const check of this.#userChecks) check(user);
    return { user };
  }

  async #expanded(claims: Claims, signal: AbortSignal | undefined): Promise<Claims> {
    if (this.#distributed === undefined) return claims;
    try {
      return await this.#distributed.expanded(claims, signal);
    } catch (error) {
      throw new Error(`oidc: could not expand distributed claims: ${(error as Error).message}`, { cause: error });
    }
  }

  async #verified(token: string): Promise<Claims> {
    try {
      return await verified(token, this.#config.issuer.url ?? '', this.#keys, this.#verification);
    } catch (error) {
      throw new Error(`oidc: verify token: ${(error as Error).message}`, { cause: error });
    }
  }
}

function claimCheck(
  { claim, requiredValue = '', expression = '', message }: NonNullable<JwtConfig['claimValidationRules']>[number],
  compile: ExpressionCompiler,
): (claims: Claims) => void {
  if (claim) {
    return (claims) => {
      const value = claims[claim];
      if (value === undefined) throw new Error(`oidc: required claim ${claim} not present in ID token`);
      if (typeof value !== 'string') throw new Error(`oidc: parse claim ${claim}: it is no text`);
      if (value !== requiredValue)
        throw new Error(`oidc: required claim ${claim} value does not match. Got = ${value}, want = ${requiredValue}`);
    };
  }
  const holds = compile(expression, 'claims');
  return (claims) => {
    if (holds(claims) !== true)
      throw new Error(`oidc: error evaluating claim validation expression: ${failure(expression, message)}`);
  };
}

function failure(expression: string, message: string | undefined): string {
  return `validation expression '${expression}' failed${message ? `: ${message}` : ''}`;
}

function mapping({ claimMappings }: JwtConfig, compile: ExpressionCompiler): (claims: Claims) => User {
  const { username = {}, groups = {}, uid = {}, extra = [] } = claimMappings;
  const userOf = usernameOf(username, compile);
  const groupsOf = textsOf(groups, 'groups', compile);
  const uidOf = textOf(uid, 'uid', compile);
  const extras = extra.map(({ key = '', valueExpression = '' }) => ({
    key,
    values: compile(valueExpression, 'claims'),
  }));
  return (claims) => {
    const id = uidOf(claims);
    const more: Record<string, string[]> = {};
    for (const { key, values } of extras) {
      const found = texts(values(claims), key);
      if (found.length > 0) more[key] = found;
    }
    return {
      user: userOf(claims),
      groups: groupsOf(claims),
      ...(id === '' ? {} : { uid: id }),
      ...(Object.keys(more).length === 0 ? {} : { extra: more }),
    };
  };
}

function usernameOf(mapped: MappedClaim, compile: ExpressionCompiler): (claims: Claims) => string {
  const read = textOf(mapped, 'username', compile);
  return (claims) => {
    const { email_verified: verified } = claims;
    if (mapped.claim === 'email' && verified !== undefined && verified !== true)
      throw new Error('oidc: email not verified');
    const name = read(claims);
    if (name === '') throw new Error('oidc: username claim must not be empty');
    return mapped.claim ? `${mapped.prefix ?? ''}${name}` : name;
  };
}

function textOf(
  { claim, expression }: MappedClaim,
  what: string,
  compile: ExpressionCompiler,
): (claims: Claims) => string {
  const read = expression ? compile(expression, 'claims') : undefined;
  return (claims) => {
    const value = read ? read(claims) : claim ? claims[claim] : '';
    if (value === undefined) throw new Error(`oidc: parse ${what} claims "${claim}": claim not present`);
    if (typeof value !== 'string')
      throw new Error(`oidc: parse ${what} claims "${claim ?? expression}": it is no text`);
    return value;
  };
}

function textsOf(
  { claim, prefix, expression }: MappedClaim,
  what: string,
  compile: ExpressionCompiler,
): (claims: Claims) => string[] {
  if (expression) {
    const read = compile(expression, 'claims');
    return (claims) => texts(read(claims), what);
  }
  return (claims) =>
    (claim && claims[claim] != null ? texts(claims[claim], what) : []).map((it) => `${prefix ?? ''}${it}`);
}

/** One text or a list of them; nothing is none. */
function texts(value: unknown, what: string): string[] {
  if (value === null || value === undefined || value === '') return [];
  const list = Array.isArray(value) ? value : [value];
  if (!list.every((it) => typeof it === 'string')) throw new Error(`oidc: parse ${what} claims: not all are texts`);
  return list;
}
