import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Pod } from '@keelson/api';
import { seededRandom } from '@keelson/service';
import { NodeUnderTest, pod, sh, until } from './node-under-test.js';

const node = new NodeUnderTest();
before(() => node.start());
after(() => node.cleanUp());

const SEED = Number(process.env['SEED'] ?? 7);
const PODS = Number(process.env['PODS'] ?? 12);

test(`nothing is left of pods of every kind, whatever was killed while they came and went (seed ${SEED})`, async () => {
  const random = seededRandom(SEED);
  const chance = (share: number) => random.float() < share;
  const hang = { exec: { command: ['sleep', '1000'] } };
  const make = (name: string): Pod => {
    const program = ['exec sleep 1000', 'trap "" TERM; while :; do sleep 0.1; done', 'exit 1', 'sleep 0.5'];
    const lifecycle = {
      ...(chance(0.3) ? { postStart: hang } : {}),
      ...(chance(0.3) ? { preStop: hang } : {}),
    };
    const sidecar = { name: 'side', image: 'test', restartPolicy: 'Always', ...sh('exec sleep 1000') };
    const init = { name: 'init', image: 'test', ...sh(chance(0.5) ? 'true' : 'exec sleep 1000') };
    return pod(
      name,
      { ...sh(program[Math.floor(random.float() * program.length)] as string), lifecycle },
      {
        restartPolicy: chance(0.3) ? 'Never' : 'Always',
        terminationGracePeriodSeconds: 1,
        volumes: [{ name: 'v', emptyDir: {} }],
        initContainers: [...(chance(0.3) ? [sidecar] : []), ...(chance(0.3) ? [init] : [])],
      },
    );
  };
  const names = Array.from({ length: PODS }, (_, index) => `soak-${index}`);
  const uids = names.map((name) => node.run(make(name)).metadata.uid ?? '');
  const pause = () => new Promise((resolve) => setTimeout(resolve, random.float() * 300));
  for (const name of names) {
    await pause();
    if (chance(0.15)) {
      await node.killRuntime();
      await pause();
      await node.startRuntime();
    }
    if (chance(0.15)) {
      await node.kubelet?.stop();
      await pause();
      await node.startKubelet();
    }
    if (node.api.find('pods', name) === undefined) continue;
    if (chance(0.3)) node.api.drop('pods', name);
    else node.api.deletePod(name, 1);
  }
  await until('all are gone from the API', () => names.every((name) => node.api.find('pods', name) === undefined));
  await until('the runtime has none', async () => (await node.cri.runtime.listPodSandbox({})).items.length === 0);
  const left = () =>
    ['pods', 'logs'].flatMap((folder) =>
      readdirSync(join(node.directory, 'kubelet', folder)).filter((name) => uids.some((uid) => name.endsWith(uid))),
    );
  await until('no directory is left', () => left().length === 0);
  const { containers } = await node.cri.runtime.listContainers({});
  assert.deepEqual(containers, []);
});
