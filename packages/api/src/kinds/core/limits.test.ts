import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorText, path } from '../../field-errors.js';
import type {
  LimitRangeItem,
  PersistentVolumeClaim,
  PersistentVolumeClaimSpec,
  ResourceQuotaSpec,
} from '../../gen/types.js';
import { deepClone } from '../../object.js';
import { limitRange } from './limit-range.js';
import { persistentVolumeClaim } from './persistent-volume-claim.js';
import {
  validateContainerResourceName,
  validateQuotaResourceName,
  validateResourceQuantity,
} from './resource-names.js';
import { resourceQuota } from './resource-quota.js';

const metadata = { name: 'a', namespace: 'n', resourceVersion: '1' };
const AT = path('at');

function ofLimits(...limits: LimitRangeItem[]): string[] {
  const it = { metadata, spec: { limits: deepClone(limits) } };
  limitRange.defaults(it);
  return limitRange.validate(it).map((error) => errorText(error).replace('spec.limits', ''));
}

test('amounts of a limit stand in their order', () => {
  const amounts = (item: LimitRangeItem) => ofLimits({ type: 'Container', ...item });
  assert.deepEqual(
    amounts({ min: { cpu: '1' }, defaultRequest: { cpu: '2' }, default: { cpu: '3' }, max: { cpu: '4' } }),
    [],
  );
  assert.deepEqual(
    amounts({ min: { cpu: '2' }, max: { cpu: '1' }, default: { cpu: '2' }, defaultRequest: { cpu: '2' } }),
    [
      '[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1',
      '[0].defaultRequest[cpu]: Invalid value: "2": default request value 2 is greater than max value 1',
      '[0].default[cpu]: Invalid value: "1": default value 2 is greater than max value 1',
    ],
  );
  assert.deepEqual(amounts({ min: { cpu: '1' }, max: { cpu: '3' }, maxLimitRequestRatio: { cpu: '4' } }), [
    '[0].maxLimitRequestRatio[cpu]: Invalid value: "4": ratio 4 is greater than max/min = 3.000000',
  ]);
  assert.deepEqual(
    amounts({ default: { 'a.io/b': '1' }, defaultRequest: { 'a.io/b': '2' } }).at(-1),
    '[0].defaultRequest[a.io/b]: Invalid value: "2": default value 1 must equal to defaultRequest value 2 in a.io/b',
  );
});

test('each type of limit once, and of it what it can have', () => {
  const max = { cpu: '1' };
  assert.deepEqual(ofLimits({ type: 'Pod', max }, { type: 'Pod', max }), ['[1].type: Duplicate value: "Pod"']);
  assert.deepEqual(ofLimits({ type: 'x', max }), [
    '[0].type: Invalid value: "x": must be a standard limit type or fully qualified',
  ]);
  assert.deepEqual(ofLimits({ type: 'a.io/x', max }), []);
  assert.deepEqual(ofLimits({ type: 'Pod', default: { cpu: '1' } }), [
    "[0].default: Forbidden: may not be specified when `type` is 'Pod'",
  ]);
  assert.deepEqual(ofLimits({ type: 'PersistentVolumeClaim', max }), [
    '[0].limits: Required value: either minimum or maximum storage value is required, but neither was provided',
  ]);
  assert.deepEqual(ofLimits({ type: 'Container', max: { storage: '1' } }).length, 3);
  assert.deepEqual(ofLimits({ type: 'PersistentVolumeClaim', max: { storage: '1' } }), []);
});

test('a limit without a name gets one', () => {
  const it = { metadata: { namespace: 'n', uid: 'u' }, spec: { limits: [] } };
  limitRange.strategy.prepareForCreate(it);
  assert.equal((it.metadata as { name?: string }).name, 'u');
});

const ofQuota = (spec: ResourceQuotaSpec): string[] => resourceQuota.validate({ metadata, spec }).map(errorText);

test('a scope is of the resources that can be of it', () => {
  const scoped = (scope: string, resource: string) =>
    ofQuota({ hard: { [resource]: '1' }, scopes: [scope] }).length === 0;
  const fits: [string, string[], string[]][] = [
    [
      'Terminating',
      ['pods', 'cpu', 'limits.memory', 'count/pods', 'a.io/b'],
      ['services', 'requests.storage', 'hugepages-2Mi'],
    ],
    ['BestEffort', ['pods'], ['cpu']],
    ['PriorityClass', ['requests.cpu'], ['secrets']],
    ['CrossNamespacePodAffinity', ['pods'], ['configmaps']],
    ['VolumeAttributesClass', ['persistentvolumeclaims', 'requests.storage'], ['pods']],
  ];
  for (const [scope, good, bad] of fits) {
    for (const name of good) assert.equal(scoped(scope, name), true, `${scope} of ${name}`);
    for (const name of bad) assert.equal(scoped(scope, name), false, `${scope} of ${name}`);
  }
  assert.deepEqual(ofQuota({ scopes: ['x'] }), ['spec.scopes: Invalid value: ["x"]: unsupported scope']);
  assert.deepEqual(ofQuota({ scopes: ['BestEffort', 'NotBestEffort'] }), [
    'spec.scopes: Invalid value: ["BestEffort","NotBestEffort"]: conflicting scopes',
  ]);
});

test('a selector of scopes has the operators that fit its scope', () => {
  const select = (scopeName: string, operator: string, ...values: string[]) =>
    ofQuota({ scopeSelector: { matchExpressions: [{ scopeName, operator, values }] } }).map(
      (text) => text.split(':')[0],
    );
  const at = 'spec.scopeSelector.matchExpressions';
  assert.deepEqual(select('PriorityClass', 'In', 'a'), []);
  assert.deepEqual(select('PriorityClass', 'In'), [`${at}.values`]);
  assert.deepEqual(select('PriorityClass', 'Exists', 'a'), [`${at}.values`]);
  assert.deepEqual(select('BestEffort', 'In', 'a'), [`${at}.operator`]);
  assert.deepEqual(select('BestEffort', 'Exists'), []);
  assert.deepEqual(select('x', 'y'), [`${at}.scopeName`, `${at}.operator`]);
});

test('names of resources', () => {
  const container = (name: string) => validateContainerResourceName(name, AT).length;
  for (const good of ['cpu', 'hugepages-2Mi', 'a.io/b', 'kubernetes.io/b']) assert.equal(container(good), 0, good);
  for (const [bad, errors] of [
    ['pods', 1],
    ['x', 2],
    ['requests.a.io/b', 1],
    ['A.io/b', 2],
  ] as const)
    assert.equal(container(bad), errors, bad);
  assert.equal(validateQuotaResourceName('requests.hugepages-1Gi', AT).length, 0);
  assert.equal(validateQuotaResourceName('storage', AT).length, 1);
  for (const [name, value, errors] of [
    ['pods', '1.5', 1],
    ['cpu', '1.5', 0],
    ['a.io/b', '1.5', 1],
    ['count/pods', '500m', 1],
    ['pods', '-1', 1],
    ['pods', '99999999999999999999', 1],
    ['pods', '1E', 0],
  ] as const) {
    assert.equal(validateResourceQuantity(name, value, AT).length, errors, `${name} ${value}`);
  }
});

function claim(spec: PersistentVolumeClaimSpec, status: PersistentVolumeClaim['status'] = {}): PersistentVolumeClaim {
  const it: PersistentVolumeClaim = {
    metadata: { ...metadata },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '2' } }, ...deepClone(spec) },
    status,
  };
  persistentVolumeClaim.defaults(it);
  return it;
}

const change = (from: PersistentVolumeClaim, to: PersistentVolumeClaim): string[] =>
  persistentVolumeClaim.validateUpdate(to, from).map(({ field }) => field);
const size = (storage: string): PersistentVolumeClaimSpec => ({ resources: { requests: { storage } } });

test('a claim is bound once, and grows while it is', () => {
  assert.deepEqual(change(claim({}), claim({ volumeName: 'v' })), []);
  assert.deepEqual(change(claim({ volumeName: 'v' }), claim({ volumeName: 'w' })), ['spec']);
  assert.deepEqual(change(claim({}), claim(size('3'))), ['spec']);
  assert.deepEqual(change(claim(size('2')), claim(size('2000m'))), []);
  const bound = (spec: PersistentVolumeClaimSpec) => claim(spec, { phase: 'Bound', capacity: { storage: '2' } });
  assert.deepEqual(change(bound(size('2')), bound(size('5'))), []);
  assert.deepEqual(change(bound(size('5')), bound(size('3'))), []);
  assert.deepEqual(change(bound(size('5')), bound(size('2'))), ['spec.resources.requests.storage']);
  assert.deepEqual(change(claim({}), claim({ volumeMode: 'Block' })), ['spec', 'volumeMode']);
});

test('a class is named once, and attributes change while a claim is bound', () => {
  assert.deepEqual(change(claim({}), claim({ storageClassName: 'a' })), []);
  assert.deepEqual(change(claim({ storageClassName: 'a' }), claim({ storageClassName: 'b' })), ['spec']);
  const annotated = (value: string, spec: PersistentVolumeClaimSpec = {}) => {
    const it = claim(spec);
    it.metadata.annotations = { 'volume.beta.kubernetes.io/storage-class': value };
    return it;
  };
  assert.deepEqual(change(annotated('a'), claim({ storageClassName: 'a' })), []);
  assert.deepEqual(change(annotated('a'), annotated('a', { storageClassName: 'b' })), ['spec']);
  assert.deepEqual(change(annotated('a'), annotated('b')), [
    'metadata.annotations.volume.beta.kubernetes.io/storage-class',
  ]);
  const bound = (volumeAttributesClassName?: string) => claim({ volumeAttributesClassName }, { phase: 'Bound' });
  assert.deepEqual(change(bound('a'), bound('b')), []);
  assert.deepEqual(change(bound('a'), bound()).includes('spec.volumeAttributesClassName'), true);
  assert.deepEqual(change(bound('a'), bound('')), ['spec.volumeAttributesClassName']);
});

test('the older field for content takes volumes and snapshots alone', () => {
  const created = (spec: PersistentVolumeClaimSpec) => {
    const it = claim(spec);
    persistentVolumeClaim.strategy.prepareForCreate(it);
    return [it.spec?.dataSource, it.spec?.dataSourceRef];
  };
  const volume = { kind: 'PersistentVolumeClaim', name: 'a', apiGroup: null as unknown as string };
  assert.deepEqual(created({ dataSource: volume }), [volume, volume]);
  assert.deepEqual(created({ dataSource: { kind: 'Pod', name: 'a' } }), [undefined, undefined]);
  const any = { kind: 'X', name: 'a', apiGroup: 'b.io' };
  assert.deepEqual(created({ dataSourceRef: any }), [any, any]);
  assert.deepEqual(created({ dataSourceRef: { ...any, namespace: 'other' } }), [undefined, undefined]);
});
