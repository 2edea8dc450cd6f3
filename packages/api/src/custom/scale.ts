/** The number of replicas of custom resources, at the places that their definition names. */
import { ApiError, badRequest } from '../errors.js';
import { type FieldError, invalid } from '../field-errors.js';
import type { CustomResourceSubresourceScale } from '../gen/types.js';
import { goText, goTypeOf } from '../go-text.js';
import type { KubeObject, ScaleAccess } from '../kind.js';
import { isRecord } from '../object.js';
import { setField } from '../set-field.js';
import { AGE, customColumns } from './columns.js';

type Found<T> = { readonly value: T | undefined } | { readonly problem: string };
type Loose = Record<string, unknown>;

const COLUMNS = customColumns([
  { name: 'Desired', type: 'integer', jsonPath: '.spec.replicas', description: 'How many are wanted.' },
  { name: 'Available', type: 'integer', jsonPath: '.status.replicas', description: 'How many there are.' },
  AGE,
]);

/** Upstream looks for words about a Scale where it has none. */
const NO_SCALE = 'no kind is registered for the type v1.Scale in scheme "pkg/apiserver/customresource_handler.go:781"';

const INT32_MAX = 2 ** 31 - 1;

const partsOf = (path: string): string[] => path.replace(/^\./, '').split('.');

export function customScale(scale: CustomResourceSubresourceScale): ScaleAccess<KubeObject> {
  const { specReplicasPath = '', statusReplicasPath = '', labelSelectorPath } = scale;
  return {
    get(it) {
      const [spec, status] = [integerAt(it, specReplicasPath), integerAt(it, statusReplicasPath)];
      const selector = labelSelectorPath ? textAt(it, labelSelectorPath) : { value: '' };
      return {
        specReplicas: foundValue(spec),
        statusReplicas: foundValue(status) ?? 0,
        selector: foundValue(selector) ?? '',
      };
    },
    path: partsOf(specReplicasPath),
    checksItself: true,
    unreadable: NO_SCALE,
    columns: COLUMNS,
    set: (it, replicas) => setAt(it as unknown as Loose, partsOf(specReplicasPath), replicas),
  };
}

function foundValue<T>(found: Found<T>): T | undefined {
  if ('problem' in found) throw new ApiError({ code: 500, reason: '', message: found.problem });
  return found.value;
}

function valueAt(it: unknown, path: string): Found<unknown> {
  let value: unknown = it;
  const parts = partsOf(path);
  for (const [index, part] of parts.entries()) {
    if (value === undefined || value === null) return { value: undefined };
    if (!isRecord(value)) {
      const at = parts.slice(0, index + 1).join('.');
      return {
        problem: `.${at} accessor error: ${goText(value)} is of the type ${goTypeOf(value)}, expected map[string]interface{}`,
      };
    }
    if (!Object.hasOwn(value, part)) return { value: undefined };
    value = value[part];
  }
  return { value };
}

function typedAt<T>(it: unknown, path: string, type: string, isOf: (value: unknown) => boolean): Found<T> {
  const found = valueAt(it, path);
  if ('problem' in found || found.value === undefined || isOf(found.value)) return found as Found<T>;
  const { value } = found;
  const at = partsOf(path).join('.');
  return { problem: `.${at} accessor error: ${goText(value)} is of the type ${goTypeOf(value)}, expected ${type}` };
}

const isInteger = (value: unknown) => typeof value === 'bigint' || Number.isInteger(value);
const integerAt = (it: unknown, path: string) => typedAt<number>(it, path, 'int64', isInteger);
const textAt = (it: unknown, path: string) => typedAt<string>(it, path, 'string', (value) => typeof value === 'string');

function setAt(object: Loose, [first = '', ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) {
    setField(object, first, value);
    return;
  }
  const inside = Object.hasOwn(object, first) ? object[first] : {};
  if (!isRecord(inside)) throw badRequest(`value cannot be set because .${first} is not a map[string]interface{}`);
  setField(object, first, inside);
  setAt(inside, rest, value);
}

export function validateScaleSpec(
  it: KubeObject,
  { specReplicasPath = '' }: CustomResourceSubresourceScale,
): FieldError[] {
  return validateReplicas(it, specReplicasPath);
}

export function validateScaleStatus(it: KubeObject, scale: CustomResourceSubresourceScale): FieldError[] {
  const { statusReplicasPath = '', labelSelectorPath } = scale;
  const selector = labelSelectorPath === undefined ? { value: '' } : textAt(it, labelSelectorPath);
  return [
    ...validateReplicas(it, statusReplicasPath),
    ...('problem' in selector ? [invalid(labelSelectorPath ?? '', '', selector.problem)] : []),
  ];
}

function validateReplicas(it: KubeObject, path: string): FieldError[] {
  const found = integerAt(it, path);
  if ('problem' in found) return [invalid(path, 0, found.problem)];
  const replicas = found.value ?? 0;
  if (replicas < 0) return [invalid(path, replicas, 'should be a non-negative integer')];
  return replicas > INT32_MAX ? [invalid(path, replicas, `should be less than or equal to ${INT32_MAX}`)] : [];
}
