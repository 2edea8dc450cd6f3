import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { options, ServerUnderTest } from './server-under-test.js';

const directory = mkdtempSync(join(tmpdir(), 'keelson-abac-'));
const file = (name: string, ...specs: object[]) => {
  const head = { apiVersion: 'abac.authorization.kubernetes.io/v1beta1', kind: 'Policy' };
  writeFileSync(join(directory, name), specs.map((spec) => `${JSON.stringify({ ...head, spec })}\n`).join(''));
  return join(directory, name);
};
let world: ServerUnderTest;
before(async () => {
  const policy = file('policy.jsonl', { user: 'jane', readonly: true, namespace: 'default', resource: 'configmaps' });
  world = await ServerUnderTest.start('--authorization-mode', 'ABAC', '--authorization-policy-file', policy);
});
after(async () => {
  await world.stop();
  rmSync(directory, { recursive: true, force: true });
});

test('a file says who may do what', options, async () => {
  const maps = '/api/v1/namespaces/default/configmaps';
  const status = async (method: string, path: string, cert: string, body?: object) =>
    (await world.call(method, path, { cert }, body)).status;
  assert.equal(await status('GET', maps, 'jane'), 200);
  assert.equal(await status('POST', maps, 'jane', { metadata: { name: 'a' } }), 403);
  assert.equal(await status('GET', '/api/v1/namespaces/default/secrets', 'jane'), 403);
  assert.equal(await status('GET', maps, 'tom'), 403);
  const { body } = await world.call('GET', maps, { cert: 'tom' });
  assert.match(String(body.message), /in the namespace "default": No policy matched\.$/);
  assert.equal(await status('POST', maps, 'admin', { metadata: { name: 'a' } }), 201);
});

test('a bad file, or the flag without the mode, ends the process and is named', options, () => {
  const bad = world.tryFlags(
    '--authorization-mode',
    'ABAC',
    '--authorization-policy-file',
    file('bad.jsonl', { usr: 'x' }),
  );
  assert.equal(bad.status, 1);
  assert.match(bad.output, /error: --authorization-policy-file: .*bad.jsonl, line 1: unknown field "spec.usr"/);
  const alone = world.tryFlags('--authorization-policy-file', file('alone.jsonl', { user: 'x' }));
  assert.equal(alone.status, 2);
  assert.match(alone.output, /--authorization-mode ABAC and --authorization-policy-file go together/);
});
