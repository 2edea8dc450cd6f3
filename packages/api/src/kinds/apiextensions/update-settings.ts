/** How strictly a definition is checked: what is stored already may stay as it is. */

import { path } from '../../field-errors.js';
import type { CustomResourceDefinition, CustomResourceDefinitionSpec } from '../../gen/types.js';
import { deepEqual } from '../../object.js';
import { conversionProblem } from '../../structural/convertible.js';
import { hasUnprunedDefaults } from '../../structural/defaults.js';
import { type JsonSchema, someSchema } from '../../structural/json-schema.js';
import { validateStructural } from '../../structural/structural.js';
import { hasKnownReviewVersion, validateCaBundle } from '../webhook-client.js';
import { definitionOf } from './definition.js';
import { type DefinitionSettings, schemasOf } from './definition-rules.js';
import { hasMergedSetItems, validateItems } from './list-rules.js';
import { SCHEMA_TYPES } from './schema-rules.js';
import { SELECTABLE_FIELDS_MAX } from './version-rules.js';

export const NEW_DEFINITION: DefinitionSettings = {
  established: false,
  requireSchemas: true,
  requireTypes: true,
  requireStructural: true,
  requirePrunedDefaults: true,
  requireAtomicSets: true,
  requireListKeys: true,
  requireKnownReviewVersion: true,
  allowInvalidCaBundle: true,
  limitCosts: true,
  unchangedVersions: new Set(),
  tooManyFields: new Set(),
};

export function settingsOfUpdate(
  next: CustomResourceDefinitionSpec,
  old: CustomResourceDefinition,
): DefinitionSettings {
  const before = old.spec ?? {};
  const schemas = schemasOf(definitionOf(before));
  const none = (holds: (schema: JsonSchema) => boolean) => !schemas.some(holds);
  const anywhere = (holds: (schema: JsonSchema) => boolean) => (schema: JsonSchema) => someSchema(schema, holds);
  const nowhere = path('');
  const established = isEstablished(old);
  const reviewVersions = before.conversion?.webhook?.conversionReviewVersions ?? [];
  return {
    established,
    requireSchemas: (before.versions ?? []).every(({ schema }) => schema?.openAPIV3Schema !== undefined),
    requireTypes: none(anywhere(({ type = '' }) => type !== '' && !SCHEMA_TYPES.includes(type))),
    requireStructural: none((it) => conversionProblem(it) !== undefined || validateStructural(it, nowhere).length > 0),
    requirePrunedDefaults: none(hasUnprunedDefaults),
    requireAtomicSets: none(anywhere(hasMergedSetItems)),
    requireListKeys: none(anywhere((it) => validateItems(it, nowhere).length > 0)),
    requireKnownReviewVersion: reviewVersions.length === 0 || hasKnownReviewVersion(reviewVersions),
    allowInvalidCaBundle: !established || hasInvalidCaBundle(before),
    limitCosts: true,
    unchangedVersions: unchangedVersions(next, before),
    tooManyFields: tooManyFields(next, before),
  };
}

function isEstablished({ status }: CustomResourceDefinition): boolean {
  return status?.conditions?.find(({ type }) => type === 'Established')?.status === 'True';
}

function hasInvalidCaBundle({ conversion }: CustomResourceDefinitionSpec): boolean {
  const bundle = conversion?.webhook?.clientConfig?.caBundle ?? '';
  return bundle !== '' && validateCaBundle(bundle, path('')).length > 0;
}

function unchangedVersions(next: CustomResourceDefinitionSpec, old: CustomResourceDefinitionSpec): Set<string> {
  const before = new Map((old.versions ?? []).map(({ name, schema }) => [name, schema]));
  const same = (next.versions ?? []).filter(
    ({ name, schema }) => before.has(name) && deepEqual(schema, before.get(name)),
  );
  return new Set(same.map(({ name = '' }) => name));
}

function tooManyFields(next: CustomResourceDefinitionSpec, old: CustomResourceDefinitionSpec): Set<string> {
  const [now, before] = [definitionOf(next), definitionOf(old)];
  const isKept = (fields: readonly unknown[] | undefined, were: readonly unknown[] | undefined) =>
    (were ?? []).length > SELECTABLE_FIELDS_MAX && deepEqual(fields, were);
  const known = new Map(before.versions.map(({ name, selectableFields }) => [name, selectableFields]));
  const kept = now.versions.filter(({ name, selectableFields }) => isKept(selectableFields, known.get(name)));
  const ofAll = isKept(now.shared.selectableFields, before.shared.selectableFields);
  return new Set([...(ofAll ? [''] : []), ...kept.map(({ name = '' }) => name)]);
}
