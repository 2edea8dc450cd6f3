import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { options, ServerUnderTest } from './server-under-test.js';

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const admin = { cert: 'admin' };
let world: ServerUnderTest;

before(async () => {
  world = await ServerUnderTest.start('--etcd-compaction-interval', '500ms');
});
after(() => world.stop());

test('old states are forgotten: tokens and versions of then are too old, what is now stays', options, async () => {
  for (const name of ['a', 'b', 'c']) await world.call('POST', CONFIG_MAPS, admin, { metadata: { name } });
  const { body } = await world.call('GET', `${CONFIG_MAPS}?limit=1`, admin);
  const { continue: token, resourceVersion } = body.metadata ?? {};
  const merge = 'application/merge-patch+json';
  const change = (round: number) =>
    world.call('PATCH', `${CONFIG_MAPS}/a`, admin, { data: { round: String(round) } }, merge);
  const next = () => world.call('GET', `${CONFIG_MAPS}?limit=1&continue=${token}`, admin);
  assert.equal((await next()).status, 200);
  let expired = await next();
  for (let round = 0; expired.status !== 410; round++) {
    assert.equal(expired.status, 200);
    await change(round);
    expired = await next();
  }
  assert.match(expired.body.message ?? '', /^The provided continue parameter is too old to display a consistent list/);
  // With the refusal comes a token for the rest as it is now.
  const rest = await world.call('GET', `${CONFIG_MAPS}?continue=${expired.body.metadata?.continue}`, admin);
  const names = (rest.body as unknown as { items: { metadata: { name: string } }[] }).items.map(
    (it) => it.metadata.name,
  );
  assert.deepEqual(names.slice(0, 2), ['b', 'c']);
  const exact = `${CONFIG_MAPS}?resourceVersionMatch=Exact&resourceVersion=${resourceVersion}`;
  const old = await world.call('GET', exact, admin);
  assert.equal(old.status, 410);
  assert.equal(old.body.message, 'The resourceVersion for the provided list is too old.');
  // A server that knows the past from the store alone says so to watches too.
  await world.killServer();
  await world.startServer();
  const watch = await world.call(
    'GET',
    `${CONFIG_MAPS}?watch=1&timeoutSeconds=1&resourceVersion=${resourceVersion}`,
    admin,
  );
  assert.equal((watch.body as unknown as { object: { code: number } }).object.code, 410);
});

test('the size of what changes all the time stays', options, async () => {
  const store = world.store();
  const history = async () => {
    const { header } = await store.kv.range({ key: Buffer.from('compact_rev_key') });
    const revision = header?.revision ?? 0;
    // The oldest revision that is still there, by asking.
    let [gone, there] = [0, revision];
    while (there - gone > 1) {
      const middle = Math.floor((gone + there) / 2);
      const known = await store.kv.range({ key: Buffer.from('a'), revision: middle }).then(
        () => true,
        () => false,
      );
      if (known) there = middle;
      else gone = middle;
    }
    return revision - gone;
  };
  try {
    for (let round = 0; round < 1_500; round++) {
      await store.kv.put({ key: Buffer.from('/registry/configmaps/default/x'), value: Buffer.from('{"metadata":{}}') });
    }
    while ((await history()) > 100) await new Promise((resolve) => setTimeout(resolve, 100));
  } finally {
    store.close();
  }
});
