import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorText, Path } from '../../../field-errors.js';
import type { PodSpec } from '../../../gen/types.js';
import { validatePodResources, validateResources } from './resources.js';

const at = new Path('r');

test('huge pages come whole, and beside a processor or memory', () => {
  const limits = (size: string, value: string) =>
    validateResources({ limits: { cpu: '1', [`hugepages-${size}`]: value } }, at).map(errorText);
  assert.deepEqual(limits('2Mi', '4Mi'), []);
  assert.deepEqual(limits('2Mi', '3Mi'), [
    'r.limits[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi',
  ]);
  for (const size of ['x', '0', '1m']) assert.match(limits(size, '4Mi')[0] ?? '', /is not positive integer multiple/);
  assert.match(errorText(validateResources({ limits: { 'hugepages-2Mi': '2Mi' } }, at)[0] as never), /require cpu or/);
});

test('a pod asks for what its containers ask for together, and allows what each takes', () => {
  const pod = (own: Record<string, string>, most: Record<string, string>): PodSpec => ({
    resources: { requests: own, limits: most },
    containers: [
      { name: 'a', resources: { requests: { cpu: '1500m' } } },
      { name: 'b', resources: { requests: { cpu: '1' }, limits: { memory: '2Gi' } } },
    ],
  });
  const check = (spec: PodSpec) => validatePodResources(spec, at).map(errorText);
  assert.deepEqual(check(pod({ cpu: '2500m' }, { memory: '2Gi' })), []);
  assert.deepEqual(check(pod({ cpu: '2' }, { memory: '1Gi' })), [
    'r.requests[cpu]: Invalid value: "2": must be greater than or equal to aggregate container requests of 2500m',
    'r.containers[1][memory].limits: Invalid value: "2Gi": must be less than or equal to pod limits of 1Gi',
  ]);
  assert.deepEqual(check(pod({ cpu: '3', 'ephemeral-storage': '1' }, {})), [
    'r.requests[ephemeral-storage]: Unsupported value: "ephemeral-storage": supported values: "cpu", "hugepages-", "memory"',
  ]);
});
