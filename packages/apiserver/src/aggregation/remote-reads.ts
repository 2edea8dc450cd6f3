import { ApiError, decodeJson, isRecord, type ResourceRequest, type Status } from '@keelson/api';
import { restUrl } from '@keelson/client';
import type { Clock } from '@keelson/service';
import { unreachable } from '../proxy/passing.js';
import type { RequestContext } from '../registry/context.js';
import { placeOf, timedOut } from './aggregation-door.js';
import type { RemoteApi } from './remote-apis.js';

/** How an answer is wanted. */
export interface ReadForm {
  readonly table: boolean;
  readonly includeObject: string;
}

const READ_MS = 60_000;
const BYTES_MAX = 64 * 1024 * 1024;
const JSON_TYPE = 'application/json';
const TABLE = `${JSON_TYPE};as=Table;v=v1;g=meta.k8s.io,${JSON_TYPE}`;

/** Asks another server for what a request reads, over REST, as whoever asks. Rejects with ApiError. */
export async function readRemote(
  api: RemoteApi,
  request: ResourceRequest,
  { table, includeObject }: ReadForm,
  { user, signal }: Pick<RequestContext, 'user' | 'signal'>,
  { clock }: { clock: Clock },
): Promise<Buffer> {
  const target = await placeOf(api);
  const url = new URL(restUrl(request), 'https://localhost');
  if (table && includeObject !== '') url.searchParams.set('includeObject', includeObject);
  const path = url.pathname + url.search;
  const question = { path, user, accept: table ? TABLE : JSON_TYPE, timeoutMs: READ_MS, bytesMax: BYTES_MAX, signal };
  const begun = clock.monotonic();
  const { status, body } = await api.server.ask(target, question).catch((error: Error) => {
    throw clock.monotonic() - begun >= READ_MS ? timedOut() : unreachable(error.message);
  });
  if (status >= 200 && status < 300) return body;
  throw refusalIn(status, body);
}

/** What another server says of why not. */
function refusalIn(code: number, body: Buffer): ApiError {
  const text = body.toString();
  try {
    const said: unknown = decodeJson(text);
    if (isRecord(said) && said['kind'] === 'Status') return ApiError.from(said as Status);
  } catch {
    // No Status: its words must do.
  }
  const message = `the other server answered with ${code}: ${text.slice(0, 1_000).trim()}`;
  return new ApiError({ code, reason: 'Unknown', message });
}
