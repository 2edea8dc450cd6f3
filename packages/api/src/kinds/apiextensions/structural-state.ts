/** Definitions from before schemas had to be structural. */
import { aggregateText } from '../../errors.js';
import { errorText, type FieldError, invalid, path } from '../../field-errors.js';
import type { CustomResourceDefinition } from '../../gen/types.js';
import { conversionProblem } from '../../structural/convertible.js';
import { validateStructural } from '../../structural/structural.js';

/** What a definition's status says of its schemas where they are not structural. */
export function nonStructural({
  spec = {},
}: CustomResourceDefinition): { status: 'True' | 'Unknown'; reason: string; message: string } | undefined {
  const at = path('spec');
  const errors: FieldError[] = [];
  if (spec.preserveUnknownFields === true)
    errors.push(invalid(at.child('preserveUnknownFields'), true, 'must be false'));
  for (const [index, { name, schema }] of (spec.versions ?? []).entries()) {
    const root = schema?.openAPIV3Schema;
    if (root === undefined) continue;
    const problem = conversionProblem(root);
    if (problem !== undefined) {
      const message = `failed to check validation schema for version ${name}: ${problem}`;
      return { status: 'Unknown', reason: 'StructuralError', message };
    }
    errors.push(...validateStructural(root, at.child('versions').index(index).child('schema', 'openAPIV3Schema')));
  }
  if (errors.length === 0) return undefined;
  return { status: 'True', reason: 'Violations', message: aggregateText(errors.map(errorText)) };
}
