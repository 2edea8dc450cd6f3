/** References to objects of one's own namespace, or of none, by group, kind and name. */
import { type FieldError, invalid, type Path, required } from '../../field-errors.js';
import { pathSegmentErrors } from '../../names.js';
import { dnsSubdomain } from '../rules.js';

export function validateTypedReference(
  reference: {
    /** Null where nothing was said: the field is always there. */
    readonly apiGroup?: string | null | undefined;
    readonly kind?: string | undefined;
    readonly name?: string | undefined;
  },
  at: Path,
): FieldError[] {
  const { apiGroup } = reference;
  return [
    ...(apiGroup == null ? [] : dnsSubdomain(apiGroup, at.child('apiGroup'))),
    ...(['kind', 'name'] as const).flatMap((field) => {
      const value = reference[field] ?? '';
      if (value === '') return [required(at.child(field))];
      return pathSegmentErrors(value).map((text) => invalid(at.child(field), value, text));
    }),
  ];
}
