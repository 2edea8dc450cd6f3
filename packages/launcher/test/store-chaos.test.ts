import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { StoreChaosReport } from '../src/chaos/store/run.js';

const MAIN = fileURLToPath(new URL('../src/main.js', import.meta.url));

test('three members under faults keep every promise, and a page tells of it', () => {
  const directory = mkdtempSync(join(tmpdir(), 'keelson-chaos-'));
  try {
    const args = [
      MAIN,
      'chaos',
      'store',
      '--duration',
      '25s',
      '--clients',
      '20',
      '--data-dir',
      directory,
      '-o',
      'json',
    ];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    assert.equal(status, 0, `${stdout}${stderr}`);
    const report = JSON.parse(stdout) as StoreChaosReport & { readonly page: string };
    assert.deepEqual(
      report.findings.filter(({ holds }) => !holds),
      [],
    );
    assert.equal(report.findings.length, 6);
    assert.ok(report.faults.length >= 3, `${report.faults.length} faults`);
    assert.ok(report.acknowledged > 500, `${report.acknowledged} operations`);
    const page = readFileSync(report.page, 'utf8');
    assert.match(page, /all claims hold/);
    assert.match(page, /<polyline points="[\d., ]+"/);
    for (const { name } of report.faults) assert.ok(page.includes(name.replace(/[&<>"]/g, '')), name);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
