import { type FieldError, forbidden, type Path } from '../field-errors.js';
import type { ObjectMeta } from '../gen/types.js';
import { validateAnnotations, validateLabels } from '../meta.js';

/** In upstream's order, and as it spells them. */
const NOT_FOR_TEMPLATES: readonly (readonly [keyof ObjectMeta, string])[] = [
  ['name', 'name'],
  ['generateName', 'generateName'],
  ['namespace', 'namespace'],
  ['selfLink', 'selfLink'],
  ['uid', 'uID'],
  ['resourceVersion', 'resourceVersion'],
  ['generation', 'generation'],
  ['creationTimestamp', 'creationTimestamp'],
  ['deletionTimestamp', 'deletionTimestamp'],
  ['deletionGracePeriodSeconds', 'deletionGracePeriodSeconds'],
  ['ownerReferences', 'ownerReferences'],
  ['finalizers', 'finalizers'],
  ['managedFields', 'managedFields'],
];

/** Metadata of what is made from a template: labels and annotations, and nothing else. */
export function validateTemplateMetadata(metadata: ObjectMeta, path: Path): FieldError[] {
  return [
    ...validateAnnotations(metadata.annotations, path.child('annotations')),
    ...validateLabels(metadata.labels, path.child('labels')),
    ...NOT_FOR_TEMPLATES.filter(([field]) => isSet(metadata[field])).map(([, name]) =>
      forbidden(path.child(name), 'cannot be set'),
    ),
  ];
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0);
}
