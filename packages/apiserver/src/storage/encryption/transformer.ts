/** Turns values into what is stored and back. `context` is the value's key: a value moved to another key is no value. */
export interface Transformer {
  encrypt(value: Buffer, context: Buffer): Buffer | Promise<Buffer>;
  /** Throws where it is not what this one wrote. `stale`: it should be written anew, with a newer key. */
  decrypt(stored: Buffer, context: Buffer): Opened | Promise<Opened>;
}

export interface Opened {
  readonly value: Buffer;
  readonly stale: boolean;
}

/** One of several ways in which a value may have been stored, known by how the value begins. */
export interface PrefixedTransformer {
  readonly prefix: Buffer;
  readonly transformer: Transformer;
}

/** A stored value that none of the configured keys opens. */
export class UnreadableValueError extends Error {
  override name = 'UnreadableValueError';
}

/** Writes with the first, reads with whichever wrote. */
export class PrefixTransformers implements Transformer {
  readonly #transformers: readonly PrefixedTransformer[];

  constructor(transformers: readonly PrefixedTransformer[]) {
    this.#transformers = transformers;
  }

  async encrypt(value: Buffer, context: Buffer): Promise<Buffer> {
    const [first] = this.#transformers;
    if (first === undefined) return value;
    return Buffer.concat([first.prefix, await first.transformer.encrypt(value, context)]);
  }

  async decrypt(stored: Buffer, context: Buffer): Promise<Opened> {
    const errors: string[] = [];
    for (const [index, { prefix, transformer }] of this.#transformers.entries()) {
      if (!stored.subarray(0, prefix.length).equals(prefix)) continue;
      // Without a prefix it reads whatever comes: what others have encrypted is not for it.
      if (prefix.length === 0 && stored.subarray(0, MARK.length).equals(MARK)) continue;
      try {
        const { value, stale } = await transformer.decrypt(stored.subarray(prefix.length), context);
        return { value, stale: stale || index > 0 };
      } catch (error) {
        errors.push((error as Error).message);
      }
    }
    const why = errors.length === 0 ? 'no configured provider wrote it' : errors.join('; ');
    throw new UnreadableValueError(`the value of ${context} cannot be decrypted: ${why}`);
  }
}

/** How every encrypted value begins. */
const MARK = Buffer.from('k8s:enc:');

/** Values as they are. */
export const identity: Transformer = {
  encrypt: (value) => value,
  decrypt: (value) => ({ value, stale: false }),
};
