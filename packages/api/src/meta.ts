/** Rules for ObjectMeta, after k8s.io/apimachinery/pkg/api/validation/objectmeta.go. */
import { type FieldError, forbidden, invalid, Path, required, tooLong } from './field-errors.js';
import type { ObjectMeta, OwnerReference } from './gen/types.js';
import { inGoOrder } from './go-order.js';
import {
  dns1035LabelErrors,
  dns1123LabelErrors,
  dns1123SubdomainErrors,
  labelValueErrors,
  pathSegmentErrors,
  qualifiedNameErrors,
} from './names.js';
import { deepEqual, parseApiVersion } from './object.js';

/** Says what is wrong with a name; `isPrefix` is so for a generateName. */
export type NameRule = (name: string, isPrefix: boolean) => string[];

/** A prefix may end in a dash, since more follows. */
function masked(rule: (name: string) => string[]): NameRule {
  return (name, isPrefix) => rule(isPrefix && name.endsWith('-') && name.length > 1 ? `${name.slice(0, -2)}a` : name);
}

export const dnsSubdomainName: NameRule = masked(dns1123SubdomainErrors);
export const dnsLabelName: NameRule = masked(dns1123LabelErrors);
export const dns1035LabelName: NameRule = masked(dns1035LabelErrors);
export const pathSegmentName: NameRule = pathSegmentErrors;

/** The same rule for a name, and none for what a name is made of: what comes of it is a name again. */
export function ofNameOnly(rule: NameRule): NameRule {
  return (name, isPrefix) => (isPrefix ? [] : rule(name, false));
}

const TOTAL_ANNOTATION_BYTES_MAX = 256 * 1024;
export const FIELD_IMMUTABLE = 'field is immutable';
const NOT_NEGATIVE = 'must be greater than or equal to 0';

interface MetaRules {
  readonly namespaced: boolean;
  readonly nameRule: NameRule;
  readonly path: Path;
}

export function validateObjectMeta(meta: ObjectMeta, { namespaced, nameRule, path }: MetaRules): FieldError[] {
  return [
    ...validateNames(meta, nameRule, path),
    ...validateNamespace(meta.namespace ?? '', namespaced, path.child('namespace')),
    ...validateMetaFields(meta, path),
  ];
}

function validateNames({ name = '', generateName = '' }: ObjectMeta, rule: NameRule, path: Path): FieldError[] {
  const errors: FieldError[] = [];
  if (generateName !== '') {
    errors.push(...rule(generateName, true).map((text) => invalid(path.child('generateName'), generateName, text)));
  }
  if (name === '') errors.push(required(path.child('name'), 'name or generateName is required'));
  else errors.push(...rule(name, false).map((text) => invalid(path.child('name'), name, text)));
  return errors;
}

function validateNamespace(namespace: string, namespaced: boolean, path: Path): FieldError[] {
  if (!namespaced) return namespace === '' ? [] : [forbidden(path, 'not allowed on this type')];
  if (namespace === '') return [required(path)];
  return dns1123LabelErrors(namespace).map((text) => invalid(path, namespace, text));
}

function validateMetaFields(meta: ObjectMeta, path: Path): FieldError[] {
  return [
    ...validateGeneration(meta.generation ?? 0, path.child('generation')),
    ...validateFreeFields(meta, path),
    ...validateFinalizers(meta.finalizers ?? [], path.child('finalizers')),
  ];
}

function validateFreeFields(meta: ObjectMeta, path: Path): FieldError[] {
  return [
    ...validateLabels(meta.labels, path.child('labels')),
    ...validateAnnotations(meta.annotations, path.child('annotations')),
    ...validateOwnerReferences(meta.ownerReferences ?? [], path.child('ownerReferences')),
  ];
}

function validateGeneration(generation: number, path: Path): FieldError[] {
  return generation < 0 ? [invalid(path, generation, NOT_NEGATIVE)] : [];
}

export function validateLabels(labels: Record<string, string> | undefined, path: Path): FieldError[] {
  const errors: FieldError[] = [];
  for (const [key, value] of Object.entries(labels ?? {})) {
    for (const text of qualifiedNameErrors(key)) errors.push(invalid(path, key, text));
    for (const text of labelValueErrors(value)) errors.push(invalid(path, value, text));
  }
  return errors;
}

export function validateLabelName(name: string, path: Path): FieldError[] {
  return qualifiedNameErrors(name).map((text) => invalid(path, name, text));
}

export function validateAnnotations(annotations: Record<string, string> | undefined, path: Path): FieldError[] {
  const entries = Object.entries(annotations ?? {});
  const errors = entries.flatMap(([key]) =>
    qualifiedNameErrors(key.toLowerCase()).map((text) => invalid(path, key, text)),
  );
  const total = entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0);
  return total > TOTAL_ANNOTATION_BYTES_MAX ? [...errors, tooLong(path, TOTAL_ANNOTATION_BYTES_MAX)] : errors;
}

const OWNER = { ref: 'io.k8s.apimachinery.pkg.apis.meta.v1.OwnerReference' };

function validateOwnerReferences(references: readonly OwnerReference[], path: Path): FieldError[] {
  const errors: FieldError[] = [];
  let controller: OwnerReference | undefined;
  for (const reference of references) {
    errors.push(...validateOwnerReference(reference, path));
    if (reference.controller !== true) continue;
    if (controller === undefined) {
      controller = reference;
      continue;
    }
    const both = `${ownerText(controller)} and ${ownerText(reference)}`;
    const text = `Only one reference can have Controller set to true. Found "true" in references for ${both}`;
    errors.push(invalid(path, inGoOrder(references, { type: 'array', items: OWNER }), text));
  }
  return errors;
}

function ownerText({ kind = '', name = '' }: OwnerReference): string {
  return `${kind}/${name}`;
}

function validateOwnerReference(reference: OwnerReference, path: Path): FieldError[] {
  const { apiVersion = '', kind = '', name = '', uid = '' } = reference;
  const { version } = apiVersion.split('/').length > 2 ? { version: '' } : parseApiVersion(apiVersion);
  const errors: FieldError[] = [];
  if (version === '') errors.push(invalid(path.child('apiVersion'), apiVersion, 'version must not be empty'));
  if (kind === '') errors.push(invalid(path.child('kind'), kind, 'must not be empty'));
  if (name === '') errors.push(invalid(path.child('name'), name, 'must not be empty'));
  if (uid === '') errors.push(invalid(path.child('uid'), uid, 'must not be empty'));
  if (apiVersion === 'v1' && kind === 'Event') {
    errors.push(invalid(path, reference, `/${apiVersion}, Kind=${kind} is disallowed from being an owner`));
  }
  return errors;
}

const UNQUALIFIED_FINALIZER = 'name is neither a standard finalizer name nor is it fully qualified';
const STANDARD_FINALIZERS: ReadonlySet<string> = new Set(['kubernetes', 'orphan', 'foregroundDeletion']);

export function isStandardFinalizer(name: string): boolean {
  return STANDARD_FINALIZERS.has(name);
}

export function validateFinalizerName(name: string, path: Path): FieldError[] {
  const errors = qualifiedNameErrors(name).map((text) => invalid(path, name, text));
  if (name.includes('/') || STANDARD_FINALIZERS.has(name)) return errors;
  return [...errors, invalid(path, name, UNQUALIFIED_FINALIZER)];
}

function validateFinalizers(finalizers: readonly string[], path: Path): FieldError[] {
  const errors = finalizers.flatMap((name) => qualifiedNameErrors(name).map((text) => invalid(path, name, text)));
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion')) {
    const text = 'finalizer orphan and foregroundDeletion cannot be both set';
    errors.push(invalid(path, finalizers, text));
  }
  return errors;
}

/** What most kinds ask of finalizers beyond the form of their names. */
export function validateKubeFinalizers({ finalizers = [] }: ObjectMeta, path: Path): FieldError[] {
  return finalizers.flatMap((name, index) =>
    name.includes('/') || STANDARD_FINALIZERS.has(name)
      ? []
      : [invalid(path.child('finalizers').index(index), name, UNQUALIFIED_FINALIZER)],
  );
}

const IMMUTABLE_META = ['name', 'namespace', 'uid', 'creationTimestamp'] as const;
const IMMUTABLE_DELETION = ['deletionTimestamp', 'deletionGracePeriodSeconds'] as const;

export function validateObjectMetaUpdate(next: ObjectMeta, old: ObjectMeta, path = new Path('metadata')): FieldError[] {
  const errors = validateNoNewFinalizers(next, old, path.child('finalizers'));
  if ((next.resourceVersion ?? '') === '') {
    errors.push(invalid(path.child('resourceVersion'), '', 'must be specified for an update'));
  }
  errors.push(...validateGeneration(next.generation ?? 0, path.child('generation')));
  if ((next.generation ?? 0) < (old.generation ?? 0)) {
    errors.push(invalid(path.child('generation'), next.generation, 'must not be decremented'));
  }
  for (const field of [...IMMUTABLE_META, ...IMMUTABLE_DELETION]) {
    errors.push(...immutableField(next[field], old[field], path.child(field)));
  }
  return [...errors, ...validateFreeFields(next, path)];
}

export function immutableField(next: unknown, old: unknown, path: Path): FieldError[] {
  return deepEqual(next, old) ? [] : [invalid(path, next, FIELD_IMMUTABLE)];
}

function validateNoNewFinalizers(next: ObjectMeta, old: ObjectMeta, path: Path): FieldError[] {
  if (old.deletionTimestamp === undefined) return [];
  const before = new Set(old.finalizers);
  const added = (next.finalizers ?? []).filter((name) => !before.has(name));
  if (added.length === 0) return [];
  const list = added.map((name) => JSON.stringify(name)).join(', ');
  const text = `no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`;
  return [forbidden(path, text)];
}
