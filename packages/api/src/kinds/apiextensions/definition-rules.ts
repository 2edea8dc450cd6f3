/** Rules of a definition as a whole: its names, its versions and what they share. */
import { type FieldError, invalid, notSupported, type Path, path, required } from '../../field-errors.js';
import type {
  CustomResourceDefinitionNames,
  CustomResourceDefinitionSpec,
  CustomResourceDefinitionVersion,
} from '../../gen/types.js';
import { internalForm } from '../../internal-form.js';
import { dns1035LabelErrors, dns1123SubdomainErrors } from '../../names.js';
import { wasSaidEmpty } from '../../normalize.js';
import { type JsonSchema, someSchema } from '../../structural/json-schema.js';
import { type ConversionSettings, validateConversion } from './conversion-rules.js';
import { type Definition, definitionOf } from './definition.js';
import { validateColumns, validateDeprecation, validateSelectable, validateSubresources } from './version-rules.js';
import { type SchemaSettings, validateVersionSchema } from './version-schema.js';

const TYPES = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1';

/** What an update need not put right: faults that the stored definition has already. */
export interface DefinitionSettings extends SchemaSettings, ConversionSettings {
  /** Objects of the kind are served, or were. */
  readonly established: boolean;
  readonly requireSchemas: boolean;
  /** Versions whose schema is as it was: nothing is said of the costs of their rules. */
  readonly unchangedVersions: ReadonlySet<string>;
  /** Versions whose selectable fields are as they were and too many; '' for those of all. */
  readonly tooManyFields: ReadonlySet<string>;
}

export function validateDefinition(
  spec: CustomResourceDefinitionSpec,
  settings: DefinitionSettings,
  at: Path,
): FieldError[] {
  const definition = definitionOf(spec);
  const { shared, versions, names } = definition;
  const own = { ...settings, requireStructural: settings.requireStructural || mustBeStructural(definition) };
  const versionsAt = at.child('versions');
  const shown = () => (versions.length === 0 && !wasSaidEmpty(spec, 'versions') ? null : versions.map(shownVersion));
  const errors = [
    ...validateGroup(definition.group, at.child('group')),
    ...validateScope(definition.scope, at.child('scope')),
    ...validateSchemasAreThere(definition, own, versionsAt),
    ...validateDefaultsAreAllowed(definition, at.child('preserveUnknownFields')),
  ];
  for (const [index, version] of versions.entries()) {
    const { name = '' } = version;
    errors.push(...joined(dns1035LabelErrors(name), name, versionsAt.index(index).child('name')));
    const hasStatus = (shared.subresources ?? version.subresources)?.status !== undefined;
    errors.push(...validateVersion(version, hasStatus, own, versionsAt.index(index)));
  }
  if (new Set(versions.map(({ name }) => name)).size < versions.length)
    errors.push(invalid(versionsAt, shown(), 'must contain unique version names'));
  if (versions.filter(({ storage }) => storage === true).length !== 1)
    errors.push(invalid(versionsAt, shown(), 'must have exactly one version marked as storage version'));
  if (definition.version !== '')
    errors.push(...joined(dns1035LabelErrors(definition.version), definition.version, at.child('version')));
  for (const field of ['plural', 'singular', 'kind', 'listKind'] as const)
    if (!names[field]) errors.push(required(at.child('names', field)));
  errors.push(...validateNames(names, at.child('names')));
  const anyStatus = [shared, ...versions].some(({ subresources }) => subresources?.status !== undefined);
  errors.push(
    ...validateVersionSchema(shared.schema, anyStatus, costsOf(own, definition.version), at.child('validation')),
    ...validateSubresources(shared.subresources, at.child('subresources')),
    ...validateColumns(shared.additionalPrinterColumns ?? [], at.child('additionalPrinterColumns')),
  );
  if ((shared.selectableFields ?? []).length > 0) {
    const fieldsAt = at.child('selectableFields');
    if (shared.schema === undefined)
      errors.push(invalid(fieldsAt, '', 'may only be set when validations.schema is included'));
    else errors.push(...validateSelectable(shared, '', own.tooManyFields, fieldsAt, at));
  }
  return [...errors, ...validateConversion(definition, own, at.child('conversion'))];
}

const costsOf = (settings: DefinitionSettings, version: string): SchemaSettings =>
  settings.unchangedVersions.has(version) ? { ...settings, limitCosts: false } : settings;

const shownVersion = (version: CustomResourceDefinitionVersion) =>
  internalForm(`${TYPES}.CustomResourceDefinitionVersion`, version);

function joined(texts: readonly string[], value: string, at: Path, before = ''): FieldError[] {
  return texts.length === 0 ? [] : [invalid(at, value, before + texts.join(','))];
}

function validateGroup(group: string, at: Path): FieldError[] {
  if (group === '') return [required(at)];
  const errors = joined(dns1123SubdomainErrors(group), group, at);
  if (errors.length > 0 || group.includes('.')) return errors;
  return [invalid(at, group, 'should be a domain with at least one dot')];
}

const SCOPES = ['Cluster', 'Namespaced'];

function validateScope(scope: string, at: Path): FieldError[] {
  if (scope === '') return [required(at)];
  return SCOPES.includes(scope) ? [] : [notSupported(at, scope, SCOPES)];
}

export function schemasOf({ shared, versions }: Pick<Definition, 'shared' | 'versions'>): JsonSchema[] {
  return [shared, ...versions].flatMap(({ schema }) => schema?.openAPIV3Schema ?? []);
}

/** Where fields are pruned, defaults are set or Kubernetes' own words are used, the structure has to be known. */
function mustBeStructural(definition: Definition): boolean {
  if (!definition.preserveUnknownFields) return true;
  const needsStructure = (schema: JsonSchema) => schema.default !== undefined || hasExtensions(schema);
  return schemasOf(definition).some((schema) => someSchema(schema, needsStructure));
}

function hasExtensions(schema: JsonSchema): boolean {
  return (
    schema['x-kubernetes-embedded-resource'] === true ||
    schema['x-kubernetes-preserve-unknown-fields'] !== undefined ||
    schema['x-kubernetes-int-or-string'] === true ||
    (schema['x-kubernetes-list-map-keys'] ?? []).length > 0 ||
    schema['x-kubernetes-list-type'] !== undefined ||
    (schema['x-kubernetes-validations'] ?? []).length > 0
  );
}

function validateSchemasAreThere(
  { shared, versions, preserveUnknownFields }: Definition,
  { requireSchemas }: DefinitionSettings,
  at: Path,
): FieldError[] {
  if (shared.schema?.openAPIV3Schema !== undefined || (!requireSchemas && preserveUnknownFields)) return [];
  return versions.flatMap(({ schema, served }, index) => {
    if (schema?.openAPIV3Schema !== undefined || !(requireSchemas || served === true)) return [];
    const why = requireSchemas ? '' : 'because otherwise all fields are pruned';
    return [required(at.index(index).child('schema', 'openAPIV3Schema'), why)];
  });
}

function validateDefaultsAreAllowed(definition: Definition, at: Path): FieldError[] {
  const hasDefaults = (schema: JsonSchema) => someSchema(schema, (it) => it.default !== undefined);
  if (!definition.preserveUnknownFields || !schemasOf(definition).some(hasDefaults)) return [];
  return [invalid(at, true, 'must be false in order to use defaults in the schema')];
}

function validateVersion(
  version: CustomResourceDefinitionVersion,
  hasStatus: boolean,
  settings: DefinitionSettings,
  at: Path,
): FieldError[] {
  const { name = '', schema, subresources, additionalPrinterColumns = [], selectableFields = [] } = version;
  const errors = [
    ...validateDeprecation(version, at.child('deprecationWarning')),
    ...validateVersionSchema(schema, hasStatus, costsOf(settings, name), at.child('schema')),
    ...validateSubresources(subresources, at.child('subresources')),
    ...validateColumns(additionalPrinterColumns, at.child('additionalPrinterColumns')),
  ];
  if (selectableFields.length === 0) return errors;
  const fieldsAt = at.child('selectableFields');
  if (schema?.openAPIV3Schema === undefined) {
    const text = 'may only be set when `version.schema.openAPIV3Schema` is not included';
    return [...errors, invalid(fieldsAt, '', text)];
  }
  return [...errors, ...validateSelectable(version, name, settings.tooManyFields, fieldsAt, at)];
}

export function validateNames(names: CustomResourceDefinitionNames, at: Path): FieldError[] {
  const mixed = 'may have mixed case, but should otherwise match: ';
  const label = (field: 'plural' | 'singular' | 'kind' | 'listKind', before = '') => {
    const value = names[field] ?? '';
    const texts = value === '' ? [] : dns1035LabelErrors(before === '' ? value : value.toLowerCase());
    return joined(texts, value, at.child(field), before);
  };
  const listed = (field: 'shortNames' | 'categories') =>
    (names[field] ?? []).flatMap((it, index) => joined(dns1035LabelErrors(it), it, at.child(field).index(index)));
  const errors = [
    ...label('plural'),
    ...label('singular'),
    ...label('kind', mixed),
    ...label('listKind', mixed),
    ...listed('shortNames'),
  ];
  if (names.kind && names.kind === names.listKind)
    errors.push(invalid(at.child('listKind'), names.listKind, 'kind and listKind may not be the same'));
  return [...errors, ...listed('categories')];
}

/** Versions in which objects may still be stored have to stay. */
export function validateStoredVersions(stored: readonly string[], spec: CustomResourceDefinitionSpec): FieldError[] {
  const at = path('status', 'storedVersions');
  if (stored.length === 0) return [invalid(at, undefined, 'must have at least one stored version')];
  const left = new Map(stored.map((version, index) => [version, index]));
  const errors: FieldError[] = [];
  for (const { name = '', storage } of spec.versions ?? []) {
    if (storage === true && !left.has(name)) errors.push(invalid(at, stored, `must have the storage version ${name}`));
    left.delete(name);
  }
  for (const [version, index] of left) {
    const text = `missing from spec.versions; ${version} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${version} and removes ${version} from status.storedVersions`;
    errors.push(invalid(at.index(index), version, text));
  }
  return errors;
}
