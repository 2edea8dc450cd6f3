import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Container } from '@keelson/api';
import { ManualClock } from '@keelson/service/testing';
import type { CriClient } from '../cri/cri-client.js';
import { ImageError, ImagePuller } from './image-puller.js';
import { PodEvents } from './pod-events.js';
import { container, podOf } from './testing.js';

/** A registry of which each pull is settled by the test. */
function given(present: string[] = []) {
  const clock = new ManualClock();
  const pulls: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const events: string[] = [];
  const images = {
    imageStatus: async ({ image }: { image: { image: string } }) =>
      present.includes(image.image) ? { image: { id: 'sha256:there' } } : {},
    pullImage: (_: unknown, { signal }: { signal: AbortSignal }) =>
      new Promise((resolve, reject) => {
        pulls.push({ resolve: () => resolve({ imageRef: 'sha256:pulled' }), reject });
        signal.addEventListener('abort', () => reject(new Error('cancelled')));
      }),
  };
  const puller = new ImagePuller({
    cri: { images } as unknown as CriClient,
    clock,
    events: new PodEvents({ record: (_object, _type, reason) => events.push(reason) }),
  });
  const ensure = (more: Partial<Container> = {}, signal = new AbortController().signal) =>
    puller.ensure(podOf(), container('main', more), signal);
  const settle = () => clock.advanceAsync(0);
  return { clock, pulls, events, ensure, settle };
}

const refused = (reason: ImageError['reason']) => (error: unknown) =>
  error instanceof ImageError && error.reason === reason;

test('what is present is pulled only where the policy says always', async () => {
  const { pulls, ensure, settle } = given(['image', 'image:1', 'image:latest']);
  assert.equal(await ensure({ image: 'image:1' }), 'sha256:there');
  assert.equal(await ensure({ image: 'image:latest', imagePullPolicy: 'IfNotPresent' }), 'sha256:there');
  for (const more of [{ image: 'image' }, { image: 'image:latest' }, { image: 'image:1', imagePullPolicy: 'Always' }]) {
    const pulled = ensure(more);
    await settle();
    pulls.pop()?.resolve();
    assert.equal(await pulled, 'sha256:pulled');
  }
  await assert.rejects(ensure({ image: 'other', imagePullPolicy: 'Never' }), refused('ErrImageNeverPull'));
});

test('a pull that fails is backed off, and one that goes through begins anew', async () => {
  const { clock, pulls, events, ensure, settle } = given();
  const pull = async (error?: Error) => {
    const asked = ensure();
    asked.catch(() => {});
    await settle();
    if (error === undefined) pulls.pop()?.resolve();
    else pulls.pop()?.reject(error);
    return await asked;
  };
  await assert.rejects(pull(new Error('no such host')), refused('ErrImagePull'));
  await assert.rejects(pull(), refused('ImagePullBackOff'));
  assert.ok(events.includes('BackOff'));
  clock.advance(10_000);
  await assert.rejects(pull(new Error('no such host')), refused('ErrImagePull'));
  clock.advance(10_000);
  await assert.rejects(pull(), refused('ImagePullBackOff'));
  clock.advance(10_000);
  assert.equal(await pull(), 'sha256:pulled');
});

test('a pull that is interrupted has not failed', async () => {
  const { pulls, events, ensure, settle } = given();
  const stop = new AbortController();
  const interrupted = assert.rejects(ensure({}, stop.signal), /the pod is to end/);
  await settle();
  stop.abort(new Error('the pod is to end'));
  await interrupted;
  assert.deepEqual(events, ['Pulling']);
  const again = ensure();
  await settle();
  pulls.pop()?.resolve();
  assert.equal(await again, 'sha256:pulled');
});
