import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PodSpec } from '../../../gen/types.js';
import { dropGatedPodFields } from './gated.js';

test('what no gate lets in is taken out, and a lifecycle that held nothing else with it', () => {
  const hook = { exec: { command: ['a'] } };
  const spec: PodSpec = {
    schedulingGroup: { podGroupName: 'g' },
    containers: [
      { name: 'a', lifecycle: { stopSignal: 'SIGTERM' } },
      { name: 'b', lifecycle: { stopSignal: 'SIGTERM', preStop: hook } },
      { name: 'c', lifecycle: {} },
    ],
    initContainers: [{ name: 'd', lifecycle: { stopSignal: 'SIGTERM' } }],
  };
  dropGatedPodFields(spec);
  assert.deepEqual(spec, {
    containers: [{ name: 'a' }, { name: 'b', lifecycle: { preStop: hook } }, { name: 'c', lifecycle: {} }],
    initContainers: [{ name: 'd' }],
  });
});
