import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '@keelson/service/testing';
import { context, request, world } from '../../test/world.js';
import { Admission } from '../admission/admission.js';
import { bindingSubresource } from './binding.js';

test('a binding of another namespace is refused before its pod is looked for', async () => {
  const { pods, close } = await world();
  const bind = (metadata: object, target: object = { name: 'node' }) => {
    const asked = request(pods, 'create', 'p', { apiVersion: 'v1', kind: 'Binding', metadata, target });
    const path = { ...asked.path, subresource: 'binding' };
    return bindingSubresource({ admission: new Admission([]), clock: new ManualClock() }).create!(
      pods,
      { ...asked, path },
      context,
    );
  };
  await assert.rejects(bind({ name: 'p', namespace: 'other' }), /namespace of the provided object does not match/);
  await assert.rejects(bind({ name: 'q' }), /name in URL does not match name in Binding object/);
  await assert.rejects(bind({ name: 'p' }), { reason: 'NotFound' });
  await close();
});
