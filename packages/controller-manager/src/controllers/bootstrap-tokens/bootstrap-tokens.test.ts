import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { it } from 'node:test';
import type { Secret } from '@keelson/api';
import { resources } from '@keelson/client';
import { until } from '@keelson/client/testing';
import { rfc3339 } from '@keelson/service';
import { testWorld } from '../../testing/world.js';
import { tokenCleaner } from './cleaner.js';
import { bootstrapSigner } from './signer.js';
import { livesFor, signingToken } from './token.js';

function token(id: string, more: Record<string, string> = {}, name = `bootstrap-token-${id}`): Secret {
  const values = { 'token-id': id, 'token-secret': `secret-of-${id}`, 'usage-bootstrap-signing': 'true', ...more };
  const data = Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
  );
  return { metadata: { name, namespace: 'kube-system' }, type: 'bootstrap.kubernetes.io/token', data };
}

it('a token signs while it lives, is for that, and is named as it says', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  assert.deepEqual(signingToken(token('abcdef'), now), { id: 'abcdef', secret: 'secret-of-abcdef' });
  for (const wrong of [
    token('abcdef', { 'usage-bootstrap-signing': 'yes' }),
    token('abcdef', {}, 'bootstrap-token-other0'),
    token('ABCDEF'),
    token('abcdef', { 'token-secret': '' }),
    token('abcdef', { expiration: '2025-12-31T23:59:59Z' }),
    token('abcdef', { expiration: 'tomorrow' }),
  ])
    assert.equal(signingToken(wrong, now), undefined);
  assert.equal(livesFor(token('abcdef', { expiration: '2026-01-01T01:00:00+01:00' }), now), 0);
  assert.equal(livesFor(token('abcdef', { expiration: '2026-01-01T00:00:05Z' }), now), 5000);
  assert.equal(livesFor(token('abcdef'), now), undefined);
});

it('cluster-info is signed by each token, anew when it changes, and by none that is over; tokens go when they are over', async () => {
  const world = testWorld();
  const { client, clock } = world;
  await world.start(bootstrapSigner, tokenCleaner);
  const key = { namespace: 'kube-public', name: 'cluster-info' };
  await client.create(resources.configMaps, { metadata: key, data: { kubeconfig: 'one', other: 'x' } });
  await client.create(resources.configMaps, { metadata: { ...key, name: 'not-this' }, data: { kubeconfig: 'one' } });
  await client.create(resources.secrets, token('aaaaaa'));
  await client.create(resources.secrets, token('bbbbbb', { expiration: rfc3339(clock.now() + 60_000) }));
  let data: Record<string, string> = {};
  const reads = async () => {
    data = (await client.get(resources.configMaps, key)).data ?? {};
  };
  const has = (...ids: string[]) => {
    void reads();
    return (
      Object.keys(data).sort().join() ===
      [...ids.map((id) => `jws-kubeconfig-${id}`), 'kubeconfig', 'other'].sort().join()
    );
  };
  await until(() => has('aaaaaa', 'bbbbbb'), { clock });
  const [header = '', payload, signature] = data['jws-kubeconfig-aaaaaa']!.split('.');
  assert.equal(Buffer.from(header, 'base64url').toString(), '{"alg":"HS256","kid":"aaaaaa"}');
  assert.equal(payload, '');
  const whole = `${header}.${Buffer.from('one').toString('base64url')}`;
  assert.equal(signature, createHmac('sha256', 'secret-of-aaaaaa').update(whole).digest('base64url'));
  const before = data['jws-kubeconfig-aaaaaa'];
  await client.patch(resources.configMaps, key, 'merge', { data: { kubeconfig: 'two' } });
  await until(() => has('aaaaaa', 'bbbbbb') && data['jws-kubeconfig-aaaaaa'] !== before, { clock });
  await clock.advanceAsync(61_000);
  await until(() => has('aaaaaa'), { clock });
  const { items } = await client.list(resources.secrets);
  assert.deepEqual(
    items.map((it) => it.metadata.name),
    ['bootstrap-token-aaaaaa'],
  );
  assert.deepEqual((await client.get(resources.configMaps, { ...key, name: 'not-this' })).data, { kubeconfig: 'one' });
  await client.delete(resources.secrets, { namespace: 'kube-system', name: 'bootstrap-token-aaaaaa' });
  await until(() => has(), { clock });
  await world.stop();
});
