import type { ConfChange, ConfChangeStep, ConfChangeTransition, ConfChangeType } from './confchange.js';

const TYPES: readonly ConfChangeType[] = ['addVoter', 'addLearner', 'remove'];
const TRANSITIONS: readonly ConfChangeTransition[] = ['auto', 'jointImplicit', 'jointExplicit'];

/**
 * A change as the data of an entry: the transition (u8), the number of steps (u16), for each its type (u8), the length
 * of the id (u16) and the id in UTF-8; then the context. Numbers are big-endian.
 */
export function encodeConfChange(change: ConfChange): Uint8Array {
  const encoder = new TextEncoder();
  const ids = change.steps.map(({ id }) => encoder.encode(id));
  const context = change.context ?? new Uint8Array(0);
  const bytes = new Uint8Array(3 + ids.reduce((sum, id) => sum + 3 + id.length, 0) + context.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, TRANSITIONS.indexOf(change.transition ?? 'auto'));
  view.setUint16(1, ids.length);
  let at = 3;
  for (const [index, id] of ids.entries()) {
    view.setUint8(at, TYPES.indexOf(change.steps[index]!.type));
    view.setUint16(at + 1, id.length);
    bytes.set(id, at + 3);
    at += 3 + id.length;
  }
  bytes.set(context, at);
  return bytes;
}

/** @throws RangeError for data that no change was encoded as */
export function decodeConfChange(data: Uint8Array): ConfChange {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const transition = known(TRANSITIONS, view.getUint8(0));
  const steps: ConfChangeStep[] = [];
  let at = 3;
  for (let left = view.getUint16(1); left > 0; left -= 1) {
    const type = known(TYPES, view.getUint8(at));
    const length = view.getUint16(at + 1);
    steps.push({ type, id: new TextDecoder().decode(data.subarray(at + 3, at + 3 + length)) });
    at += 3 + length;
  }
  return { transition, steps, context: data.subarray(at) };
}

function known<T>(values: readonly T[], index: number): T {
  const value = values[index];
  if (value === undefined) throw new RangeError(`a configuration change of an unknown kind, ${index}`);
  return value;
}
