/** One operation of a client. Leave out operations that are known to have had no effect. */
export interface Operation<Input, Output> {
  /** Who asked; only shown. */
  readonly client: string | number;
  readonly input: Input;
  /** When it was asked, on a clock that all clients share. */
  readonly call: number;
  /** What came of it and when; undefined: nobody knows, and it may take effect at any time after `call`, or never. */
  readonly result: { readonly output: Output; readonly at: number } | undefined;
}

/** Records what clients do, in the order in which they do it. */
export class History<Input, Output> {
  readonly #operations: {
    client: string | number;
    input: Input;
    call: number;
    result: { output: Output; at: number } | undefined;
    dropped: boolean;
  }[] = [];
  #time = 0;

  /** Call right before an operation is sent; tell what came of it, if it is ever known. */
  begin(client: string | number, input: Input): { ok(output: Output): void; failed(): void } {
    const operation = {
      client,
      input,
      call: this.#tick(),
      result: undefined as { output: Output; at: number } | undefined,
    };
    const record = { ...operation, dropped: false };
    this.#operations.push(record);
    return {
      ok: (output) => {
        record.result = { output, at: this.#tick() };
      },
      /** It certainly had no effect, and will have none. */
      failed: () => {
        record.dropped = true;
      },
    };
  }

  #tick(): number {
    this.#time += 1;
    return this.#time;
  }

  get operations(): Operation<Input, Output>[] {
    return this.#operations.filter((each) => !each.dropped);
  }
}
