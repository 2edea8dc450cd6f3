import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { NodeUnderTest, pod, sh, until } from './node-under-test.js';

const node = new NodeUnderTest();
before(() => node.start());
after(() => node.cleanUp());

const said = (name: string) => {
  const file = join(node.directory, name);
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
};

/** Writes what happens to it; needs half a second to end. */
function patient(name: string) {
  const file = join(node.directory, name);
  const program = sh(
    `echo begin >>${file}; trap 'sleep 0.5; echo end >>${file}; exit 0' TERM; while :; do sleep 0.05; done`,
  );
  const lifecycle = { preStop: { exec: { command: ['/bin/sh', '-c', `echo hook >>${file}`] } } };
  return pod(name, { ...program, lifecycle }, { terminationGracePeriodSeconds: 30 });
}

test('a drained node ends every pod with hook and grace, starts none, and leaves the objects; the next kubelet runs them', async () => {
  node.run(patient('one'));
  node.run(patient('two'));
  for (const name of ['one', 'two']) await until(`${name} runs`, () => said(name).includes('begin'));
  node.kubelet?.drain();
  node.run(patient('late'));
  for (const name of ['one', 'two']) await until(`${name} has ended`, () => said(name).length === 3);
  assert.deepEqual([...said('one'), ...said('two'), ...said('late')], ['begin', 'hook', 'end', 'begin', 'hook', 'end']);
  assert.ok(node.pod('one') && node.pod('late'));
  await node.kubelet?.stop();
  assert.deepEqual([said('one').length, said('late')], [3, []]);

  await node.startKubelet();
  for (const name of ['one', 'two', 'late']) await until(`${name} runs again`, () => said(name).at(-1) === 'begin');
});

test('a pod that only the runtime knows is drained with the hook and the grace that it was made with', async () => {
  await node.kubelet?.stop();
  const running = said('one').length;
  node.api.isDown = true;
  await node.startKubelet();
  node.kubelet?.drain();
  await until('it has ended', () => said('one').at(-1) === 'end');
  assert.deepEqual(said('one').slice(running), ['hook', 'end']);
});
