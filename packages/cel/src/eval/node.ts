import { CelError, CelOptional, type Value } from '../values/value.js';
import { type Frame, lookUp } from './activation.js';
import { find, qualify } from './qualify.js';

export type Run = (frame: Frame) => Value;

/** A planned expression. */
export interface Node {
  readonly run: Run;
  /** Known before the evaluation. */
  readonly constant?: Value;
  /** Something with a place: a variable, or what a selection leads to. */
  readonly attribute?: Attribute;
}

/** One selection: a key that is known, or one to be computed. */
export interface Qualifier {
  readonly optional: boolean;
  readonly testOnly: boolean;
  readonly key: Run;
}

export interface Attribute {
  /** The value without the charge for having asked. */
  readonly resolve: Run;
  /** Where the selections start, and they. */
  readonly base: Run;
  readonly qualifiers: readonly Qualifier[];
  /** Choosing between two values is free. */
  readonly free: boolean;
}

export const constant = (value: Value): Node => ({ constant: value, run: () => value });

const SELECT_COST = 1;

export function attributeNode(base: Run, qualifiers: readonly Qualifier[], free = false): Node {
  const resolve = qualifiers.length === 0 ? base : resolver(base, qualifiers);
  const testOnly = qualifiers.at(-1)?.testOnly === true;
  const charge = free || testOnly ? 0 : SELECT_COST;
  const run: Run =
    charge === 0
      ? resolve
      : (frame) => {
          const value = resolve(frame);
          frame.tracker.add(SELECT_COST);
          return value;
        };
  return { run, attribute: { resolve, base, qualifiers, free } };
}

export function variableNode(name: string): Node {
  const missing = new CelError(`no such attribute(s): ${name}`);
  return attributeNode((frame) => lookUp(frame, name) ?? (frame.bindings.has(name) ? null : missing), []);
}

/** Selects from an attribute, or from the value of any other expression. */
export function selectFrom(operand: Node, qualifier: Qualifier): Node {
  const { attribute } = operand;
  if (attribute && !attribute.free) return attributeNode(attribute.base, [...attribute.qualifiers, qualifier]);
  return attributeNode(attribute ? attribute.resolve : operand.run, [qualifier]);
}

function resolver(base: Run, qualifiers: readonly Qualifier[]): Run {
  return (frame) => {
    let value = base(frame);
    if (value instanceof CelError) return value;
    let optional = false;
    if (value instanceof CelOptional) {
      if (value.value === undefined) return value;
      value = value.value;
      optional = true;
    }
    for (const qualifier of qualifiers) {
      const key = qualifier.key(frame);
      if (key instanceof CelError) return key;
      optional ||= qualifier.optional;
      if (qualifier.testOnly) {
        const present = find(value, key);
        frame.tracker.add(SELECT_COST);
        return present instanceof CelError ? present : present !== undefined;
      }
      if (optional) {
        const found = find(value, key);
        if (found === undefined) return CelOptional.NONE;
        value = found;
      } else value = qualify(value, key);
      frame.tracker.add(SELECT_COST);
      if (value instanceof CelError) return value;
    }
    return optional ? new CelOptional(value) : value;
  };
}
