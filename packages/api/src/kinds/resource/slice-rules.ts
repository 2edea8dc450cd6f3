/** Rules of a slice's spec: whose devices they are, where they are, and each of them. */
import { type FieldError, invalid, type Path, required } from '../../field-errors.js';
import type { CounterSet, Device, ResourcePool, ResourceSliceSpec } from '../../gen/types.js';
import { internalList } from '../../internal-form.js';
import { immutableField } from '../../meta.js';
import { validateNodeSelector } from '../core/pod-spec/scheduling.js';
import { driverName } from '../core/volumes/source-rules.js';
import { dnsSubdomain } from '../rules.js';
import { validateCounterName, validateCounters, validateDevice } from './device.js';
import { COUNTER_SETS_MAX, DEVICES_ADVANCED_MAX, DEVICES_MAX } from './limits.js';
import { validateSet } from './lists.js';
import { validatePoolName } from './names.js';

export function validateSliceSpec(spec: ResourceSliceSpec, old: ResourceSliceSpec | undefined, at: Path): FieldError[] {
  const devices = spec.devices ?? [];
  const isAdvanced = devices.some((it) => (it.taints ?? []).length + (it.consumesCounters ?? []).length > 0);
  const before = new Map<string, Device>();
  for (const device of old?.devices ?? []) if (!before.has(device.name ?? '')) before.set(device.name ?? '', device);
  const nameOf = ({ name = '' }: { name?: string | undefined }) => name;
  return [
    ...driverName(spec.driver, at.child('driver')),
    ...validatePool(spec.pool ?? {}, at.child('pool')),
    ...(old === undefined ? [] : validateUnchanged(spec, old, at)),
    ...validatePlace(spec, at),
    ...(spec.sharedCounters !== undefined && spec.devices !== undefined
      ? [invalid(at, '', 'only one of `sharedCounters` or `devices` is allowed')]
      : []),
    ...validateSet(
      devices,
      isAdvanced ? DEVICES_ADVANCED_MAX : DEVICES_MAX,
      (it, here) => validateDevice(it, before.get(it.name ?? ''), spec.perDeviceNodeSelection === true, here),
      nameOf,
      at.child('devices'),
    ),
    ...validateSet(spec.sharedCounters, COUNTER_SETS_MAX, validateCounterSet, nameOf, at.child('sharedCounters')),
  ];
}

function validatePool({ name, resourceSliceCount = 0, generation = 0 }: ResourcePool, at: Path): FieldError[] {
  return [
    ...validatePoolName(name, at.child('name')),
    ...(resourceSliceCount <= 0
      ? [invalid(at.child('resourceSliceCount'), resourceSliceCount, 'must be greater than zero')]
      : []),
    ...(generation < 0 ? [invalid(at.child('generation'), generation, 'must be greater than or equal to zero')] : []),
  ];
}

function validateUnchanged(next: ResourceSliceSpec, old: ResourceSliceSpec, at: Path): FieldError[] {
  return [
    ...immutableField(next.pool?.name, old.pool?.name, at.child('pool', 'name')),
    ...immutableField(next.driver, old.driver, at.child('driver')),
    ...immutableField(next.nodeName, old.nodeName, at.child('nodeName')),
  ];
}

const TERM_TYPE = 'io.k8s.api.core.v1.NodeSelectorTerm';
const PLACE_TEXT = 'exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required';

function validatePlace(spec: ResourceSliceSpec, at: Path): FieldError[] {
  const { nodeName, nodeSelector } = spec;
  const given: string[] = [];
  const errors: FieldError[] = [];
  if (nodeName === '') {
    errors.push(invalid(at.child('nodeName'), nodeName, 'must be either unset or set to a non-empty string'));
  } else if (nodeName !== undefined) {
    given.push('`nodeName`');
    errors.push(...dnsSubdomain(nodeName, at.child('nodeName')));
  }
  if (nodeSelector !== undefined) {
    given.push('`nodeSelector`');
    const here = at.child('nodeSelector');
    const terms = nodeSelector.nodeSelectorTerms ?? [];
    errors.push(...validateNodeSelector(nodeSelector, here));
    if (terms.length !== 1) {
      const text = 'must have exactly one node selector term';
      errors.push(
        invalid(here.child('nodeSelectorTerms'), internalList(TERM_TYPE, nodeSelector.nodeSelectorTerms), text),
      );
    }
  }
  for (const field of ['allNodes', 'perDeviceNodeSelection'] as const) {
    if (spec[field] === true) given.push(`\`${field}\``);
    if (spec[field] === false) errors.push(invalid(at.child(field), false, 'must be either unset or set to true'));
  }
  if (given.length === 0) return [...errors, required(at, PLACE_TEXT)];
  if (given.length === 1) return errors;
  return [...errors, invalid(at, `{${given.join(', ')}}`, `${PLACE_TEXT}, but multiple fields are set`)];
}

function validateCounterSet({ name = '', counters }: CounterSet, at: Path): FieldError[] {
  return [...validateCounterName(name, at.child('name')), ...validateCounters(counters, at)];
}
