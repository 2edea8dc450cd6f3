/** Where a class's volumes may be: terms of labels and their values, of which no two are alike. */
import { duplicate, type FieldError, path, required } from '../../field-errors.js';
import type { TopologySelectorLabelRequirement, TopologySelectorTerm } from '../../gen/types.js';
import { validateLabelName } from '../../meta.js';
import { identityText } from '../../object.js';

const at = path('allowedTopologies');

export function validateTopologies(topologies: readonly TopologySelectorTerm[]): FieldError[] {
  const seen = new Map<string, number>();
  return topologies.flatMap((term, index) => {
    const expressions = term.matchLabelExpressions ?? [];
    const here = at.index(index).child('matchLabelExpressions');
    const errors = validateExpressions(expressions, here);
    const identity = identityOf(expressions);
    // A term that chooses nothing is told to be each of those there are.
    const before = seen.get(identity) ?? (expressions.length === 0 ? topologies.length : 0);
    seen.set(identity, before + 1);
    return [...errors, ...Array.from({ length: Math.min(before, TOLD_MAX) }, () => duplicate(here, ''))];
  });
}

/** So often is one term told to be another at most. */
const TOLD_MAX = 100;

function validateExpressions(
  expressions: readonly TopologySelectorLabelRequirement[],
  here: ReturnType<typeof at.index>,
): FieldError[] {
  const keys = new Set<string>();
  return expressions.flatMap(({ key = '', values = [] }, index) => {
    const own = here.index(index);
    const errors: FieldError[] = values.length === 0 ? [required(own.child('values'))] : [];
    const seen = new Set<string>();
    for (const [place, value] of values.entries()) {
      if (seen.has(value)) errors.push(duplicate(own.child('values').index(place), value));
      seen.add(value);
    }
    errors.push(...validateLabelName(key, own.child('key')));
    if (keys.has(key)) errors.push(duplicate(own.child('key'), key));
    keys.add(key);
    return errors;
  });
}

/** The last expression of a label is the one that counts, and its values are a set. */
function identityOf(expressions: readonly TopologySelectorLabelRequirement[]): string {
  return identityText(
    Object.fromEntries(expressions.map(({ key = '', values = [] }) => [key, [...new Set(values)].sort()])),
  );
}
