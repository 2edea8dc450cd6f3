import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerStatus } from '@keelson/api';
import { exited, podOf, running, runtimePod } from '../pods/testing.js';
import { containerOfLog, noLogReason } from './log-source.js';

const first = exited('main', 1, { id: 'first', attempt: 0 });
const second = exited('main', 1, { id: 'second', attempt: 1 });
const third = running('main', { id: 'third', attempt: 2 });

function chosen(containers: Parameters<typeof runtimePod>[0], status: Partial<ContainerStatus>) {
  const pod = podOf({}, { status: { containerStatuses: [{ name: 'main', ...status }] } });
  const of = (previous: boolean) => containerOfLog(pod, runtimePod(containers), 'main', previous)?.id;
  return [of(false), of(true)];
}

const ended = (id: string) => ({ terminated: { exitCode: 1, containerID: `keelson://${id}` } });

test('of a running container the previous is the one that ended before it', () => {
  assert.deepEqual(chosen([third, second, first], { lastState: ended('second') }), ['third', 'second']);
  assert.deepEqual(chosen([third, second, first], {}), ['third', 'second'], 'whatever has been reported yet');
  assert.deepEqual(chosen([third], {}), ['third', undefined]);
});

test('of a container in back-off the previous is the one that ended last', () => {
  const waiting = { state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState: ended('second') };
  assert.deepEqual(chosen([second, first], waiting), ['second', 'second']);
  assert.deepEqual(chosen([{ ...third, state: 'created' }, second, first], waiting), ['second', 'second']);
});

test('of a container that has ended for good the previous is the one before that', () => {
  const over = { state: ended('second'), lastState: ended('first') };
  assert.deepEqual(chosen([second, first], over), ['second', 'first']);
  assert.deepEqual(chosen([second], { state: ended('second') }), ['second', undefined]);
});

test('what has no log says why', () => {
  assert.deepEqual(chosen([], {}), [undefined, undefined]);
  const pod = podOf(
    {},
    { status: { containerStatuses: [{ name: 'main', state: { waiting: { reason: 'ErrImagePull' } } }] } },
  );
  assert.equal(
    noLogReason(pod, 'main', false),
    'container "main" in pod "web" is waiting to start: image can\'t be pulled',
  );
  assert.equal(noLogReason(podOf(), 'main', true), 'previous terminated container "main" in pod "web" not found');
});
