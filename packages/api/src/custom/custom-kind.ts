/** Kinds that definitions make. */
import { compareVersions } from '../discovery.js';
import type { CustomResourceDefinition, CustomResourceDefinitionSpec } from '../gen/types.js';
import { oneMore } from '../int64.js';
import { defineKind, type Kind, type KubeObject, type SubresourceInput, scale, status, type Verb } from '../kind.js';
import { deepClone, deepEqual } from '../object.js';
import { PATCH_TYPES } from '../request.js';
import type { Schema } from '../schema.js';
import { customColumns } from './columns.js';
import { finalizerWarnings } from './finalizers.js';
import { customForm } from './form.js';
import { mergeSchema } from './merge-schema.js';
import { publishedSchema } from './published-schema.js';
import { customScale } from './scale.js';
import { customSelectors } from './selectable.js';
import { CustomRules } from './validation.js';
import { type CustomVersion, customVersion } from './version.js';

/** In the order in which upstream lists them for such kinds. */
const VERBS: readonly Verb[] = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];

/** Without types there is nothing to say how a strategic patch merges. */
const PATCHES = [PATCH_TYPES.json, PATCH_TYPES.merge, PATCH_TYPES.apply];

/** The kind of one served version of a definition. @throws if its schema cannot be compiled */
export function customKind(crd: CustomResourceDefinition, version: string): Kind {
  const custom = customVersion(crd, version);
  const { spec = {}, status: found } = crd;
  const names = { ...spec.names, ...acceptedNames(found?.acceptedNames) };
  const { subresources = {}, additionalPrinterColumns, selectableFields } = custom.settings;
  const rules = new CustomRules(custom);
  const deprecation = deprecationOf(custom, spec);
  const parts: SubresourceInput[] = [
    ...(subresources.status === undefined ? [] : [status]),
    ...(subresources.scale === undefined ? [] : [scale]),
  ];
  const kind = defineKind<KubeObject>({
    group: custom.group,
    version,
    kind: custom.kind,
    listKind: names.listKind || `${custom.kind}List`,
    plural: names.plural ?? '',
    singular: names.singular || custom.kind.toLowerCase(),
    scope: spec.scope === 'Cluster' ? 'Cluster' : 'Namespaced',
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
    verbs: VERBS,
    subresources: parts,
    schema: mergedBy(custom),
    form: customForm(custom, (name) => otherVersion(crd, name)),
    published: (dialect) => publishedSchema(custom, dialect),
    patchTypes: PATCHES,
    columns: customColumns(additionalPrinterColumns),
    selectableFields: customSelectors(selectableFields),
    ...(deprecation === undefined ? {} : { deprecation }),
    plainFinalizers: true,
    validate: (it, old, found) => rules.validate(it, old, found ?? []),
    validateStatusUpdate: (next, old, found) => rules.validateStatus(next, old, found ?? []),
    strategy: {
      prepareForCreate(it) {
        it.metadata.generation = 1;
      },
      prepareForUpdate: bumpGeneration,
      prepareForStatusUpdate: keepMetadata,
      warnings: finalizerWarnings,
      unknownField: (field) => `field label not supported: ${field}`,
      allowUnconditionalUpdate: false,
      statusResetFields: ['metadata', 'spec'],
      ...(subresources.scale === undefined ? {} : { scale: customScale(subresources.scale) }),
    },
  });
  return { ...kind, madeOf: { definition: crd, version }, ...schemasOf(crd) };
}

/** Objects that are only renamed in another version are to be ones of it; what somebody else converts is. */
function schemasOf(crd: CustomResourceDefinition): Pick<Kind, 'schemaOf'> {
  const { group = '', versions = [], conversion } = crd.spec ?? {};
  if (conversion?.strategy === 'Webhook' || versions.length < 2) return {};
  const known = new Map<string, Schema>();
  return {
    schemaOf: (apiVersion) => {
      const name = versions.find((it) => apiVersion === `${group}/${it.name}`)?.name;
      if (name === undefined) return undefined;
      const made = known.get(name) ?? mergedBy(customVersion(crd, name));
      known.set(name, made);
      return made;
    },
  };
}

function otherVersion(crd: CustomResourceDefinition, name: string): CustomVersion | undefined {
  return crd.spec?.versions?.some((it) => it.name === name) ? customVersion(crd, name) : undefined;
}

const mergedBy = ({ root, keepsUnknown }: CustomVersion) => mergeSchema(root, keepsUnknown);

function acceptedNames(names: CustomResourceDefinitionSpec['names']): CustomResourceDefinitionSpec['names'] {
  return names?.plural ? names : {};
}

/** Every change but one of metadata is a new generation. */
function bumpGeneration(next: KubeObject, old: KubeObject): void {
  const [{ metadata: _next, ...after }, { metadata: _old, ...before }] = [next, old];
  if (!deepEqual(after, before)) next.metadata.generation = oneMore(old.metadata.generation ?? 0);
}

/** Of metadata a change of the status changes nothing but who manages what. */
function keepMetadata(next: KubeObject, old: KubeObject): void {
  const { managedFields, resourceVersion } = next.metadata;
  const { managedFields: _old, ...kept } = old.metadata;
  next.metadata = { ...deepClone(kept), resourceVersion, ...(managedFields === undefined ? {} : { managedFields }) };
}

function deprecationOf(
  { group, name, settings }: CustomVersion,
  spec: CustomResourceDefinitionSpec,
): string | undefined {
  if (settings.deprecated !== true) return undefined;
  if (settings.deprecationWarning !== undefined) return settings.deprecationWarning;
  const kind = spec.names?.kind ?? '';
  const better = (spec.versions ?? [])
    .filter((it) => it.served === true && it.deprecated !== true)
    .map((it) => it.name ?? '')
    .filter((it) => compareVersions(it, name) < 0)
    .sort(compareVersions);
  const text = `${group}/${name} ${kind} is deprecated`;
  return better[0] === undefined ? text : `${text}; use ${group}/${better[0]} ${kind}`;
}
