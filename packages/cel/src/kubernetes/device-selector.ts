import type { CheckedExpression } from '../environment.js';
import { QUANTITY } from '../library/quantity.js';
import type { Program } from '../program.js';
import { declarationProvider, declarationSizes, mapDeclaration, scalar } from '../types/declaration.js';
import { ANY, BOOL, STRING } from '../types/type.js';
import { object, showType } from './declarations.js';
import { kubernetesEnvironment } from './environment.js';

/** What a selector may cost: as estimated when it is written, and when it is evaluated. */
const COST_LIMIT = 1_000_000;

const FACTS_MAX = 32;
const domain = scalar(STRING, 2, 63);
const id = scalar(STRING, 2, 32);
const driver = scalar(STRING, 2, 63);
const attribute = scalar(ANY, 1, 64);
const quantity = scalar(QUANTITY, 8);

const DEVICE = object('kubernetes.DRADevice', {
  driver,
  attributes: mapDeclaration(mapDeclaration(attribute, FACTS_MAX, id), FACTS_MAX, domain),
  capacity: mapDeclaration(mapDeclaration(quantity, FACTS_MAX, id), FACTS_MAX, domain),
  allowMultipleAllocations: scalar(BOOL, 4),
});

export type CompiledSelector =
  | { readonly program: Program; readonly checked: CheckedExpression }
  | { readonly problem: string; readonly kind: 'invalid' | 'internal' | 'too costly' };

const SIZES = declarationSizes(DEVICE);

/** Compiles a selector of devices: it sees `device` and is a bool, or something of which nothing is known. */
export function compileDeviceSelector(expression: string): CompiledSelector {
  const environment = kubernetesEnvironment({ bind: true }).extend(
    [{ name: 'device', type: DEVICE.type }],
    declarationProvider(DEVICE),
  );
  const compiled = environment.compile(expression);
  if ('issues' in compiled) return { problem: `compilation failed: ${compiled.issues}`, kind: 'invalid' };
  const { checked } = compiled;
  if (!checked.type.equals(BOOL) && checked.type.kind !== 'any') {
    const problem = `must evaluate to bool or the unknown type, not ${showType(checked.type)}`;
    return { problem, kind: 'invalid' };
  }
  const planned = environment.program(checked, COST_LIMIT);
  if ('problem' in planned) return { problem: `program instantiation failed: ${planned.problem}`, kind: 'internal' };
  if (environment.estimateCost(checked, SIZES).max > COST_LIMIT) {
    return { problem: 'too complex, exceeds cost limit', kind: 'too costly' };
  }
  return { program: planned.program, checked };
}
