const LENGTH_DELIMITED = 2;
/** Fields of TxnRequest that are counted: compare, success, failure. */
const LISTS = [1, 2, 3];
/** The field of RequestOp that is a transaction. */
const NESTED = 4;

interface Field {
  readonly number: number;
  readonly content: Buffer | undefined;
}

/**
 * Whether an encoded TxnRequest has more operations than it may, counted as etcd does: found out without decoding it,
 * for that takes long where they are very many.
 */
export function hasTooManyOps(bytes: Buffer, opsMax: number): boolean {
  const counts = [0, 0, 0, 0];
  const nested: Buffer[] = [];
  for (const { number, content } of fields(bytes)) {
    if (!content || !LISTS.includes(number)) continue;
    counts[number]! += 1;
    if (counts[number]! > opsMax) return true;
    for (const inner of fields(content)) {
      if (number !== 1 && inner.number === NESTED && inner.content) nested.push(inner.content);
    }
  }
  const left = opsMax - Math.max(...counts);
  return nested.some((each) => hasTooManyOps(each, left));
}

/** The fields of a message, as far as it is one. */
function* fields(bytes: Buffer): Generator<Field> {
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let scale = 1; at < bytes.length; scale *= 0x80) {
      const byte = bytes[at]!;
      at += 1;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    return undefined;
  };
  while (at < bytes.length) {
    const tag = varint();
    if (tag === undefined) return;
    const [number, wire] = [Math.floor(tag / 8), tag % 8];
    let content: Buffer | undefined;
    if (wire === LENGTH_DELIMITED) {
      const length = varint();
      if (length === undefined) return;
      content = bytes.subarray(at, at + length);
      at += length;
    } else if (wire === 0) varint();
    else if (wire === 1) at += 8;
    else if (wire === 5) at += 4;
    // What is no message is told by whoever decodes it.
    else return;
    yield { number, content };
  }
}
