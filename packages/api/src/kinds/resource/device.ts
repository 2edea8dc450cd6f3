/** Rules of one device: what is known of it, what it has, and where it can be used. */
import { type FieldError, invalid, type Path, required, tooLong } from '../../field-errors.js';
import type { Counter, Device, DeviceAttribute, DeviceCounterConsumption, DeviceTaint } from '../../gen/types.js';
import { internalForm } from '../../internal-form.js';
import { validateLabelName } from '../../meta.js';
import { equalInForm } from '../../object.js';
import { validateNodeSelector } from '../core/pod-spec/scheduling.js';
import { dnsLabel, dnsSubdomain, oneOf } from '../rules.js';
import { bindingConditions } from './binding-conditions.js';
import { validateCapacity } from './capacity.js';
import { TAINT_EFFECTS, validateLabelValue } from './configuration.js';
import { CONSUMPTIONS_MAX, COUNTERS_MAX, FACTS_MAX, TAINTS_MAX, VALUE_BYTES_MAX } from './limits.js';
import { validateMap, validateSet, validateSlice } from './lists.js';
import { QUALIFIED_NAME_MAX, validateQualifiedName } from './names.js';

const FACTS = { max: Number.POSITIVE_INFINITY, keyMax: QUALIFIED_NAME_MAX };

/** `old` is the device of that name in the slice as it was: what it had then is not looked at again. */
export function validateDevice(it: Device, old: Device | undefined, perDevice: boolean, at: Path): FieldError[] {
  const count = Object.keys(it.attributes ?? {}).length + Object.keys(it.capacity ?? {}).length;
  const isShared = it.allowMultipleAllocations === true;
  const isSame = (field: 'capacity' | 'taints') => old !== undefined && equalInForm(it[field], old[field]);
  return [
    ...dnsLabel(it.name ?? '', at.child('name')),
    ...(count > FACTS_MAX
      ? [invalid(at, count, `the total number of attributes and capacities must not exceed ${FACTS_MAX}`)]
      : []),
    ...validateMap(it.attributes, FACTS, validateQualifiedName, validateAttribute, at.child('attributes')),
    ...(isSame('capacity')
      ? []
      : validateMap(
          it.capacity,
          FACTS,
          validateQualifiedName,
          (own, here) => validateCapacity(own, isShared, here),
          at.child('capacity'),
        )),
    ...(isSame('taints') ? [] : validateSlice(it.taints, TAINTS_MAX, validateTaint, at.child('taints'))),
    ...validateSet(
      it.consumesCounters,
      CONSUMPTIONS_MAX,
      validateConsumption,
      ({ counterSet = '' }) => counterSet,
      at.child('consumesCounters'),
    ),
    ...(perDevice ? validatePlace(it, at) : validateNoPlace(it, at)),
    ...bindingConditions(it, at),
  ];
}

const NUMERIC = '(0|[1-9]\\d*)';
const PRERELEASE = '(0|[1-9]\\d*|\\d*[a-zA-Z-][0-9a-zA-Z-]*)';
const BUILD = '[0-9a-zA-Z-]+';
const SEMVER = new RegExp(
  `^${NUMERIC}\\.${NUMERIC}\\.${NUMERIC}(-${PRERELEASE}(\\.${PRERELEASE})*)?(\\+${BUILD}(\\.${BUILD})*)?$`,
);
/** Longer texts are too long anyway, and are not matched. */
const VERSION_READ_MAX = 1024;

function validateAttribute(it: DeviceAttribute, at: Path): FieldError[] {
  const { string, version } = it;
  const given = (['int', 'bool', 'string', 'version'] as const).filter((field) => it[field] !== undefined);
  const errors = string === undefined ? [] : validateLength(string, at.child('string'));
  if (version !== undefined) {
    const atVersion = at.child('version');
    if (version.length > VERSION_READ_MAX || !SEMVER.test(version)) {
      errors.push(invalid(atVersion, version, 'must be a string compatible with semver.org spec 2.0.0'));
    }
    errors.push(...validateLength(version, atVersion));
  }
  if (given.length === 1) return errors;
  return [
    ...errors,
    invalid(
      at,
      given.length === 0 ? '' : internalForm('io.k8s.api.resource.v1.DeviceAttribute', it),
      'exactly one value must be specified',
    ),
  ];
}

function validateLength(value: string, at: Path): FieldError[] {
  return Buffer.byteLength(value) > VALUE_BYTES_MAX ? [tooLong(at, VALUE_BYTES_MAX)] : [];
}

function validateTaint({ key = '', value = '', effect = '' }: DeviceTaint, at: Path): FieldError[] {
  const atEffect = at.child('effect');
  return [
    ...validateLabelName(key, at.child('key')),
    ...(value === '' ? [] : validateLabelValue(value, at.child('value'))),
    ...(effect === '' ? [required(atEffect)] : oneOf(effect, TAINT_EFFECTS, atEffect)),
  ];
}

function validateConsumption({ counterSet = '', counters }: DeviceCounterConsumption, at: Path): FieldError[] {
  return [...validateCounterName(counterSet, at.child('counterSet')), ...validateCounters(counters, at)];
}

export function validateCounterName(name: string, path: Path): FieldError[] {
  return name === '' ? [required(path)] : dnsLabel(name, path);
}

/** Any amount will do. */
export function validateCounters(counters: Readonly<Record<string, Counter>> = {}, at: Path): FieldError[] {
  const here = at.child('counters');
  if (Object.keys(counters).length === 0) return [required(here)];
  return validateMap(counters, { max: COUNTERS_MAX, keyMax: 63 }, dnsLabel, () => [], here);
}

const PLACE_TEXT =
  'exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true in the ResourceSlice spec';

function validatePlace({ nodeName, nodeSelector, allNodes }: Device, at: Path): FieldError[] {
  const given: string[] = [];
  const errors: FieldError[] = [];
  if (nodeName === '') errors.push(invalid(at.child('nodeName'), nodeName, 'must not be empty'));
  else if (nodeName !== undefined) {
    given.push('`nodeName`');
    errors.push(...dnsSubdomain(nodeName, at.child('nodeName')));
  }
  if (nodeSelector !== undefined) {
    given.push('`nodeSelector`');
    errors.push(...validateNodeSelector(nodeSelector, at.child('nodeSelector')));
  }
  if (allNodes === true) given.push('`allNodes`');
  if (allNodes === false) errors.push(invalid(at.child('allNodes'), false, 'must be either unset or set to true'));
  if (given.length === 0) return [...errors, required(at, PLACE_TEXT)];
  return given.length === 1 ? errors : [...errors, invalid(at, `{${given.join(', ')}}`, PLACE_TEXT)];
}

function validateNoPlace({ nodeName, nodeSelector, allNodes }: Device, at: Path): FieldError[] {
  if (nodeName === undefined && nodeSelector === undefined && allNodes === undefined) return [];
  const text =
    '`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec';
  return [invalid(at, null, text)];
}
