/** Rules of conditions as most kinds have them now. */
import { duplicate, type FieldError, invalid, type Path, required, tooLong } from '../field-errors.js';
import type { Condition } from '../gen/types.js';
import { validateLabelName } from '../meta.js';
import { nonNegative, oneOf } from './rules.js';

const REASON_MAX = 1024;
const MESSAGE_MAX = 32 * 1024;
const REASON_FORM = '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?';
const REASON = new RegExp(`^${REASON_FORM}$`);

export function validateConditions(conditions: readonly Condition[], path: Path): FieldError[] {
  const firstOf = new Map<string, number>();
  return conditions.flatMap((it, index) => {
    const at = path.index(index);
    const type = it.type ?? '';
    const errors: FieldError[] = firstOf.has(type) ? [duplicate(at.child('type'), type)] : [];
    firstOf.set(type, index);
    return [...errors, ...validateCondition(it, at)];
  });
}

function validateCondition(it: Condition, at: Path): FieldError[] {
  const { type = '', status = '', reason = '', message = '' } = it;
  return [
    ...(type === '' ? [required(at.child('type'), 'must be set')] : validateLabelName(type, at.child('type'))),
    ...oneOf(status, ['False', 'True', 'Unknown'], at.child('status')),
    ...nonNegative(it.observedGeneration, at.child('observedGeneration')),
    ...(it.lastTransitionTime === undefined || it.lastTransitionTime === null
      ? [required(at.child('lastTransitionTime'), 'must be set')]
      : []),
    ...validateReason(reason, at.child('reason')),
    ...(Buffer.byteLength(message) > MESSAGE_MAX ? [tooLong(at.child('message'), MESSAGE_MAX)] : []),
  ];
}

function validateReason(reason: string, at: Path): FieldError[] {
  if (reason === '') return [required(at, 'must be set')];
  const errors = [];
  if (!REASON.test(reason)) {
    const examples = "(e.g. 'my_name',  or 'MY_NAME',  or 'MyName',  or 'ReasonA,ReasonB',  or 'ReasonA:ReasonB', ";
    const text = `a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_' ${examples}regex used for validation is '${REASON_FORM}')`;
    errors.push(invalid(at, reason, text));
  }
  if (Buffer.byteLength(reason) > REASON_MAX) errors.push(tooLong(at, REASON_MAX));
  return errors;
}
