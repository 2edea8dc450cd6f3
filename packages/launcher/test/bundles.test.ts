import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { bundleOf } from '@keelson/service/bundle';

const PACKAGES = ['apiserver', 'cli', 'controller-manager', 'kubelet', 'metrics-server', 'scheduler'];

for (const name of PACKAGES) {
  test(`${name} made into one file says the same as it does in many`, () => {
    const start = new URL(`../../../${name}/dist/src/start.js`, import.meta.url);
    const bundle = bundleOf(start.href);
    assert.ok(bundle !== undefined, 'npm run build makes it');
    const said = (program: string) => execFileSync(process.execPath, [program, '--help'], { encoding: 'utf8' });
    // Programs name themselves after their files where they have no other name.
    const whole = said(join(dirname(fileURLToPath(start)), 'main.js'));
    assert.equal(said(fileURLToPath(start)).replaceAll('start.js', 'main.js'), whole);
    assert.equal(said(fileURLToPath(bundle)), whole);
  });
}
