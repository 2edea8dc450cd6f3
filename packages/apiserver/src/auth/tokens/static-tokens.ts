import { timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { digest } from '../digest.js';
import type { User } from '../user.js';
import type { TokenAnswer, TokenAuthenticator } from './token-authenticator.js';

/** Tokens of a file: `token,user,uid` a line, and groups in a fourth column, `"group1,group2"`. */
export class StaticTokens implements TokenAuthenticator {
  readonly #users: ReadonlyMap<string, { readonly token: Buffer; readonly user: User }>;

  /** Throws with the file and the line that is wrong. */
  static fromFile(path: string): StaticTokens {
    try {
      return new StaticTokens(readFileSync(path, 'utf8'));
    } catch (error) {
      throw new Error(`--token-auth-file: ${path}: ${(error as Error).message}`, { cause: error });
    }
  }

  constructor(csv: string) {
    const users = new Map<string, { token: Buffer; user: User }>();
    const records = parse(csv, { relax_column_count: true, skip_empty_lines: true, info: true }) as unknown as {
      record: string[];
      info: { lines: number };
    }[];
    for (const { record, info } of records) {
      const [token = '', name = '', uid = '', groups = ''] = record;
      if (record.length < 3)
        throw new Error(`line ${info.lines}: three columns are needed (token, user, uid), found ${record.length}`);
      if (token === '') throw new Error(`line ${info.lines}: the token is empty`);
      if (users.has(digest(token))) throw new Error(`line ${info.lines}: the same token stands above`);
      const user = { user: name, uid, groups: groups === '' ? [] : groups.split(',').map((it) => it.trim()) };
      users.set(digest(token), { token: Buffer.from(token), user });
    }
    this.#users = users;
  }

  async authenticate(token: string): Promise<TokenAnswer | undefined> {
    const found = this.#users.get(digest(token));
    const given = Buffer.from(token);
    if (found === undefined || found.token.length !== given.length) return undefined;
    return timingSafeEqual(found.token, given) ? { user: found.user } : undefined;
  }
}
