import type { HeaderList } from './hpack-decoder.js';

/** What a request says before its body. */
export interface RequestHead {
  readonly method: string;
  readonly path: string;
  readonly authority: string;
  /** The headers that have no colon before their name. */
  readonly fields: HeaderList;
  /** Bytes of its body; undefined: it does not say. */
  readonly length: number | undefined;
}

/** Of a connection, which HTTP/2 has no such (RFC 9113 §8.2.2). */
const OF_A_CONNECTION = new Set(['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade']);
const PSEUDO = [':method', ':scheme', ':authority', ':path'];
const TOKEN = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
const METHOD = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Nothing ends a value within it, and no blank is at its ends (RFC 9113 §8.2.1). */
const BAD_VALUE = /[\0\r\n]|^[ \t]|[ \t]$/;
const BAD_PATH = /[\0-\x20\x7f]/;

/** Undefined: it is malformed (RFC 9113 §8.1.1), and its stream is to be reset. */
export function requestHead(list: HeaderList): RequestHead | undefined {
  const pseudo = new Map<string, string>();
  let at = 0;
  for (; at < list.length && list[at]!.startsWith(':'); at += 2) {
    const [name, value] = [list[at]!, list[at + 1]!];
    if (!PSEUDO.includes(name) || pseudo.has(name) || BAD_VALUE.test(value)) return undefined;
    pseudo.set(name, value);
  }
  const [method = '', path = ''] = [pseudo.get(':method'), pseudo.get(':path')];
  // A tunnel has neither path nor scheme, and there are none here.
  if (!METHOD.test(method) || path === '' || BAD_PATH.test(path) || !pseudo.has(':scheme')) return undefined;
  let length: number | undefined;
  for (let field = at; field < list.length; field += 2) {
    const [name, value] = [list[field]!, list[field + 1]!];
    if (!isField(name, value)) return undefined;
    if (name !== 'content-length') continue;
    if (!/^\d{1,15}$/.test(value) || (length !== undefined && length !== Number(value))) return undefined;
    length = Number(value);
  }
  return { method, path, authority: pseudo.get(':authority') ?? '', fields: list.slice(at), length };
}

function isField(name: string, value: string): boolean {
  if (!TOKEN.test(name) || BAD_VALUE.test(value) || OF_A_CONNECTION.has(name)) return false;
  return name !== 'te' || value.toLowerCase() === 'trailers';
}
