import { goQuote } from './quote.js';

/** A URI as Go's net/url reads the target of a request. */
export interface RequestUri {
  readonly scheme: string;
  readonly host: string;
  readonly escapedPath: string;
  readonly rawQuery: string;
  /** Name and password as they would be written; absent without an `@`. */
  readonly user?: string;
}

/** A URL with its fragment. */
export interface Url extends RequestUri {
  readonly fragment: string;
}

export class UriError extends Error {}

/** Throws a UriError with Go's text. A fragment is not looked at, unless `withFragment`. */
export function parseRequestUri(text: string): RequestUri {
  try {
    return parse(text, true);
  } catch (error) {
    throw error instanceof UriError ? new UriError(`parse ${goQuote(text)}: ${error.message}`) : error;
  }
}

/** The same without its fragment, which a request's target does not have. */
export function parseUri(text: string): RequestUri {
  parseRequestUri(text);
  const hash = text.indexOf('#');
  return parse(hash < 0 ? text : text.slice(0, hash), false);
}

/** Any URL, relative ones too. Throws a UriError with Go's text. */
export function parseUrl(text: string): Url {
  const hash = text.indexOf('#');
  const [bare, fragment] = hash < 0 ? [text, ''] : [text.slice(0, hash), text.slice(hash + 1)];
  try {
    const url = parse(bare, false);
    checkEscapes(fragment);
    return { ...url, fragment: percentDecode(fragment).toString() };
  } catch (error) {
    throw error instanceof UriError ? new UriError(`parse ${goQuote(text)}: ${error.message}`) : error;
  }
}

function parse(text: string, viaRequest: boolean): RequestUri {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || code === 0x7f) throw new UriError('net/url: invalid control character in URL');
  }
  if (text === '' && viaRequest) throw new UriError('empty url');
  if (text === '*') return { scheme: '', host: '', escapedPath: '*', rawQuery: '' };
  const { scheme, rest: behindScheme } = splitScheme(text);
  const question = behindScheme.indexOf('?');
  let rest = question < 0 ? behindScheme : behindScheme.slice(0, question);
  const rawQuery = question < 0 ? '' : behindScheme.slice(question + 1);
  if (!rest.startsWith('/')) {
    if (scheme !== '') return { scheme, host: '', escapedPath: '', rawQuery };
    if (viaRequest) throw new UriError('invalid URI for request');
    if (/^[^/]*:/.test(rest)) throw new UriError('first path segment in URL cannot contain colon');
  }
  let authority: Authority = { host: '' };
  if (rest.startsWith('//') && (scheme !== '' || (!viaRequest && !rest.startsWith('///')))) {
    const slash = rest.indexOf('/', 2);
    authority = parseAuthority(slash < 0 ? rest.slice(2) : rest.slice(2, slash));
    rest = slash < 0 ? '' : rest.slice(slash);
  }
  checkEscapes(rest);
  return { scheme, ...authority, escapedPath: escapePath(rest), rawQuery };
}

function splitScheme(text: string): { scheme: string; rest: string } {
  for (let index = 0; index < text.length; index++) {
    const char = text[index]!;
    if (/[a-zA-Z]/.test(char)) continue;
    if (/[0-9+.-]/.test(char)) {
      if (index === 0) break;
      continue;
    }
    if (char !== ':') break;
    if (index === 0) throw new UriError('missing protocol scheme');
    return { scheme: text.slice(0, index).toLowerCase(), rest: text.slice(index + 1) };
  }
  return { scheme: '', rest: text };
}

interface Authority {
  readonly host: string;
  readonly user?: string;
}

function parseAuthority(authority: string): Authority {
  const at = authority.lastIndexOf('@');
  const user = at < 0 ? undefined : authority.slice(0, at);
  if (user !== undefined) {
    if (/[^A-Za-z0-9\-._:~!$&'()*+,;=%@]/.test(user)) throw new UriError('net/url: invalid userinfo');
    checkEscapes(user);
  }
  const host = authority.slice(at + 1);
  const close = host.lastIndexOf(']');
  if (host.startsWith('[') && close < 0) throw new UriError("missing ']' in host");
  const colon = host.startsWith('[') ? close + 1 : host.lastIndexOf(':');
  const port = colon < 0 ? '' : host.slice(colon);
  if (port !== '' && !/^:\d*$/.test(port)) throw new UriError(`invalid port ${goQuote(port)} after host`);
  const wrong = /[^A-Za-z0-9\-._~!$&'()*+,;=:[\]<>"%\u0080-\u{10ffff}]/u.exec(host);
  if (wrong) throw new UriError(`invalid character ${goQuote(wrong[0])} in host name`);
  for (const [coded] of host.matchAll(/%.{0,2}/g)) {
    if (!/^%[89a-fA-F][0-9a-fA-F]$/.test(coded) && coded !== '%25') {
      throw new UriError(`invalid URL escape ${goQuote(coded)}`);
    }
  }
  return user === undefined ? { host } : { host, user: user.split(/:(.*)/s, 2).map(escapeUser).join(':') };
}

const escapeUser = (text: string) =>
  [...percentDecode(text)]
    .map((byte) => String.fromCharCode(byte))
    .map((char) => (/[A-Za-z0-9\-_.~$&+,;=]/.test(char) ? char : `%${hex(char.charCodeAt(0))}`))
    .join('');

function checkEscapes(text: string): void {
  for (const [coded] of text.matchAll(/%.{0,2}/gs)) {
    if (!/^%[0-9a-fA-F]{2}$/.test(coded)) throw new UriError(`invalid URL escape ${goQuote(coded)}`);
  }
}

/** The path as it was written if that is well, otherwise with what must be escaped escaped. */
function escapePath(path: string): string {
  if (/^[A-Za-z0-9\-_.~$&+,/:;=@!'()*[\]%]*$/.test(path)) return path;
  const bytes = percentDecode(path);
  let escaped = '';
  for (const byte of bytes) {
    const char = String.fromCharCode(byte);
    escaped += byte < 0x80 && /[A-Za-z0-9\-_.~$&+,/:;=@]/.test(char) ? char : `%${hex(byte)}`;
  }
  return escaped;
}

const hex = (byte: number) => byte.toString(16).toUpperCase().padStart(2, '0');

function percentDecode(text: string): Buffer {
  const bytes = Buffer.from(text);
  const decoded: number[] = [];
  for (let index = 0; index < bytes.length; index++) {
    if (bytes[index] === 0x25) {
      decoded.push(Number.parseInt(bytes.toString('latin1', index + 1, index + 3), 16));
      index += 2;
    } else decoded.push(bytes[index]!);
  }
  return Buffer.from(decoded);
}

/** Keys and their values, in the order of the query; what cannot be read is left out. */
export function parseQuery(query: string): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (const pair of query.split('&')) {
    if (pair === '' || pair.includes(';')) continue;
    const equals = pair.indexOf('=');
    const [key, value] = equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)];
    try {
      checkEscapes(pair);
    } catch {
      continue;
    }
    const read = (text: string) => percentDecode(text.replaceAll('+', ' ')).toString();
    const known = values.get(read(key)) ?? [];
    values.set(read(key), [...known, read(value)]);
  }
  return values;
}

export function hostname(host: string): string {
  const bare = host.replace(/:\d*$/, '');
  return bare.startsWith('[') && bare.endsWith(']') ? bare.slice(1, -1) : bare;
}

export function port(host: string): string {
  return /:(\d*)$/.exec(host)?.[1] ?? '';
}
