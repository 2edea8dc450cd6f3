import type { Model } from '../model.js';

export type RegisterInput<Value> =
  | { readonly op: 'read' }
  | { readonly op: 'write'; readonly value: Value }
  | { readonly op: 'cas'; readonly from: Value; readonly to: Value };

/** A read answers the value, a write nothing, a compare-and-set whether it was done. */
export type RegisterOutput<Value> =
  | { readonly op: 'read'; readonly value: Value }
  | { readonly op: 'write' }
  | { readonly op: 'cas'; readonly done: boolean };

/** One value that can be read, written and compared-and-set. Values are compared as JSON. */
export function register<Value>(init: Value): Model<Value, RegisterInput<Value>, RegisterOutput<Value>> {
  const same = (a: Value, b: Value) => JSON.stringify(a) === JSON.stringify(b);
  return {
    init,
    readsOnly: (input) => input.op === 'read',
    alike: (input) => JSON.stringify(input),
    step(state, input, output) {
      if (input.op === 'write') return [input.value];
      if (input.op === 'read')
        return output === undefined || (output.op === 'read' && same(output.value, state)) ? [state] : [];
      const done = same(state, input.from);
      if (output && (output.op !== 'cas' || output.done !== done)) return [];
      return [done ? input.to : state];
    },
    key: (state) => JSON.stringify(state) ?? 'undefined',
    describe(input, output) {
      if (input.op === 'write') return `write ${JSON.stringify(input.value)}`;
      if (input.op === 'read') return `read = ${output?.op === 'read' ? JSON.stringify(output.value) : '?'}`;
      const answer = output?.op === 'cas' ? String(output.done) : '?';
      return `cas ${JSON.stringify(input.from)} → ${JSON.stringify(input.to)} = ${answer}`;
    },
  };
}
