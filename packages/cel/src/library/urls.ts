import { type FunctionDeclaration, member, overload } from '../check/functions.js';
import { BOOL, listOf, mapOf, STRING, structType, type Type } from '../types/type.js';
import { ArrayList, EntryMap } from '../values/collections.js';
import { NO_SUCH_OVERLOAD } from '../values/compare.js';
import { CelError, CelObject, type Value } from '../values/value.js';
import { hostname, parseQuery, parseRequestUri, parseUri, port, type RequestUri, UriError } from './uri.js';

export const URL = structType('kubernetes.URL');

class CelUrl extends CelObject {
  readonly uri: RequestUri;
  readonly #text: string;

  constructor(text: string) {
    super();
    this.uri = parseUri(text);
    this.#text = text;
  }

  override get type(): Type {
    return URL;
  }

  equals(other: CelObject): boolean | CelError {
    return other instanceof CelUrl ? this.#text === other.#text : NO_SUCH_OVERLOAD;
  }
}

function read(text: Value): Value {
  try {
    return new CelUrl(text as string);
  } catch (error) {
    if (!(error instanceof UriError)) throw error;
    return new CelError(`URL parse error during conversion from string: ${error.message}`);
  }
}

function isUrl(text: Value): boolean {
  try {
    parseRequestUri(text as string);
    return true;
  } catch (error) {
    if (error instanceof UriError) return false;
    throw error;
  }
}

const part = (name: string, id: string, of: (uri: RequestUri) => string): FunctionDeclaration => ({
  name,
  overloads: [member(id, [URL], STRING, (url) => of((url as CelUrl).uri))],
});

export const URLS: readonly FunctionDeclaration[] = [
  { name: 'url', overloads: [overload('string_to_url', [STRING], URL, read)] },
  part('getScheme', 'url_get_scheme', ({ scheme }) => scheme),
  part('getHost', 'url_get_host', ({ host }) => host),
  part('getHostname', 'url_get_hostname', ({ host }) => hostname(host)),
  part('getPort', 'url_get_port', ({ host }) => port(host)),
  part('getEscapedPath', 'url_get_escaped_path', ({ escapedPath }) => escapedPath),
  {
    name: 'getQuery',
    overloads: [
      member('url_get_query', [URL], mapOf(STRING, listOf(STRING)), (url) => {
        const query = parseQuery((url as CelUrl).uri.rawQuery);
        return new EntryMap([...query].map(([key, values]) => [key, new ArrayList(values)]));
      }),
    ],
  },
  { name: 'isURL', overloads: [overload('is_url_string', [STRING], BOOL, isUrl)] },
];
