import type { ApiError } from '@keelson/api';
import { Breather, inTurns, type TurnLine } from '../../breather.js';
import { type Encoder, jsonEncoder, stepsFor } from '../../encoding/encoder.js';
import { type Answer, isStatus } from '../../registry/answer.js';
import { toApiError } from '../../registry/handler.js';
import { PlainError } from '../../registry/plain-error.js';
import type { RequestRecord } from '../../registry/request-record.js';
import type { WatchStream } from '../../registry/watch.js';
import type { BodyWriter } from './body-writer.js';
import { drained, hasLeft, type Response } from './exchange.js';

const TEXT = 'text/plain; charset=utf-8';
const COMMON = { 'cache-control': 'no-cache, private' };

/** In which form an answer is sent, and what goes with it. */
export interface Manner {
  readonly encoder: Encoder;
  readonly warnings: ReadonlySet<string>;
  readonly turns: TurnLine;
  /** Is told of the answer before that is sent. */
  readonly record?: RequestRecord | undefined;
  readonly bodies: BodyWriter;
  /** The client takes long answers compressed. */
  readonly gzip: boolean;
  /** Is told how long the body is, before it is compressed. */
  readonly sized: (bytes: number) => void;
}

/** Upstream compresses what is longer. */
const GZIP_BYTES = 128 * 1024;
const GZIPPED = { 'content-encoding': 'gzip', vary: 'Accept-Encoding' };

type ErrorManner = Omit<Manner, 'bodies' | 'turns' | 'gzip' | 'sized'>;
type OneBody = Exclude<Answer, { type: 'watch' }>;

/** Writes an answer that is one body. */
export async function sendAnswer(response: Response, answer: OneBody, manner: Manner): Promise<void> {
  // Tables and metadata are of objects only.
  const encoder = answer.type === 'status' ? plainOf(manner.encoder) : manner.encoder;
  const body = await bodyOf(answer, encoder, manner.turns);
  const { record } = manner;
  if (record !== undefined) {
    if (answer.type === 'status' && isStatus(answer.object)) record.answered(answer.object);
    if (record.wantsAnswers) {
      const json = encoder.contentType === 'application/json' ? body : await bodyOf(answer, jsonEncoder, manner.turns);
      record.answeredWith(Buffer.concat(json).toString());
    }
  }
  const code = answer.type === 'list' ? 200 : answer.code;
  const headers = { 'content-type': encoder.contentType, ...warningHeader(manner.warnings) };
  const length = body.reduce((sum, part) => sum + part.length, 0);
  const gzip = manner.gzip && length > GZIP_BYTES;
  manner.sized(length);
  response.writeHead(code, { ...COMMON, ...(gzip ? GZIPPED : { 'content-length': String(length) }), ...headers });
  manner.bodies.send(response, body, { gzip });
}

async function bodyOf(answer: OneBody, encoder: Encoder, turns: TurnLine): Promise<readonly Buffer[]> {
  if (answer.type === 'object') return [await inTurns(encoder.object(answer), turns.work(1))];
  if (answer.type !== 'list') return [encoder.plain(answer.object)];
  // What is made has to be sent, and that takes as long.
  return await inTurns(encoder.list(answer), turns.work(2 * stepsFor(answer.items.length)));
}

function plainOf(encoder: Encoder): Encoder {
  return encoder.contentType === 'application/json' ? jsonEncoder : encoder;
}

const PLAIN: ErrorManner = { encoder: jsonEncoder, warnings: new Set() };

export function sendError(
  response: Response,
  cause: unknown,
  { encoder, warnings, record }: ErrorManner = PLAIN,
): void {
  const error = toApiError(cause);
  const status = error.status();
  record?.answered(status);
  if (response.headersSent) {
    response.destroy(error);
    return;
  }
  if (record?.wantsAnswers) record.answeredWith(jsonEncoder.plain(status).toString());
  if (error instanceof PlainError) {
    const text = { 'content-type': TEXT, 'x-content-type-options': 'nosniff' };
    write(response, error.code, Buffer.from(`${error.message}\n`), { ...text, ...retryAfter(error) });
    return;
  }
  const plain = plainOf(encoder);
  const headers = { 'content-type': plain.contentType, ...retryAfter(error), ...warningHeader(warnings) };
  write(response, error.code, plain.plain(status), headers);
}

function retryAfter(error: ApiError): Record<string, string> {
  const seconds = error.details?.retryAfterSeconds ?? 0;
  return seconds > 0 ? { 'retry-after': String(seconds) } : {};
}

export function sendJson(response: Response, code: number, value: unknown, headers: Record<string, string> = {}): void {
  write(response, code, Buffer.from(JSON.stringify(value)), { 'content-type': 'application/json', ...headers });
}

/** For what people look at too. */
export function sendIndented(response: Response, value: unknown): void {
  write(response, 200, Buffer.from(JSON.stringify(value, undefined, 2)), { 'content-type': 'application/json' });
}

export function sendText(response: Response, code: number, text: string): void {
  write(response, code, Buffer.from(text), { 'content-type': TEXT, 'x-content-type-options': 'nosniff' });
}

export function write(
  response: Response,
  code: number,
  body: Buffer,
  headers: Record<string, string | string[]>,
): void {
  response.writeHead(code, { ...COMMON, 'content-length': String(body.length), ...headers });
  response.end(body);
}

/** Clients refuse headers that are much longer in all. */
const WARNINGS_CHARS_MAX = 4 * 1024;
/** What is told of each warning where all of them are too long. */
const WARNING_CHARS_SHORT = 256;

/** As many warnings as a client takes: where they are too long each is cut, as upstream does it. */
function fitting(warnings: readonly string[]): string[] {
  const texts = warnings.map((text) => [...text.replace(CONTROLS, ' ')]);
  const length = texts.reduce((sum, text) => sum + text.length, 0);
  const cut = length <= WARNINGS_CHARS_MAX ? texts : texts.map((text) => text.slice(0, WARNING_CHARS_SHORT));
  let left = WARNINGS_CHARS_MAX;
  return cut
    .filter((text) => {
      left -= text.length;
      return left >= 0;
    })
    .map((text) => text.join(''));
}

/** What no header may have in it. */
const CONTROLS = /[\p{Cc}\p{Cs}]+/gu;

/** A header is bytes, and these are UTF-8: Node takes a character for each of them. */
function headerText(text: string): string {
  return Buffer.from(text.replace(/[\\"]/g, '\\$&')).toString('latin1');
}

function warningHeader(warnings: ReadonlySet<string>): Record<string, string[]> {
  if (warnings.size === 0) return {};
  return { warning: fitting([...warnings]).map((text) => `299 - "${headerText(text)}"`) };
}

/** Of a watch's events in one turn; and what one costs beside its bytes. */
const STEP_BYTES = 256 * 1024;
const EVENT_BYTES = 512;
const WRITE_BYTES = 64 * 1024;

/** Streams a watch until it ends or the client leaves, as fast as the client takes it. */
export async function sendWatch(
  response: Response,
  stream: WatchStream,
  { encoder, warnings, turns }: Manner,
  { pace, onSent }: { pace: () => Promise<void> | undefined; onSent: (events: number) => void },
): Promise<void> {
  response.writeHead(200, { ...COMMON, 'content-type': streamType(encoder), ...warningHeader(warnings) });
  response.flushHeaders();
  if (hasLeft(response)) stream.close();
  response.once('close', () => stream.close());
  const breather = new Breather(STEP_BYTES, turns.work(stepsFor(stream.pending)));
  for await (const batch of stream) {
    await pace();
    let pieces: Buffer[] = [];
    let size = 0;
    for (const [at, event] of batch.entries()) {
      const bytes = encoder.event(event.kind, event);
      pieces.push(bytes);
      size += bytes.length;
      // Many small writes cost more than what is in them.
      if (size >= WRITE_BYTES || at === batch.length - 1) {
        if (hasLeft(response)) return;
        if (!response.write(pieces.length === 1 ? bytes : Buffer.concat(pieces))) await drained(response);
        pieces = [];
        size = 0;
      }
      await breather.after(bytes.length + EVENT_BYTES);
    }
    onSent(batch.length);
  }
  if (!hasLeft(response)) response.end();
}

/** A watch that could not begin for a reason that clients look for in its stream. */
export function sendFailedWatch(response: Response, error: ApiError, encoder: Encoder): void {
  response.writeHead(200, { ...COMMON, 'content-type': streamType(encoder) });
  response.end(encoder.errorEvent(error.status()));
}

function streamType({ contentType }: Encoder): string {
  return contentType === 'application/json' ? contentType : `${contentType};stream=watch`;
}
