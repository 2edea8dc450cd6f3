/** Blocks of PEM text. */
export interface PemBlock {
  readonly type: string;
  readonly hasHeaders: boolean;
  readonly bytes: Buffer;
}

const BLOCK = /(?:^|\n)-----BEGIN ([^\n]*?)-----[ \t\r]*\n([\s\S]*?)\n?-----END \1-----[ \t\r]*(?:\n|$)/;
const HEADER = /^[^\n:]+:[^\n]*(?:\n|$)/;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** The first block of a text, and what comes after it. What is no block is passed over. */
function nextPem(text: string): { block: PemBlock; rest: string } | undefined {
  let left = text;
  for (let found = BLOCK.exec(left); found !== null; found = BLOCK.exec(left)) {
    left = left.slice(found.index + found[0].length);
    let body = found[2] ?? '';
    let hasHeaders = false;
    for (let header = HEADER.exec(body); header !== null; header = HEADER.exec(body)) {
      hasHeaders = true;
      body = body.slice(header[0].length);
    }
    const packed = body.replace(/\s+/g, '');
    if (BASE64.test(packed) && packed.length % 4 === 0)
      return { block: { type: found[1] ?? '', hasHeaders, bytes: Buffer.from(packed, 'base64') }, rest: left };
  }
  return undefined;
}

export function pemBlocks(text: string): PemBlock[] {
  const blocks: PemBlock[] = [];
  for (let next = nextPem(text); next !== undefined; next = nextPem(next.rest)) blocks.push(next.block);
  return blocks;
}
