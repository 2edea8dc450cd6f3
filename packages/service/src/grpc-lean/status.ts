import { Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { metadataHeaders } from './header-metadata.js';

/** How a call ended. */
export interface CallStatus {
  readonly code: number;
  readonly details: string;
  readonly metadata?: Metadata | undefined;
}

/** What a caller gets, in grpc-js' form. */
export function serviceError({ code, details, metadata = new Metadata() }: CallStatus): ServiceError {
  return Object.assign(new Error(`${code} ${status[code] ?? 'UNKNOWN'}: ${details}`), { code, details, metadata });
}

export function statusError(code: number, details: string): Error & CallStatus {
  return Object.assign(new Error(details), { code, details });
}

export function statusOf(error: unknown): CallStatus {
  const { code, details, metadata, message } = error as Partial<CallStatus> & { message?: string };
  return {
    code: typeof code === 'number' ? code : status.UNKNOWN,
    details: details ?? message ?? 'Unknown Error',
    metadata,
  };
}

export function statusTrailers({ code, details, metadata }: CallStatus): string[] {
  const list = ['grpc-status', String(code)];
  if (details !== '') list.push('grpc-message', percentEncode(details));
  list.push(...metadataHeaders(metadata));
  return list;
}

/** grpc-message is UTF-8 with all but printable ASCII, and the percent sign, percent-encoded. */
function percentEncode(text: string): string {
  if (/^[ -$&-~]*$/.test(text)) return text;
  let encoded = '';
  for (const byte of Buffer.from(text, 'utf8')) {
    const plain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25;
    encoded += plain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}

export function percentDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const UNITS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };

/** Milliseconds of a grpc-timeout header; undefined if there is none, or none that can be read. */
export function parseTimeout(header: string | undefined): number | undefined {
  const match = /^(\d{1,8})([HMSmun])$/.exec(header ?? '');
  return match ? Number(match[1]) * UNITS[match[2]!]! : undefined;
}
