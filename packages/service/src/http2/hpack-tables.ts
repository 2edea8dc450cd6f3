/** RFC 7541, Appendix A: [name, value] from index 1. */
export const STATIC_TABLE: readonly (readonly [string, string])[] = [
  ':authority',
  ':method=GET',
  ':method=POST',
  ':path=/',
  ':path=/index.html',
  ':scheme=http',
  ':scheme=https',
  ...[200, 204, 206, 304, 400, 404, 500].map((status) => `:status=${status}`),
  'accept-charset',
  'accept-encoding=gzip, deflate',
  ...'accept-language accept-ranges accept access-control-allow-origin age allow authorization cache-control'.split(
    ' ',
  ),
  ...'content-disposition content-encoding content-language content-length content-location content-range'.split(' '),
  ...'content-type cookie date etag expect expires from host if-match if-modified-since if-none-match'.split(' '),
  ...'if-range if-unmodified-since last-modified link location max-forwards proxy-authenticate'.split(' '),
  ...'proxy-authorization range referer refresh retry-after server set-cookie strict-transport-security'.split(' '),
  ...'transfer-encoding user-agent vary via www-authenticate'.split(' '),
].map((line) => {
  const [name, value = ''] = line.split('=');
  return [name!, value];
});

/** RFC 7541, Appendix B: the length in bits of each byte's code; the last is that of the end of a string. */
const CODE_LENGTHS = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28,
  28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6, 5, 6,
  5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23,
  22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22,
  23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26, 26,
  20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27,
  27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27,
  27, 27, 27, 26, 30,
];
const END_OF_STRING = 256;

/** The codes as a binary tree: child[2 × node + bit] is a node if positive, the byte ~value if negative, else unused. */
function codeTree(): Int32Array {
  const tree = new Int32Array(2 * 512);
  let nodes = 1;
  let code = 0;
  let length = 0;
  // The code is canonical: in the order of length, then byte, each code follows the one before.
  const symbols = [...CODE_LENGTHS.keys()].sort((a, b) => CODE_LENGTHS[a]! - CODE_LENGTHS[b]! || a - b);
  for (const symbol of symbols) {
    code *= 2 ** (CODE_LENGTHS[symbol]! - length);
    length = CODE_LENGTHS[symbol]!;
    let node = 0;
    for (let bit = length - 1; bit > 0; bit -= 1) {
      const slot = 2 * node + ((code >>> bit) & 1);
      if (tree[slot] === 0) tree[slot] = nodes++;
      node = tree[slot]!;
    }
    tree[2 * node + (code & 1)] = ~symbol;
    code += 1;
  }
  return tree;
}

const TREE = codeTree();

/** @throws RangeError if it is no Huffman-coded string (RFC 7541 §5.2) */
export function decodeHuffman(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  let node = 0;
  let depth = 0;
  let allOnes = true;
  for (let at = start; at < end; at += 1) {
    for (let bit = 7; bit >= 0; bit -= 1) {
      const one = (bytes[at]! >>> bit) & 1;
      const next = TREE[2 * node + one]!;
      depth += 1;
      allOnes &&= one === 1;
      if (next > 0) node = next;
      else {
        const symbol = ~next;
        if (next === 0 || symbol === END_OF_STRING) throw new RangeError('a header is not Huffman-coded');
        text += String.fromCharCode(symbol);
        node = 0;
        depth = 0;
        allOnes = true;
      }
    }
  }
  // What is left over must be the beginning of the end of string: ones, fewer than a byte.
  if (depth > 7 || !allOnes) throw new RangeError('a Huffman-coded header is padded wrongly');
  return text;
}
