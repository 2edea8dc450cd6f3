import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorText, path } from '../../field-errors.js';
import type {
  CapacityRequestPolicy,
  Device,
  DeviceClaim,
  ResourceClaimStatus,
  ResourceSliceSpec,
  ResourceV1ResourceClaim,
} from '../../gen/types.js';
import { deepClone } from '../../object.js';
import { interfaceAddress } from '../addresses.js';
import { validateConditions } from '../conditions.js';
import { bindingConditions } from './binding-conditions.js';
import { validateFullyQualifiedName, validatePoolName, validateUid } from './names.js';
import { resourceClaim } from './resource-claim.js';
import { resourceSlice } from './resource-slice.js';

const AT = path('at');
const NOW = '2026-01-01T00:00:00Z';

function claim(devices: DeviceClaim): ResourceV1ResourceClaim {
  const it: ResourceV1ResourceClaim = {
    metadata: { name: 'c', namespace: 'n', resourceVersion: '1' },
    spec: { devices: deepClone(devices) },
  };
  resourceClaim.defaults(it);
  return it;
}

const ofClaim = (devices: DeviceClaim) => resourceClaim.validate(claim(devices)).map(errorText);
const ONE = { name: 'r', exactly: { deviceClassName: 'c' } };
const TWO = {
  name: 'a',
  firstAvailable: [
    { name: 'x', deviceClassName: 'c' },
    { name: 'y', deviceClassName: 'c' },
  ],
};

test('a claim refers to its requests and to their alternatives, and to nothing else', () => {
  const refer = (...requests: string[]) =>
    ofClaim({ requests: [ONE, TWO], constraints: [{ requests, matchAttribute: 'a.io/b' }] });
  for (const good of [['r'], ['a'], ['a/x', 'a/y'], []]) assert.deepEqual(refer(...good), [], good.join());
  const text = "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'";
  for (const bad of ['b', 'r/x', 'a/z', 'a/x/y']) {
    assert.deepEqual(refer(bad), [
      `spec.devices.constraints[0].requests[0]: Invalid value: ${JSON.stringify(bad)}: ${text}`,
    ]);
  }
  assert.deepEqual(refer('r', 'r'), ['spec.devices.constraints[0].requests[1]: Duplicate value: "r"']);
});

test('a request is exactly one thing or the first of several', () => {
  const text = 'exactly one of `exactly` or `firstAvailable` is required';
  assert.deepEqual(ofClaim({ requests: [{ name: 'r' }] }), [`spec.devices.requests[0]: Required value: ${text}`]);
  assert.deepEqual(ofClaim({ requests: [{ ...ONE, ...TWO }] }), [
    `spec.devices.requests[0]: Invalid value: null: ${text}, but multiple fields are set`,
  ]);
  assert.deepEqual(ofClaim({ requests: [ONE, ONE] }), ['spec.devices.requests[1]: Duplicate value: "r"']);
  const mode = (allocationMode: string, count: number) =>
    ofClaim({ requests: [{ name: 'r', exactly: { deviceClassName: 'c', allocationMode, count } }] }).length;
  assert.deepEqual(
    [mode('All', 0), mode('All', 1), mode('ExactCount', 1), mode('ExactCount', -1), mode('x', 1)],
    [0, 1, 0, 1, 1],
  );
});

test('too long a list is told to be that, and not looked into', () => {
  const requests = Array.from({ length: 33 }, () => ({ name: 'A' }));
  assert.deepEqual(ofClaim({ requests }), ['spec.devices.requests: Too many: 33: must have at most 32 items']);
});

const DEVICE = { driver: 'a.io', pool: 'p', device: 'd' };
const GIVEN: ResourceClaimStatus = { allocation: { devices: { results: [{ ...DEVICE, request: 'r' }] } } };

function change(from: ResourceClaimStatus, to: ResourceClaimStatus, isBeingDeleted = false): string[] {
  const old = { ...claim({ requests: [ONE] }), status: deepClone(from) };
  const next = { ...deepClone(old), status: deepClone(to) };
  if (isBeingDeleted) for (const it of [old, next]) it.metadata.deletionTimestamp = NOW;
  resourceClaim.strategy.prepareForStatusUpdate(next, old, NOW);
  return resourceClaim.validateStatusUpdate(next, old).map(({ field, type }) => `${type.slice(10)} ${field}`);
}

test('what is allocated stays, and is reserved only while it is', () => {
  const consumer = { resource: 'pods', name: 'p', uid: 'u' };
  assert.deepEqual(change({}, GIVEN), []);
  assert.deepEqual(change(GIVEN, {}), []);
  const other = { allocation: { devices: { results: [{ ...DEVICE, request: 'r', device: 'e' }] } } };
  assert.deepEqual(change(GIVEN, other), ['Invalid status.allocation']);
  assert.deepEqual(change({}, { reservedFor: [consumer] }), ['Forbidden status.reservedFor']);
  assert.deepEqual(change(GIVEN, { ...GIVEN, reservedFor: [consumer] }), []);
  assert.deepEqual(change(GIVEN, { ...GIVEN, reservedFor: [consumer] }, true), ['Forbidden status.reservedFor']);
  assert.deepEqual(change({ ...GIVEN, reservedFor: [consumer] }, { ...GIVEN, reservedFor: [consumer] }, true), []);
});

test('drivers speak of devices that are allocated, and no longer when they are given back', () => {
  assert.deepEqual(change(GIVEN, { ...GIVEN, devices: [DEVICE] }), []);
  assert.deepEqual(change({}, { devices: [DEVICE] }), ['Invalid status.devices[0]']);
  assert.deepEqual(change({ ...GIVEN, devices: [DEVICE] }, { devices: [DEVICE] }), []);
  assert.deepEqual(change(GIVEN, { ...GIVEN, devices: [DEVICE, DEVICE] }), ['Duplicate status.devices[1]']);
});

function slice(spec: ResourceSliceSpec) {
  const pool = { name: 'p', resourceSliceCount: 1 };
  return { metadata: { name: 's', resourceVersion: '1' }, spec: deepClone({ driver: 'a.io', pool, ...spec }) };
}

const ofSlice = (spec: ResourceSliceSpec) => resourceSlice.validate(slice(spec)).map(errorText);
const ofDevice = (device: Device) => ofSlice({ nodeName: 'n', devices: [{ name: 'd', ...device }] });

test('a slice is in one place, and its devices are there unless each says where it is', () => {
  const text = 'exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required';
  assert.deepEqual(ofSlice({}), [`spec: Required value: ${text}`]);
  assert.deepEqual(ofSlice({ nodeName: 'n', allNodes: true }), [
    `spec: Invalid value: "{\`nodeName\`, \`allNodes\`}": ${text}, but multiple fields are set`,
  ]);
  assert.equal(ofSlice({ perDeviceNodeSelection: true, devices: [{ name: 'd' }] }).length, 1);
  assert.deepEqual(ofSlice({ perDeviceNodeSelection: true, devices: [{ name: 'd', allNodes: true }] }), []);
  assert.equal(ofDevice({ allNodes: true }).length, 1);
});

test('an attribute has one value of its kind, under a name that may have a domain', () => {
  const one = (name: string, value: object) => ofDevice({ attributes: { [name]: value } }).length;
  assert.deepEqual([one('a', { int: 0 }), one('a', { bool: false }), one('a.io/b', { string: '' })], [0, 0, 0]);
  assert.deepEqual(
    [one('a', {}), one('a', { int: 1, bool: true }), one('a-b', { int: 1 }), one('/a', { int: 1 })],
    [1, 1, 1, 1],
  );
  for (const version of ['1.0.0', '1.2.3-alpha.1+build.5']) assert.equal(one('a', { version }), 0, version);
  for (const version of ['1.0', '01.0.0', '1.0.0-', 'v1.0.0']) assert.equal(one('a', { version }), 1, version);
});

test('capacity is shared out by a policy only where the device is, and by one that can be met', () => {
  const policy = (requestPolicy: CapacityRequestPolicy) =>
    ofDevice({ allowMultipleAllocations: true, capacity: { mem: { value: '10', requestPolicy } } }).map(
      (text) => text.split(': ')[0],
    );
  const at = 'spec.devices[0].capacity[mem].requestPolicy';
  assert.deepEqual(policy({ default: '2', validValues: ['1', '2'] }), []);
  assert.deepEqual(policy({ default: '3', validValues: ['1', '2'] }), [`${at}.validValues`]);
  assert.deepEqual(policy({ default: '1', validValues: ['2', '1'] }), [`${at}.validValues[1]`]);
  assert.deepEqual(policy({ default: '1', validValues: ['1', '11'] }), [`${at}.validValues[1]`]);
  assert.deepEqual(policy({ validRange: { min: '1' } }), [`${at}.default`]);
  assert.deepEqual(policy({ default: '3', validRange: { min: '1', max: '9', step: '2' } }), []);
  assert.deepEqual(policy({ default: '4', validRange: { min: '1', step: '2' } }), [`${at}.validRange.step`]);
  assert.deepEqual(policy({ default: '0', validRange: { min: '1', max: '11' } }), [
    `${at}.validRange.default`,
    `${at}.validRange.max`,
  ]);
  assert.equal(ofDevice({ capacity: { mem: { value: '1', requestPolicy: {} } } }).length, 1);
});

test('conditions of binding come with those of failing, and differ from them', () => {
  const given = (bindingConditionsList: string[], bindingFailureConditions: string[]) =>
    bindingConditions({ bindingConditions: bindingConditionsList, bindingFailureConditions }, AT).map(
      ({ field }) => field,
    );
  assert.deepEqual(given(['a'], ['b']), []);
  assert.deepEqual(given([], []), []);
  assert.deepEqual(given(['a'], []), ['at.bindingFailureConditions']);
  assert.deepEqual(given([], ['b']), ['at.bindingConditions']);
  assert.deepEqual(given(['a', 'a'], ['a']), ['at.bindingConditions[1]', 'at.bindingFailureConditions[0]']);
});

test('taints get the time since when they are there, from whoever brings them', () => {
  const it = slice({ nodeName: 'n', devices: [{ name: 'd', taints: [{ key: 'a', effect: 'None' }] }] });
  resourceSlice.strategy.prepareForUpdate(it, slice({ nodeName: 'n' }), NOW);
  assert.equal(it.spec.devices?.[0]?.taints?.[0]?.timeAdded, NOW);
});

test('names and identifiers', () => {
  for (const good of ['a', 'a.b/c', 'a/b/c']) assert.deepEqual(validatePoolName(good, AT), [], good);
  for (const bad of ['', 'A', 'a//b', '/']) assert.notDeepEqual(validatePoolName(bad, AT), [], bad);
  assert.deepEqual(validateFullyQualifiedName('a.io/B_1', AT), []);
  for (const bad of ['a', 'a.io/', '/a', 'a.io/1', `a.io/${'a'.repeat(33)}`])
    assert.notDeepEqual(validateFullyQualifiedName(bad, AT), [], bad);
  const uid = '0b4dbd0e-1234-4e5f-8a9b-0123456789ab';
  assert.deepEqual(validateUid(uid, AT), []);
  for (const bad of [
    '',
    uid.toUpperCase(),
    uid.replaceAll('-', ''),
    `{${uid}}`,
    `urn:uuid:${uid}`,
    uid.replace('0', 'g'),
  ]) {
    assert.equal(validateUid(bad, AT).length, 1, bad);
  }
});

test('addresses of interfaces come with a prefix, in their one form', () => {
  for (const good of ['10.9.8.7/24', '2001:db8::1/64', '::/0']) assert.deepEqual(interfaceAddress(good, AT), [], good);
  for (const bad of ['10.9.8.7', '10.9.8.7/33', '010.9.8.7/24', 'a/1', '1.2.3.4/8/8', '2001:DB8::1/64', '1:0:0::/8']) {
    assert.equal(interfaceAddress(bad, AT).length, 1, bad);
  }
});

test('conditions are told apart by their type, and say since when and why', () => {
  const good = { type: 'Ready', status: 'True', reason: 'Fine', message: '', lastTransitionTime: NOW };
  assert.deepEqual(validateConditions([good], AT), []);
  assert.deepEqual(validateConditions([good, good], AT).map(errorText), ['at[1].type: Duplicate value: "Ready"']);
  assert.deepEqual(
    validateConditions([{}], AT).map(({ field }) => field),
    ['at[0].type', 'at[0].status', 'at[0].lastTransitionTime', 'at[0].reason'],
  );
});
