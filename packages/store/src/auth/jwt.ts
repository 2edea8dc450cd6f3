import { createPrivateKey, createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Clock } from '@keelson/service';
import { type JWTPayload, jwtVerify, SignJWT } from 'jose';
import type { Author } from '../apply/command.js';
import { errors, StoreError } from '../errors.js';
import type { Replica } from '../replica/replica.js';
import type { TokenProvider } from './tokens.js';

export interface JwtOptions {
  readonly method: string;
  /** Without one, tokens are only checked. */
  readonly signKey: KeyObject | undefined;
  readonly verifyKey: KeyObject;
  readonly ttlSeconds: number;
}

/** Signed tokens: no member keeps anything. They carry the auth revision at which they were made and end with it. */
export class JwtProvider implements TokenProvider {
  readonly #options: JwtOptions;
  readonly #replica: Replica;
  readonly #clock: Pick<Clock, 'now'>;

  constructor(options: JwtOptions, dependencies: { readonly replica: Replica; readonly clock: Pick<Clock, 'now'> }) {
    this.#options = options;
    this.#replica = dependencies.replica;
    this.#clock = dependencies.clock;
  }

  async issue(username: string): Promise<string> {
    const { signKey, method, ttlSeconds } = this.#options;
    const { auth } = this.#replica.machine;
    if (!signKey) throw new StoreError('auth: token signing attempted with verify-only key');
    return await new SignJWT({ username, revision: auth.revision })
      .setProtectedHeader({ alg: method, typ: 'JWT' })
      .setExpirationTime(Math.floor(this.#clock.now() / 1000) + ttlSeconds)
      .sign(signKey);
  }

  async authorOf(token: string): Promise<Author> {
    const { username: user, revision } = await this.#claims(token);
    if (typeof user !== 'string' || typeof revision !== 'number') throw errors.invalidAuthToken();
    return { user, revision };
  }

  async #claims(token: string): Promise<JWTPayload> {
    const { verifyKey, method } = this.#options;
    try {
      const currentDate = new Date(this.#clock.now());
      return (await jwtVerify(token, verifyKey, { algorithms: [method], currentDate })).payload;
    } catch {
      throw errors.invalidAuthToken();
    }
  }
}

const METHODS = /^(HS|RS|PS)(256|384|512)$|^ES(256|384|512)$|^EdDSA$/;
const DEFAULT_TTL_SECONDS = 5 * 60;
const UNIT_SECONDS: Record<string, number> = { h: 3600, m: 60, s: 1 };

/** Reads what follows `jwt,` in `--auth-token`: `sign-method=…,priv-key=…,pub-key=…,ttl=10m`. @throws StoreError */
export function parseJwtOptions(parts: readonly string[]): JwtOptions {
  const given = new Map(parts.map((part) => part.split('=', 2) as [string, string | undefined]));
  const method = given.get('sign-method') ?? '';
  if (!METHODS.test(method)) throw new StoreError(`--auth-token: "${method}" is not a sign-method such as RS256`);
  const [privateFile, publicFile] = [given.get('priv-key'), given.get('pub-key')];
  const ttlSeconds = parseTtl(given.get('ttl'));
  if (method.startsWith('HS')) {
    if (privateFile === undefined) throw new StoreError(`--auth-token: ${method} needs priv-key=FILE`);
    const key = createSecretKey(read(privateFile));
    return { method, signKey: key, verifyKey: key, ttlSeconds };
  }
  const signKey = privateFile === undefined ? undefined : keyOf(privateFile, createPrivateKey);
  const verifyKey = publicFile === undefined ? signKey && createPublicKey(signKey) : keyOf(publicFile, createPublicKey);
  if (!verifyKey) throw new StoreError(`--auth-token: ${method} needs priv-key=FILE, or pub-key=FILE only to check`);
  return { method, signKey, verifyKey, ttlSeconds };
}

function parseTtl(text: string | undefined): number {
  if (text === undefined) return DEFAULT_TTL_SECONDS;
  const match = /^(\d+)([hms])$/.exec(text);
  if (!match) throw new StoreError(`--auth-token: ttl "${text}" is not a time such as 10m`);
  return Number(match[1]) * UNIT_SECONDS[match[2]!]!;
}

function keyOf(file: string, make: (pem: Buffer) => KeyObject): KeyObject {
  const pem = read(file);
  try {
    return make(pem);
  } catch (error) {
    throw new StoreError(`--auth-token: ${file} holds no key in PEM: ${(error as Error).message}`, { cause: error });
  }
}

function read(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new StoreError(`--auth-token: cannot read ${file}: ${(error as NodeJS.ErrnoException).code}`, {
      cause: error,
    });
  }
}
