import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalPath, type PathKind, planMounts, quote } from './mount-plan.js';

const host: Record<string, PathKind> = {
  '/': 'directory',
  '/etc': 'directory',
  '/opt': 'directory',
  '/dev': 'directory',
  '/v': 'directory',
  '/f': 'file',
};
const kindOf = (path: string): PathKind => host[path] ?? 'missing';
const mount = (containerPath: string, hostPath = '/v', readonly = false) => ({ containerPath, hostPath, readonly });

test('paths that the host has are covered by bind mounts, without a root of its own', () => {
  const { script } = planMounts([mount('/opt', '/v', true)], kindOf, '/c');
  assert.equal(script, "set -e\nmount --rbind '/v' '/opt'\nmount -o remount,bind,ro '/opt'");
});

test('a path that is missing deeper makes an overlay in place, and no root of its own', () => {
  const { script } = planMounts([mount('/etc/app/config')], kindOf, '/c');
  assert.match(
    script,
    /-t overlay -o 'lowerdir=\/etc,upperdir=\/c\/layers\/0\/upper,workdir=\/c\/layers\/0\/work' keelson '\/etc'/,
  );
  assert.match(script, /mkdir -p '\/etc\/app\/config'\nmount --rbind '\/v' '\/etc\/app\/config'$/);
  assert.ok(!script.includes('ROOT='));
});

test('links are followed as far as a path exists', () => {
  const real = (path: string) => ({ '/': '/', '/var': '/var', '/var/run': '/run' })[path];
  assert.equal(canonicalPath('/var/run/secrets/token', real), '/run/secrets/token');
});

test('a path that is missing at the top makes a root of its own, and overlays in it', () => {
  const { script } = planMounts([mount('/etc/app/config'), mount('/data')], kindOf, '/c');
  assert.match(script, /mount -t tmpfs -o mode=755 keelson '\/c\/root'/);
  assert.match(script, /lowerdir=\/etc,upperdir=\/c\/layers\/0\/upper/);
  assert.match(script, /mkdir -p '\/c\/root\/data'\nmount --rbind '\/v' '\/c\/root\/data'/);
  assert.ok(!/layers\/1/.test(script), 'a path at the top needs no overlay');
  assert.match(script, /ROOT='\/c\/root'$/);
});

test('a mount inside another comes after it and needs no overlay', () => {
  const { script } = planMounts([mount('/data/inner'), mount('/data')], kindOf, '/c');
  assert.ok(script.indexOf("'/c/root/data'") < script.indexOf("'/c/root/data/inner'"));
  assert.ok(!script.includes('overlay'));
});

test('a file is mounted on a file', () => {
  const { script } = planMounts([mount('/etc/one.conf', '/f')], kindOf, '/c');
  assert.match(script, /\[ -e '\/etc\/one.conf' \] \|\| : >'\/etc\/one.conf'/);
});

test('what cannot be mounted is said and left out', () => {
  assert.deepEqual(planMounts([mount('/proc/of-mine', '/f')], kindOf, '/c'), {
    script: '',
    skipped: ['/proc/of-mine'],
  });
});

test('a file in /dev is mounted over an overlay, and left out where the host allows none', () => {
  const { script, skipped } = planMounts([mount('/dev/termination-log', '/f')], kindOf, '/c');
  assert.deepEqual(skipped, []);
  assert.match(script, /if mount -t overlay -o 'lowerdir=\/dev,[^\n]*; then\nDEV=1/);
  assert.match(script, /if \[ -n "\$DEV" \]; then\n[\s\S]*'\/dev\/termination-log'\nfi$/);
});

test('no path ends its quotes', () => {
  assert.equal(quote("a'b"), "'a'\\''b'");
});
