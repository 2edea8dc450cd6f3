const NEWLINE = 10;

/** Writes the prefix before each line of a stream of pieces, whole lines at a time. */
export async function* prefixLines(pieces: AsyncIterable<Buffer>, prefix: string): AsyncIterable<Buffer> {
  const head = Buffer.from(prefix);
  let rest: Buffer[] = [];
  for await (const piece of pieces) {
    const out: Buffer[] = [];
    let from = 0;
    for (let end = piece.indexOf(NEWLINE); end >= 0; end = piece.indexOf(NEWLINE, from)) {
      out.push(head, ...rest, piece.subarray(from, end + 1));
      rest = [];
      from = end + 1;
    }
    if (from < piece.length) rest.push(Buffer.from(piece.subarray(from)));
    if (out.length > 0) yield Buffer.concat(out);
  }
  if (rest.length > 0) yield Buffer.concat([head, ...rest, Buffer.from('\n')]);
}
