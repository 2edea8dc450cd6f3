import type { Value } from '../values/value.js';
import type { CostTracker } from './cost-tracker.js';

/** Variables of an evaluation by name: values, or what computes one when it is first asked for. */
export type Bindings = ReadonlyMap<string, Value | (() => Value)>;

/** What the parts of an expression see: the bindings, and in slots the variables of the comprehensions around them. */
export interface Frame {
  readonly bindings: Bindings;
  readonly computed: Map<string, Value>;
  readonly slots: Value[];
  readonly tracker: CostTracker;
}

export function lookUp(frame: Frame, name: string): Value | undefined {
  const bound = frame.bindings.get(name);
  if (typeof bound !== 'function') return bound;
  const known = frame.computed.get(name);
  if (known !== undefined) return known;
  const value = bound();
  frame.computed.set(name, value);
  return value;
}
