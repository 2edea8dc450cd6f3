import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { BenchReport } from '../src/bench/report.js';

const MAIN = fileURLToPath(new URL('../src/main.js', import.meta.url));
const APISERVER = join(fileURLToPath(import.meta.resolve('@keelson/apiserver')), '../main.js');
const directory = mkdtempSync(join(tmpdir(), 'keelson-bench-test-'));
const hasEtcd = spawnSync('etcd', ['--version']).status === 0;

after(() => rmSync(directory, { recursive: true, force: true }));

async function bench(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const child = spawn(process.execPath, [MAIN, 'bench', ...args, '--directory', directory]);
  let [out, err] = ['', ''];
  child.stdout.on('data', (data) => {
    out += data;
  });
  child.stderr.on('data', (data) => {
    err += data;
  });
  const code = await new Promise<number>((resolve) => child.once('close', resolve));
  return { code, out, err };
}

const SMALL = ['--seconds', '1', '--rounds', '1', '--objects', '20', '--watchers', '4', '-o', 'json'];

test('an API server is measured beside a program that stands for another', { skip: !hasEtcd }, async () => {
  const peer = join(directory, 'peer');
  const asOurs = `[ "$1" = --version ] && echo "Kubernetes v9.9.9" || exec ${process.execPath} ${APISERVER} --grpc-port 0 "$@"`;
  writeFileSync(peer, `#!/bin/sh\n${asOurs}\n`, { mode: 0o755 });
  const { code, out, err } = await bench(
    'apiserver',
    ...SMALL,
    '--only',
    '^(get a|apply a|pods in|watch|20 pods|10 definitions)',
    '--peer',
    peer,
    ...['--weigh-pods', '20', '--weigh-definitions', '10'],
  );
  assert.equal(code, 0, err);
  const { peer: shown, rows } = JSON.parse(out) as BenchReport;
  assert.deepEqual(shown, { name: 'kube-apiserver', version: '9.9.9' });
  assert.equal(rows.length, 12);
  for (const { name, values, notes, ratio } of rows) {
    assert.deepEqual(Object.keys(values), ['keelson', 'kube-apiserver'], name);
    for (const note of Object.values(notes)) assert.doesNotMatch(note, /error/, name);
    assert.ok(ratio !== undefined && !Number.isNaN(ratio), name);
  }
  assert.deepEqual(readdirSync(directory), ['peer'], 'nothing is left behind');
});

test('bad flags are named', async () => {
  const said = async (...args: string[]) => (await bench(...args)).err.trim();
  assert.match(await said('apiserver', '--clients', '0'), /^error: --clients must be a number above 0, not 0$/);
  assert.match(await said('apiserver', '--stores', '0'), /^error: --stores must be a number above 0, not 0$/);
  const stores = /^error: --stores must be a whole number from 1 to 9, not 2.5$/;
  assert.match(await said('apiserver', '--stores', '2.5'), stores);
  assert.match(await said('apiserver', '--only', '['), /^error: --only: Invalid regular expression/m);
  assert.match(
    await said('apiserver', '--peer', '/bin/false'),
    /^error: --peer: \/bin\/false --version failed: exit code 1$/m,
  );
  assert.match(await said('store', '--seconds', 'x'), /^error: --seconds must be a number above 0, not NaN$/m);
});
