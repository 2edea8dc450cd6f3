import { decodeProtobuf } from '@keelson/api';
import { parse } from 'yaml';
import type { Outcome } from './clients.js';

/** Refusals that are the real server's as well. Where it does not expect an error itself, it says 500 and no reason. */
const KNOWN_FAILURES = [
  /^Timeout: Too large resource version/,
  /^error trying to reach service/,
  /^no endpoints available for service/,
  /^the store did not answer/,
];
/** Pages and refusals that are texts. */
const TEXTS = /^(404 page not found\n|.* check failed\n|internal server error: .*\n)$/s;

/** What is wrong with an answer over HTTP; undefined: nothing. */
export function problemOf({ status, headers, body }: Outcome, hasBody = true): string | undefined {
  if (status === undefined) return undefined;
  if (status < 100 || status > 599) return `status ${status}`;
  if (status < 400) return undefined;
  if (!hasBody) return status < 500 ? undefined : `${status} to HEAD`;
  const type = String(headers['content-type'] ?? '');
  const text = body.toString();
  if (type.startsWith('text/plain')) {
    if (status >= 500) return `${status}: ${text.slice(0, 300)}`;
    return TEXTS.test(text) ? undefined : `${status} with an odd text: ${text.slice(0, 300)}`;
  }
  if (type === 'application/json') {
    const told = parsed(text);
    if (told === undefined) return `${status} with a body that is no JSON: ${text.slice(0, 300)}`;
    return statusProblem(told, status);
  }
  if (type === 'application/yaml') {
    const told = parsedYaml(text);
    return told === undefined
      ? `${status} with a body that is no YAML: ${text.slice(0, 300)}`
      : statusProblem(told, status);
  }
  if (type.startsWith('application/vnd.kubernetes.protobuf')) {
    if (!text.startsWith('k8s\u0000')) return `${status} with a body that is no message of protobuf`;
    return statusProblem(decodeProtobuf(body) as Told, status);
  }
  // Node answers by itself what is no request.
  return body.length === 0 && [400, 413, 417, 431].includes(status)
    ? undefined
    : `${status} as ${type}: ${text.slice(0, 300)}`;
}

interface Told {
  readonly kind?: unknown;
  readonly apiVersion?: unknown;
  readonly status?: unknown;
  readonly code?: unknown;
  readonly reason?: unknown;
  readonly message?: unknown;
}

function statusProblem(told: Told, status: number): string | undefined {
  const { kind, apiVersion, code, message } = told;
  const isOne = kind === 'Status' && apiVersion === 'v1' && told.status === 'Failure' && code === status;
  if (!isOne || typeof message !== 'string') return `not a Status of ${status}: ${JSON.stringify(told).slice(0, 300)}`;
  const isUpstreams = status === 500 && (told.reason ?? '') === '';
  return status < 500 || isUpstreams || isKnown(message) ? undefined : `${status}: ${message.slice(0, 500)}`;
}

function isKnown(message: string): boolean {
  return KNOWN_FAILURES.some((it) => it.test(message));
}

function parsed(text: string): Told | undefined {
  try {
    return JSON.parse(text) as Told;
  } catch {
    return undefined;
  }
}

function parsedYaml(text: string): Told | undefined {
  try {
    return parse(text) as Told;
  } catch {
    return undefined;
  }
}

/** INTERNAL and UNKNOWN. */
const GRPC_FAILURES = new Set([2, 13]);

/** What is wrong with the end of a call. */
export function grpcProblemOf({ status = 0, headers, body }: Outcome): string | undefined {
  const details = String(headers['details'] ?? '');
  if (status === 0 || status === 1) return undefined;
  const told = body.length === 0 ? undefined : parsed(body.toString());
  if (GRPC_FAILURES.has(status)) {
    // What the client itself could not write never came to the server.
    if (told === undefined && /serialization failure/i.test(details)) return undefined;
    if (told?.code === 500 && (told.reason ?? '') === '') return undefined;
    return isKnown(details) ? undefined : `gRPC ${status}: ${details.slice(0, 500)}`;
  }
  return told === undefined || told.kind !== 'Status'
    ? `gRPC ${status} without a Status: ${details.slice(0, 300)}`
    : undefined;
}
