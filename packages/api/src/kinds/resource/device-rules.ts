/** Defaults and rules of requests for devices, in claims and in their templates. */
import { duplicate, type FieldError, type Path, required } from '../../field-errors.js';
import type { DeviceRequest, ResourceClaimSpec } from '../../gen/types.js';
import { dnsLabel, oneOf, requiredString } from '../rules.js';

export const RESOURCE_GROUP = 'resource.k8s.io';
const MODES = ['All', 'ExactCount'];

export function defaultClaimSpec(spec: ResourceClaimSpec): void {
  for (const request of spec.devices?.requests ?? []) {
    for (const one of [request.exactly, ...(request.firstAvailable ?? [])]) {
      if (one === undefined) continue;
      one.allocationMode ??= 'ExactCount';
      if (one.allocationMode === 'ExactCount') one.count ??= 1;
      for (const toleration of one.tolerations ?? []) toleration.operator ??= 'Equal';
    }
  }
}

export function validateClaimSpec(spec: ResourceClaimSpec, path: Path): FieldError[] {
  const seen = new Set<string>();
  const at = path.child('devices', 'requests');
  return (spec.devices?.requests ?? []).flatMap((request, index) => {
    const errors = validateRequest(request, at.index(index));
    const name = request.name ?? '';
    if (seen.has(name)) errors.push(duplicate(at.index(index).child('name'), name));
    seen.add(name);
    return errors;
  });
}

function validateRequest(request: DeviceRequest, at: Path): FieldError[] {
  const name = request.name ?? '';
  const errors = name === '' ? [required(at.child('name'))] : dnsLabel(name, at.child('name'));
  const choices = request.firstAvailable ?? [];
  if ((request.exactly === undefined) === (choices.length === 0)) {
    return [...errors, required(at, 'exactly one of `exactly` or `firstAvailable` is required')];
  }
  const all = [
    [request.exactly, at.child('exactly')] as const,
    ...choices.map((it, index) => [it, at.child('firstAvailable').index(index)] as const),
  ];
  for (const [one, here] of all) {
    if (one === undefined) continue;
    errors.push(...requiredString(one.deviceClassName, here.child('deviceClassName')));
    errors.push(...oneOf(one.allocationMode, MODES, here.child('allocationMode')));
  }
  return errors;
}
