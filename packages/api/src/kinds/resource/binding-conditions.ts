import { duplicate, type FieldError, invalid, type Path } from '../../field-errors.js';
import { validateLabelName } from '../../meta.js';
import { BINDING_CONDITIONS_MAX } from './limits.js';
import { validateSlice } from './lists.js';

interface Conditions {
  readonly bindingConditions?: readonly string[] | undefined;
  readonly bindingFailureConditions?: readonly string[] | undefined;
}

/** What must be so before a pod is bound, and what must not: both or neither, and nothing twice. */
export function bindingConditions(
  { bindingConditions: wanted = [], bindingFailureConditions: unwanted = [] }: Conditions,
  at: Path,
): FieldError[] {
  const [atWanted, atUnwanted] = [at.child('bindingConditions'), at.child('bindingFailureConditions')];
  const seen = new Set(wanted);
  const errors = [
    ...validateSlice(wanted, BINDING_CONDITIONS_MAX, validateLabelName, atWanted),
    ...validateSlice(unwanted, BINDING_CONDITIONS_MAX, validateLabelName, atUnwanted),
    ...repeated(wanted, atWanted),
  ];
  const failures = new Set<string>();
  for (const [index, name] of unwanted.entries()) {
    if (failures.has(name)) errors.push(duplicate(atUnwanted.index(index), name));
    failures.add(name);
    if (!seen.has(name)) continue;
    const text = 'bindingFailureConditions must not overlap with bindingConditions';
    errors.push(invalid(atUnwanted.index(index), name, text));
  }
  if (wanted.length === 0 && unwanted.length > 0) {
    errors.push(invalid(atWanted, null, 'bindingConditions are required to use bindingFailureConditions'));
  }
  if (unwanted.length === 0 && wanted.length > 0) {
    errors.push(invalid(atUnwanted, null, 'bindingFailureConditions are required to use bindingConditions'));
  }
  return errors;
}

function repeated(names: readonly string[], at: Path): FieldError[] {
  return names.flatMap((name, index) => (names.indexOf(name) < index ? [duplicate(at.index(index), name)] : []));
}
