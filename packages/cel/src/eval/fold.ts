import type { Comprehension } from '../syntax/ast.js';
import { ACCUMULATOR } from '../syntax/macros.js';
import { GrowingList, GrowingMap } from '../values/collections.js';
import { CelError, CelList, CelMap, type Value } from '../values/value.js';
import type { Frame } from './activation.js';
import { attributeNode, type Node, type Run } from './node.js';
import type { Planner } from './plan.js';

/** Plans a comprehension: its variables are in slots; what it accumulates into is made when it is first asked for. */
export function planComprehension(planner: Planner, expr: Comprehension): Node {
  const accuSlot = planner.slot();
  const first = planner.slot();
  const second = planner.slot();
  const range = planner.plan(expr.range);
  const init = planner.plan(expr.accuInit).run;
  const grows = expr.accuVar === ACCUMULATOR;
  const accuRun: Run = (frame) => {
    const known = frame.slots[accuSlot];
    if (known !== undefined) return known;
    const value = grows ? growing(init(frame)) : init(frame);
    frame.slots[accuSlot] = value;
    return value;
  };
  const accu: [string, Node] = [expr.accuVar, attributeNode(accuRun, [])];
  const slotNode = (slot: number) => attributeNode((frame) => frame.slots[slot]!, []);
  const variables: [string, Node][] = [accu, [expr.iterVar, slotNode(first)]];
  if (expr.iterVar2 !== undefined) variables.push([expr.iterVar2, slotNode(second)]);
  const [condition, step] = planner.withLocals(
    variables,
    () => [planner.plan(expr.condition), planner.plan(expr.step)] as const,
  );
  const result = planner.withLocals([accu], () => planner.plan(expr.result)).run;

  const turn = (frame: Frame): boolean => {
    const goOn = condition.run(frame);
    if (goOn === false) return false;
    frame.slots[accuSlot] = step.run(frame);
    return true;
  };
  const one = (frame: Frame, over: Iterable<Value>) => {
    for (const value of over) {
      frame.slots[first] = value;
      if (!turn(frame)) return;
    }
  };
  const two = (frame: Frame, over: CelList | CelMap) => {
    let index = 0n;
    for (const it of over instanceof CelMap ? over.keys() : over) {
      frame.slots[first] = over instanceof CelMap ? it : index++;
      frame.slots[second] = over instanceof CelMap ? over.find(it)! : it;
      if (!turn(frame)) return;
    }
  };

  return {
    run: (frame) => {
      const over = range.run(frame);
      if (over instanceof CelError) return over;
      frame.slots[accuSlot] = undefined as unknown as Value;
      if (!(over instanceof CelList) && !(over instanceof CelMap)) {
        return new CelError(`got '${goType(over)}', expected iterable type`);
      }
      if (expr.iterVar2 !== undefined) two(frame, over);
      else one(frame, over instanceof CelMap ? over.keys() : over);
      const value = result(frame);
      return value instanceof GrowingList || value instanceof GrowingMap ? value.finished() : value;
    },
  };
}

/** Only what no expression can name may be added to in place. */
function growing(value: Value): Value {
  if (value instanceof CelList && value.size === 0) return new GrowingList();
  return value instanceof CelMap && value.size === 0 ? new GrowingMap() : value;
}

function goType(value: Value): string {
  switch (typeof value) {
    case 'bigint':
      return 'types.Int';
    case 'number':
      return 'types.Double';
    case 'string':
      return 'types.String';
    case 'boolean':
      return 'types.Bool';
    default:
      return value === null ? 'types.Null' : value instanceof Uint8Array ? 'types.Bytes' : 'object';
  }
}
