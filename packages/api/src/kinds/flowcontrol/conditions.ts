import { duplicate, type FieldError, path, required } from '../../field-errors.js';

const conditionsPath = path('status', 'conditions');

/** Each type once, and none without. */
export function validateConditions(conditions: readonly { type?: string | undefined }[] = []): FieldError[] {
  const seen = new Set<string>();
  return conditions.flatMap(({ type = '' }, index) => {
    const at = conditionsPath.index(index).child('type');
    const errors = seen.has(type) ? [duplicate(at, type)] : [];
    seen.add(type);
    if (type === '') errors.push(required(at));
    return errors;
  });
}
