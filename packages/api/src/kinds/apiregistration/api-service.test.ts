import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorText } from '../../field-errors.js';
import type { APIService, APIServiceSpec } from '../../gen/types.js';
import { apiService } from './api-service.js';

const problems = (spec: APIServiceSpec, name = `${spec.version ?? ''}.${spec.group ?? ''}`): string[] => {
  const it = { metadata: { name }, spec: { groupPriorityMinimum: 100, versionPriority: 15, ...spec } } as APIService;
  apiService.defaults(it);
  return apiService.validate(it).map(errorText);
};
const remote = { group: 'a.io', version: 'v1', service: { namespace: 'n', name: 's' } };

test('it is named for what it serves', () => {
  assert.deepEqual(problems(remote), []);
  assert.deepEqual(problems(remote, 'v1.b.io'), [
    'metadata.name: Invalid value: "v1.b.io": must be `spec.version+"."+spec.group`: "v1.a.io"',
  ]);
  assert.deepEqual(problems({ version: 'v1' }), []);
  assert.match(
    problems({ version: 'v2' }, 'v2.')[0] ?? '',
    /spec.group: Required value: only v1 may have an empty group/,
  );
  assert.match(problems({ ...remote, version: '1' })[0] ?? '', /spec.version: Invalid value: "1": a DNS-1035 label/);
});

test('a service is reached and trusted, what is local needs neither', () => {
  assert.deepEqual(problems({ ...remote, service: {} as never }), [
    'spec.service.namespace: Required value',
    'spec.service.name: Required value',
  ]);
  const trust = { caBundle: 'YQ==', insecureSkipTLSVerify: true };
  assert.match(problems({ ...remote, ...trust })[0] ?? '', /may not be true if caBundle is present/);
  assert.deepEqual(problems({ group: 'a.io', version: 'v1', ...trust }), [
    'spec.caBundle: Invalid value: "1 bytes": local APIServices may not have a caBundle',
    'spec.insecureSkipTLSVerify: Invalid value: true: local APIServices may not have insecureSkipTLSVerify',
  ]);
  assert.match(problems({ ...remote, groupPriorityMinimum: 20_001 })[0] ?? '', /must be positive and less than 20000/);
});

test('a writer of the status changes nothing else, and says whether it is so, is not, or is not known', () => {
  const metadata = { name: 'v1.a.io', labels: { a: 'b' }, resourceVersion: '1' };
  const old = { metadata, spec: remote } as APIService;
  const conditions = [{ type: 'Available', status: 'Maybe' }];
  const next = { metadata: { ...metadata, labels: {}, finalizers: ['x/y'] }, status: { conditions } } as APIService;
  apiService.strategy.prepareForStatusUpdate(next, old, '');
  assert.deepEqual(next.metadata, metadata);
  assert.deepEqual(next.spec, remote);
  assert.deepEqual(apiService.validateStatusUpdate(next, old).map(errorText), [
    'status.conditions[0].status: Unsupported value: "Maybe": supported values: "True", "False", "Unknown"',
  ]);
});
