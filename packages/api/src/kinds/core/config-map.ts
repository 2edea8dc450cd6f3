import { type FieldError, forbidden, invalid, path, tooLong } from '../../field-errors.js';
import type { ConfigMap } from '../../gen/types.js';
import { defineKind } from '../../kind.js';
import { configMapKeyErrors } from '../../names.js';
import { semanticEqual } from '../../object.js';
import { ageColumn, nameColumn } from '../columns.js';

const BYTES_MAX = 1024 * 1024;

export const configMap = defineKind<ConfigMap>({
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  shortNames: ['cm'],
  scope: 'Namespaced',
  updateMetadata: ['update', 'change', 'create', 'rules'],
  columns: [
    nameColumn(),
    { name: 'Data', type: 'string', value: (it) => count(it.data) + count(it.binaryData) },
    ageColumn(),
  ],
  validate: (it) => [...validateKeys(it), ...validateSize(it)],
  validateUpdate: (next, old) => (old.immutable === true ? validateUnchanged(next, old) : []),
});

function count(map: Record<string, string> | undefined): number {
  return Object.keys(map ?? {}).length;
}

function validateKeys({ data = {}, binaryData = {} }: ConfigMap): FieldError[] {
  return [
    ...Object.keys(data).flatMap((key) => [
      ...configMapKeyErrors(key).map((text) => invalid(path('data').key(key), key, text)),
      ...(Object.hasOwn(binaryData, key)
        ? [invalid(path('data').key(key), key, 'duplicate of key present in binaryData')]
        : []),
    ]),
    ...Object.keys(binaryData).flatMap((key) =>
      configMapKeyErrors(key).map((text) => invalid(path('binaryData').key(key), key, text)),
    ),
  ];
}

function validateSize({ data = {}, binaryData = {} }: ConfigMap): FieldError[] {
  const text = Object.values(data).reduce((sum, value) => sum + Buffer.byteLength(value), 0);
  const binary = Object.values(binaryData).reduce((sum, value) => sum + Buffer.byteLength(value, 'base64'), 0);
  return text + binary > BYTES_MAX ? [tooLong('[]', BYTES_MAX)] : [];
}

function validateUnchanged(next: ConfigMap, old: ConfigMap): FieldError[] {
  const errors: FieldError[] = [];
  if (next.immutable !== true) {
    errors.push(forbidden('immutable', 'field is immutable when `immutable` is set'));
  }
  for (const field of ['data', 'binaryData'] as const) {
    if (!semanticEqual(next[field], old[field])) {
      errors.push(forbidden(field, 'field is immutable when `immutable` is set'));
    }
  }
  return errors;
}
