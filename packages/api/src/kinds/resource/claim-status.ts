/** Rules of a claim's status: who has it reserved, what it was given, and what drivers say of that. */
import { type FieldError, forbidden, invalid, type Path, required, tooLong, tooMany } from '../../field-errors.js';
import type {
  AllocatedDeviceStatus,
  AllocationResult,
  DeviceAllocationConfiguration,
  DeviceRequestAllocationResult,
  NetworkDeviceData,
  ResourceClaimConsumerReference,
  ResourceClaimStatus,
  ResourceV1ResourceClaim,
} from '../../gen/types.js';
import { FIELD_IMMUTABLE } from '../../meta.js';
import { equalInForm, identityText } from '../../object.js';
import { interfaceAddress } from '../addresses.js';
import { validateConditions } from '../conditions.js';
import { validateNodeSelector } from '../core/pod-spec/scheduling.js';
import { driverName } from '../core/volumes/source-rules.js';
import { dnsLabel, oneOf, requiredString } from '../rules.js';
import { bindingConditions } from './binding-conditions.js';
import { type RequestNames, requestNames, validateReference, validateReferences } from './claim-rules.js';
import { validateOpaque, validateRawObject, validateTolerations } from './configuration.js';
import { CONDITIONS_MAX, CONFIGS_MAX, CONSUMERS_MAX, RESULTS_MAX } from './limits.js';
import { validateSet, validateSlice } from './lists.js';
import { validatePoolName, validateUid } from './names.js';

const INTERFACE_BYTES_MAX = 256;
const HARDWARE_ADDRESS_BYTES_MAX = 128;
const ADDRESSES_MAX = 16;

interface DeviceId {
  readonly driver?: string | undefined;
  readonly pool?: string | undefined;
  readonly device?: string | undefined;
  readonly shareID?: string | undefined;
}

/** One device, or one share of it. */
export function deviceId({ driver = '', pool = '', device = '', shareID }: DeviceId): string {
  const id = `${driver}/${pool}/${device}`;
  return shareID === undefined || shareID === '' ? id : `${id}/${shareID}`;
}

export function validateClaimStatus(
  next: ResourceV1ResourceClaim,
  old: ResourceV1ResourceClaim,
  at: Path,
): FieldError[] {
  const { status = {}, metadata } = next;
  const before = old.status ?? {};
  const names = requestNames(next.spec?.devices ?? {});
  const allocated = new Set((status.allocation?.devices?.results ?? []).map(deviceId));
  return [
    ...validateSet(status.reservedFor, CONSUMERS_MAX, validateConsumer, (it) => it.uid ?? '', at.child('reservedFor')),
    ...validateSet(
      status.devices,
      Number.POSITIVE_INFINITY,
      (it, here) => validateDevice(it, here, allocated),
      deviceId,
      at.child('devices'),
    ),
    ...validateReservations(status, before, metadata.deletionTimestamp !== undefined, at.child('reservedFor')),
    ...validateAllocation(status.allocation, before.allocation, at.child('allocation'), names),
  ];
}

function validateConsumer(it: ResourceClaimConsumerReference, at: Path): FieldError[] {
  return (['resource', 'name', 'uid'] as const).flatMap((field) => requiredString(it[field], at.child(field)));
}

function validateReservations(
  { reservedFor = [], allocation }: ResourceClaimStatus,
  before: ResourceClaimStatus,
  isBeingDeleted: boolean,
  at: Path,
): FieldError[] {
  if (reservedFor.length === 0) return [];
  if (allocation === undefined) return [forbidden(at, 'may not be specified when `allocated` is not set')];
  const had = new Set((before.reservedFor ?? []).map(identityText));
  if (!isBeingDeleted || reservedFor.every((it) => had.has(identityText(it)))) return [];
  const text = 'new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set';
  return [forbidden(at, text)];
}

/** What was allocated stays until it is given back as a whole. */
function validateAllocation(
  next: AllocationResult | undefined,
  old: AllocationResult | undefined,
  at: Path,
  names: RequestNames,
): FieldError[] {
  if (next === undefined) return [];
  if (old !== undefined) return equalInForm(next, old) ? [] : [invalid(at, next, FIELD_IMMUTABLE)];
  const devices = at.child('devices');
  return [
    ...validateSlice(
      next.devices?.results,
      RESULTS_MAX,
      (it, here) => validateResult(it, here, names),
      devices.child('results'),
    ),
    ...validateSlice(
      next.devices?.config,
      2 * CONFIGS_MAX,
      (it, here) => validateConfiguration(it, here, names),
      devices.child('config'),
    ),
    ...(next.nodeSelector === undefined ? [] : validateNodeSelector(next.nodeSelector, at.child('nodeSelector'))),
  ];
}

function validateResult(it: DeviceRequestAllocationResult, at: Path, names: RequestNames): FieldError[] {
  return [
    ...validateReference(it.request ?? '', at.child('request'), names),
    ...driverName(it.driver, at.child('driver')),
    ...validatePoolName(it.pool, at.child('pool')),
    ...dnsLabel(it.device ?? '', at.child('device')),
    ...bindingConditions(it, at),
    ...validateTolerations(it.tolerations, at.child('tolerations')),
    ...(it.shareID === undefined ? [] : validateUid(it.shareID, at.child('shareID'))),
  ];
}

function validateConfiguration(it: DeviceAllocationConfiguration, at: Path, names: RequestNames): FieldError[] {
  const source = at.child('source');
  return [
    ...(it.source === undefined || it.source === ''
      ? [required(source)]
      : oneOf(it.source, ['FromClaim', 'FromClass'], source)),
    ...validateReferences(it.requests, at.child('requests'), names),
    ...validateOpaque(it.opaque, at, false),
  ];
}

function validateDevice(it: AllocatedDeviceStatus, at: Path, allocated: ReadonlySet<string>): FieldError[] {
  const conditions = it.conditions ?? [];
  const atConditions = at.child('conditions');
  return [
    ...driverName(it.driver, at.child('driver')),
    ...validatePoolName(it.pool, at.child('pool')),
    ...dnsLabel(it.device ?? '', at.child('device')),
    ...(it.shareID === undefined ? [] : validateUid(it.shareID, at.child('shareID'))),
    ...(allocated.has(deviceId(it)) ? [] : [invalid(at, goDeviceId(it), 'must be an allocated device in the claim')]),
    ...(conditions.length > CONDITIONS_MAX ? [tooMany(atConditions, conditions.length, CONDITIONS_MAX)] : []),
    ...validateConditions(conditions, atConditions),
    ...(it.data === undefined ? [] : validateRawObject(it.data, at.child('data'), false)),
    ...validateNetwork(it.networkData, at.child('networkData')),
  ];
}

/** How upstream writes which device is meant. */
function goDeviceId({ driver = '', pool = '', device = '', shareID = '' }: AllocatedDeviceStatus): object {
  return { Driver: driver, Pool: pool, Device: device, ShareID: shareID };
}

function validateNetwork(data: NetworkDeviceData | undefined, at: Path): FieldError[] {
  const { interfaceName = '', hardwareAddress = '', ips } = data ?? {};
  return [
    ...(Buffer.byteLength(interfaceName) > INTERFACE_BYTES_MAX
      ? [tooLong(at.child('interfaceName'), INTERFACE_BYTES_MAX)]
      : []),
    ...(Buffer.byteLength(hardwareAddress) > HARDWARE_ADDRESS_BYTES_MAX
      ? [tooLong(at.child('hardwareAddress'), HARDWARE_ADDRESS_BYTES_MAX)]
      : []),
    ...validateSet(ips, ADDRESSES_MAX, interfaceAddress, (address) => address, at.child('ips')),
  ];
}
