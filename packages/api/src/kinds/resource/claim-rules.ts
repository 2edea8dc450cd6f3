/** Defaults and rules of what is asked for in claims and in their templates. */
import { type FieldError, invalid, notSupported, type Path, required } from '../../field-errors.js';
import type {
  DeviceClaim,
  DeviceConstraint,
  DeviceRequest,
  DeviceSubRequest,
  ExactDeviceRequest,
  ResourceClaimSpec,
} from '../../gen/types.js';
import { dnsLabel, dnsSubdomain } from '../rules.js';
import { validateOpaque, validateTolerations } from './configuration.js';
import { ALTERNATIVES_MAX, CONFIGS_MAX, CONSTRAINTS_MAX, REQUESTS_MAX } from './limits.js';
import { validateSet, validateSlice } from './lists.js';
import { validateFullyQualifiedName } from './names.js';
import { validateSelectors } from './selectors.js';

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

/** The names of requests, with those of the alternatives in each. */
export type RequestNames = ReadonlyMap<string, ReadonlySet<string>>;

export function requestNames({ requests = [] }: DeviceClaim): RequestNames {
  return new Map(
    requests.map(({ name = '', firstAvailable = [] }) => [name, new Set(firstAvailable.map((it) => it.name ?? ''))]),
  );
}

export function validateClaimSpec({ devices = {} }: ResourceClaimSpec, path: Path): FieldError[] {
  const at = path.child('devices');
  const names = requestNames(devices);
  return [
    ...validateSet(devices.requests, REQUESTS_MAX, validateRequest, ({ name = '' }) => name, at.child('requests')),
    ...validateSlice(
      devices.constraints,
      CONSTRAINTS_MAX,
      (it, here) => validateConstraint(it, here, names),
      at.child('constraints'),
    ),
    ...validateSlice(
      devices.config,
      CONFIGS_MAX,
      (it, here) => [
        ...validateReferences(it.requests, here.child('requests'), names),
        ...validateOpaque(it.opaque, here, false),
      ],
      at.child('config'),
    ),
  ];
}

function validateRequest(request: DeviceRequest, at: Path): FieldError[] {
  const errors = dnsLabel(request.name ?? '', at.child('name'));
  const { exactly, firstAvailable = [] } = request;
  const text = 'exactly one of `exactly` or `firstAvailable` is required';
  if (exactly !== undefined && firstAvailable.length > 0) {
    return [...errors, invalid(at, null, `${text}, but multiple fields are set`)];
  }
  if (exactly !== undefined) return [...errors, ...validateExact(exactly, at.child('exactly'))];
  if (firstAvailable.length === 0) return [...errors, required(at, text)];
  const alternatives = at.child('firstAvailable');
  return [
    ...errors,
    ...validateSet(firstAvailable, ALTERNATIVES_MAX, validateAlternative, ({ name = '' }) => name, alternatives),
  ];
}

function validateAlternative(it: DeviceSubRequest, at: Path): FieldError[] {
  return [...dnsLabel(it.name ?? '', at.child('name')), ...validateExact(it, at)];
}

function validateExact(it: ExactDeviceRequest | DeviceSubRequest, at: Path): FieldError[] {
  const { deviceClassName: name = '' } = it;
  const atClass = at.child('deviceClassName');
  return [
    ...(name === '' ? [required(atClass)] : dnsSubdomain(name, atClass)),
    ...validateSelectors(it.selectors, at.child('selectors'), false),
    ...validateMode(it, at),
    ...validateTolerations(it.tolerations, at.child('tolerations')),
  ];
}

function validateMode({ allocationMode: mode = '', count = 0 }: ExactDeviceRequest, at: Path): FieldError[] {
  const atCount = at.child('count');
  if (mode === 'All') {
    return Number(count) === 0 ? [] : [invalid(atCount, count, "must not be specified when allocationMode is 'All'")];
  }
  if (mode !== 'ExactCount') return [notSupported(at.child('allocationMode'), mode, MODES)];
  return count <= 0 ? [invalid(atCount, count, 'must be greater than zero')] : [];
}

function validateConstraint(it: DeviceConstraint, at: Path, names: RequestNames): FieldError[] {
  const errors = validateReferences(it.requests, at.child('requests'), names);
  for (const field of ['matchAttribute', 'distinctAttribute'] as const) {
    const name = it[field];
    if (name !== undefined) return [...errors, ...validateFullyQualifiedName(name, at.child(field))];
  }
  const text = 'exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set';
  return [...errors, required(at, text)];
}

export function validateReferences(
  references: readonly string[] | undefined,
  at: Path,
  names: RequestNames,
): FieldError[] {
  const rule = (name: string, here: Path) => validateReference(name, here, names);
  return validateSet(references, REQUESTS_MAX, rule, (name) => name, at);
}

const NOT_A_REQUEST =
  "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'";

/** A request's name, or that of one of its alternatives behind it. */
export function validateReference(name: string, at: Path, names: RequestNames): FieldError[] {
  const [request = '', alternative, ...more] = name.split('/');
  if (more.length > 0) return [invalid(at, name, NOT_A_REQUEST)];
  const errors = [...dnsLabel(request, at), ...(alternative === undefined ? [] : dnsLabel(alternative, at))];
  const found = names.get(request);
  const isKnown = found !== undefined && (alternative === undefined || found.has(alternative));
  return isKnown ? errors : [...errors, invalid(at, name, NOT_A_REQUEST)];
}
