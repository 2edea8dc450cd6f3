import type { Model, Operation } from '../src/index.js';

/** Tries every order of every choice of unknown operations: slow, and too simple to be wrong. */
export function isLinearizable<S, I, O>(model: Model<S, I, O>, operations: readonly Operation<I, O>[]): boolean {
  return canPlace(model, model.init, [...operations]);
}

function canPlace<S, I, O>(model: Model<S, I, O>, state: S, left: readonly Operation<I, O>[]): boolean {
  if (left.every((each) => each.result === undefined)) return true;
  for (const operation of left) {
    const preceded = left.some((other) => other.result !== undefined && other.result.at < operation.call);
    if (preceded) continue;
    const rest = left.filter((each) => each !== operation);
    const next = model.step(state, operation.input, operation.result?.output);
    if (next.some((each) => canPlace(model, each, rest))) return true;
  }
  return false;
}
