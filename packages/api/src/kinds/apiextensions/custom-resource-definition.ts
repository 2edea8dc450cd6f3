import { type FieldError, invalid, path } from '../../field-errors.js';
import type { CustomResourceDefinition, CustomResourceDefinitionSpec } from '../../gen/types.js';
import { defineKind, status } from '../../kind.js';
import { dnsSubdomainName, immutableField } from '../../meta.js';
import { validateApiApproval } from './api-approval.js';
import {
  type DefinitionSettings,
  validateDefinition,
  validateNames,
  validateStoredVersions,
} from './definition-rules.js';
import { warningsOfFormats } from './format-warnings.js';
import { NEW_DEFINITION, settingsOfUpdate } from './update-settings.js';

const spec = path('spec');

export const customResourceDefinition = defineKind<CustomResourceDefinition>({
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  scope: 'Cluster',
  plainFinalizers: true,
  nameRule(name, isPrefix, { spec: own = {} }) {
    const errors = dnsSubdomainName(name, isPrefix);
    const wanted = `${own.names?.plural ?? ''}.${own.group ?? ''}`;
    return name === wanted ? errors : [...errors, 'must be spec.names.plural+"."+spec.group'];
  },
  strategy: {
    allowUnconditionalUpdate: false,
    prepareForCreate(it) {
      it.status = {};
      keepStoredVersion(it);
    },
    prepareForUpdate: keepStoredVersion,
    warnings: ({ spec: own }, old) => warningsOfFormats(own ?? {}, old?.spec),
  },
  generation: ['spec'],
  subresources: [status],
  defaults(it) {
    it.spec ??= {};
    defaultSpec(it.spec);
    const stored = it.spec.versions?.find((version) => version.storage === true)?.name;
    if ((it.status?.storedVersions ?? []).length > 0 || stored === undefined) return;
    it.status = { ...it.status, storedVersions: [stored] };
  },
  validate(it, old) {
    const settings = old === undefined ? NEW_DEFINITION : settingsOfUpdate(it.spec ?? {}, old);
    return [...validateDefinition(it.spec ?? {}, settings, spec), ...validateUpdatedSpec(it, old, settings)];
  },
  validateStatusUpdate: validateStatus,
});

function defaultSpec(own: CustomResourceDefinitionSpec): void {
  own.names ??= {};
  const { names } = own;
  names.singular ||= (names.kind ?? '').toLowerCase();
  if (!names.listKind && names.kind) names.listKind = `${names.kind}List`;
  own.conversion ??= { strategy: 'None' };
  const service = own.conversion.webhook?.clientConfig?.service;
  if (service !== undefined) service.port ??= 443;
}

/** The version in which objects are stored from now on is one of those in which there may be some. */
function keepStoredVersion(it: CustomResourceDefinition): void {
  const stored = it.spec?.versions?.find((version) => version.storage === true)?.name ?? '';
  if (stored === '' && !it.spec?.versions?.some((version) => version.storage === true)) return;
  it.status ??= {};
  const known = it.status.storedVersions ?? [];
  if (!known.includes(stored)) it.status.storedVersions = [...known, stored];
}

/** What comes after the rules of the spec itself, in upstream's order. */
function validateUpdatedSpec(
  it: CustomResourceDefinition,
  old: CustomResourceDefinition | undefined,
  settings: DefinitionSettings,
): FieldError[] {
  return [
    ...(old === undefined ? [] : validateImmutable(it.spec ?? {}, old.spec ?? {}, settings.established)),
    ...validateStatus(it),
    ...validateStoredVersions(it.status?.storedVersions ?? [], it.spec ?? {}),
    ...validateApiApproval(it, old),
    ...validatePreserving(it, old),
  ];
}

/** Objects are stored under names that their definition gives them. */
function validateImmutable(
  now: CustomResourceDefinitionSpec,
  before: CustomResourceDefinitionSpec,
  isEstablished: boolean,
): FieldError[] {
  const [names, old] = [now.names ?? {}, before.names ?? {}];
  return [
    ...(isEstablished
      ? [
          ...immutableField(now.scope ?? '', before.scope ?? '', spec.child('scope')),
          ...immutableField(names.kind ?? '', old.kind ?? '', spec.child('names', 'kind')),
        ]
      : []),
    ...immutableField(now.group ?? '', before.group ?? '', spec.child('group')),
    ...immutableField(names.plural ?? '', old.plural ?? '', spec.child('names', 'plural')),
  ];
}

function validateStatus({ status: state }: CustomResourceDefinition): FieldError[] {
  return validateNames(state?.acceptedNames ?? {}, path('status', 'acceptedNames'));
}

function validatePreserving(it: CustomResourceDefinition, old: CustomResourceDefinition | undefined): FieldError[] {
  if (it.spec?.preserveUnknownFields !== true || old?.spec?.preserveUnknownFields === true) return [];
  const text =
    'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead';
  return [invalid(spec.child('preserveUnknownFields'), true, text)];
}
