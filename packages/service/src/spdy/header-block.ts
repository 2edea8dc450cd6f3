/**
 * SPDY/3's header blocks: names and values with their lengths, in one zlib stream a direction for the whole connection.
 *
 * Each block ends at a byte: so the stream can be read block by block, each with what came before it as its dictionary,
 * and written as blocks that refer to nothing before them.
 */
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import { SpdyError } from './frames.js';

export type Headers = ReadonlyMap<string, string>;

/** What both sides have read before the first block. */
export const SPDY_DICTIONARY = Buffer.concat([
  ...[
    'options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age allow',
    'authorization cache-control connection content-base content-encoding content-language content-length',
    'content-location content-md5 content-range content-type date etag expect expires from host if-match',
    'if-modified-since if-none-match if-range if-unmodified-since last-modified location max-forwards pragma',
    'proxy-authenticate proxy-authorization range referer retry-after server te trailer transfer-encoding upgrade',
    'user-agent vary via warning www-authenticate method get',
  ].flatMap((line) => line.split(' ').map(lengthPrefixed)),
  ...['status', '200 OK', 'version', 'HTTP/1.1', 'url', 'public', 'set-cookie', 'keep-alive', 'origin'].map(
    lengthPrefixed,
  ),
  Buffer.from(
    '100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505' +
      '203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized' +
      '403 Forbidden404 Not Found500 Internal Server Error501 Not Implemented503 Service Unavailable' +
      'Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMT' +
      'chunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,' +
      'text/javascript,publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.',
  ),
]);

/** zlib's window: nothing further back can be referred to. */
const WINDOW_BYTES = 32 * 1024;
const ZLIB_HEAD = Buffer.from([0x78, 0x9c]);
const ZLIB_HEAD_BYTES = 2;
const DICTIONARY_ID_BYTES = 4;
const DICTIONARY_FLAG = 0x20;
const DEFLATE_METHOD = 8;
/** What a block may grow to. */
const BLOCK_BYTES_MAX = 64 * 1024;
const SYNC = { finishFlush: constants.Z_SYNC_FLUSH };

export class HeaderReader {
  #window: Buffer = SPDY_DICTIONARY;
  #isFirst = true;

  /** Throws SpdyError. */
  read(block: Buffer): Headers {
    const raw = this.#isFirst ? this.#withoutHead(block) : block;
    this.#isFirst = false;
    let text: Buffer;
    try {
      text = inflateRawSync(raw, { ...SYNC, dictionary: this.#window, maxOutputLength: BLOCK_BYTES_MAX });
    } catch (error) {
      throw new SpdyError(`a header block that cannot be read: ${(error as Error).message}`);
    }
    this.#window = Buffer.concat([this.#window, text]).subarray(-WINDOW_BYTES);
    return headersIn(text);
  }

  #withoutHead(block: Buffer): Buffer {
    const [method = 0, flags = 0] = block;
    if (block.length < ZLIB_HEAD_BYTES || (method & 0xf) !== DEFLATE_METHOD || block.readUInt16BE(0) % 31 !== 0) {
      throw new SpdyError('a header block that is not compressed by zlib');
    }
    const usesDictionary = (flags & DICTIONARY_FLAG) !== 0;
    if (!usesDictionary) this.#window = Buffer.alloc(0);
    return block.subarray(ZLIB_HEAD_BYTES + (usesDictionary ? DICTIONARY_ID_BYTES : 0));
  }
}

export class HeaderWriter {
  #isFirst = true;

  write(headers: Headers): Buffer {
    const parts = [lengthOf(headers.size)];
    for (const [name, value] of headers) parts.push(lengthPrefixed(name), lengthPrefixed(value));
    const block = deflateRawSync(Buffer.concat(parts), SYNC);
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    return isFirst ? Buffer.concat([ZLIB_HEAD, block]) : block;
  }
}

function headersIn(text: Buffer): Headers {
  let at = 0;
  const number = (): number => {
    if (at + 4 > text.length) throw new SpdyError('a header block that ends too early');
    at += 4;
    return text.readUInt32BE(at - 4);
  };
  const word = (): string => {
    const length = number();
    if (at + length > text.length) throw new SpdyError('a header block that ends too early');
    at += length;
    return text.toString('utf8', at - length, at);
  };
  const headers = new Map<string, string>();
  for (let left = number(); left > 0; left--) headers.set(word().toLowerCase(), word());
  return headers;
}

function lengthOf(count: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(count);
  return bytes;
}

function lengthPrefixed(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([lengthOf(bytes.length), bytes]);
}
