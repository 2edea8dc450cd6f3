import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, renameSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ClusterUnderTest, eventually } from './cluster-under-test.js';

const cluster = new ClusterUnderTest();
after(() => cluster.remove());

const pidOf = (role: string) => cluster.components().find((it) => it.role === role)!.pid;

async function until(what: string, holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 600; tries += 1) {
    if (holds()) return;
    await sleep(100);
  }
  assert.fail(`not in time: ${what}`);
}

test('a disk that takes no files ends neither the supervisor nor its care for the others', async () => {
  await cluster.up('--stores', '1', '--nodes', '0', '--disable', 'scheduler,controller-manager');
  const [store, apiserver] = [pidOf('store'), pidOf('apiserver')];
  const inTheWay = join(cluster.dataDir, 'cluster.json.tmp');
  const [logs, away] = [join(cluster.dataDir, 'logs'), join(cluster.dataDir, 'logs-away')];

  mkdirSync(inTheWay);
  renameSync(logs, away);
  process.kill(store, 'SIGKILL');
  process.kill(apiserver, 'SIGKILL');
  const says = (text: string) => readFileSync(join(cluster.dataDir, 'supervisor.log'), 'utf8').includes(text);
  await until('it says what it cannot write', () => says('cluster.json cannot be written'));
  await until('it says what it cannot start', () => says('cannot start'));
  assert.ok(says('"process":"store-0"'), 'it names the process beside itself');
  renameSync(away, logs);
  rmdirSync(inTheWay);

  await until('both run again, and cluster.json says so', () =>
    (['store', 'apiserver'] as const).every((role) => ![0, store, apiserver].includes(pidOf(role))),
  );
  // `status` ends with 0 only once the API server answers; a process that runs is not there yet.
  assert.match((await eventually(() => cluster.keelson('status'))).stdout, /store-0 +Running/);
});
