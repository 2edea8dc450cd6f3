/** Failures of a call in the words of Go's libraries, which people search for. */
import { isRecord } from '@keelson/api';

const UNKNOWN_AUTHORITY = new Set([
  ...['DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_GET_ISSUER_CERT'],
  ...['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'CERT_SIGNATURE_FAILURE'],
]);
const UNTRUSTED = 'tls: failed to verify certificate: x509:';

/** Why a connection came to nothing. */
export function connectionErrorText(error: Error, { hostname, port }: URL): string {
  const { code = '', address } = error as Error & { code?: string; address?: string };
  const bare = hostname.replace(/^\[|\]$/g, '');
  const at = `${bare.includes(':') ? `[${bare}]` : bare}:${port || '443'}`;
  const dialled = address === undefined ? at : `${address.includes(':') ? `[${address}]` : address}:${port || '443'}`;
  if (code === 'ECONNREFUSED') return `dial tcp ${dialled}: connect: connection refused`;
  if (code === 'EHOSTUNREACH') return `dial tcp ${dialled}: connect: no route to host`;
  if (code === 'ETIMEDOUT') return `dial tcp ${dialled}: i/o timeout`;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `dial tcp: lookup ${bare}: no such host`;
  if (code === 'ECONNRESET') return 'EOF';
  if (UNKNOWN_AUTHORITY.has(code)) return `${UNTRUSTED} certificate signed by unknown authority`;
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID')
    return `${UNTRUSTED} certificate has expired or is not yet valid`;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return `${UNTRUSTED} certificate is not valid for ${bare}`;
  return error.message;
}

const BY_CODE: Readonly<Record<number, string>> = {
  400: 'the server rejected our request for an unknown reason',
  401: 'the server has asked for the client to provide credentials',
  404: 'the server could not find the requested resource',
  405: 'the server does not allow this method on the requested resource',
  409: 'the server reported a conflict',
  422: 'the server rejected our request due to an error in our request',
  429: 'the server has received too many requests and has asked us to try again later',
  503: 'the server is currently unable to handle the request',
  504: 'the server was unable to return a response in the time allotted, but may still be processing the request',
};

/** What an answer other than success says. */
export function statusText(code: number, contentType: string, body: string): string {
  const said = /^text\//.test(contentType) ? body.trim() : 'unknown';
  const known = BY_CODE[code];
  if (known !== undefined) return known;
  if (code === 403) return said;
  if (code === 406)
    return said === '' || said === 'unknown'
      ? 'the server was unable to respond with a content type that the client supports'
      : said;
  if (code >= 500)
    return (
      statusMessage(body) ??
      `an error on the server (${JSON.stringify(said)}) has prevented the request from succeeding`
    );
  return `the server responded with the status code ${code} but did not return more information`;
}

function statusMessage(body: string): string | undefined {
  try {
    const { kind, apiVersion, status, message } = JSON.parse(body) as Record<string, unknown>;
    if (kind === 'Status' && apiVersion === 'v1' && status === 'Failure' && typeof message === 'string') return message;
  } catch {}
  return undefined;
}

const TYPE_META =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';

/** What a webhook is asked with and answers with, in v1 or v1beta1. */
export interface ReviewType {
  readonly kind: string;
  readonly group: string;
}

/** A review in an answer's text. Throws what the text is instead. */
export function reviewIn(text: string, wanted: ReviewType, parse: (text: string) => unknown): Record<string, unknown> {
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    throw new Error(`couldn't get version/kind; json parse error: ${(error as Error).message.split('\n')[0]}`);
  }
  if (!isRecord(value)) {
    const found = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
    throw new Error(
      `couldn't get version/kind; json parse error: json: cannot unmarshal ${found} into Go value of type ${TYPE_META}`,
    );
  }
  const { kind = '', apiVersion = '' } = value as { kind?: string; apiVersion?: string };
  if (kind === '') throw new Error(`Object 'Kind' is missing in '${text}'`);
  const versions = [`${wanted.group}/v1`, `${wanted.group}/v1beta1`];
  if (kind === wanted.kind && versions.includes(apiVersion)) return value;
  const scheme = 'in scheme "pkg/util/webhook/client.go:71"';
  throw new Error(`no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} ${scheme}`);
}
