import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError, PATCH_TYPES } from '@keelson/api';
import { configMap, context, request, world } from '../../test/world.js';
import { checkSize, readJson } from './body-size.js';
import { toApiError } from './handler.js';

const TOO_LARGE = { code: 413, reason: 'RequestEntityTooLarge' };

/** Fields, items, and both, each above what a body may hold. */
const LARGE = {
  'fields of one object': {
    data: Object.fromEntries(Array.from({ length: 50_001 }, (_, index) => [`k${index}`, 'v'])),
  },
  'items of one list': { data: new Array(50_001).fill(1) },
  'objects of two fields': { data: new Array(40_000).fill({ name: 'a', image: 'b' }) },
};

for (const [what, value] of Object.entries(LARGE)) {
  test(`a body of too many ${what} is too large, in JSON and once read`, () => {
    assert.throws(() => readJson(JSON.stringify(value)), TOO_LARGE);
    assert.throws(() => checkSize(value), TOO_LARGE);
  });
}

test('a JSON text is not read further than it may go: what follows is not looked at', () => {
  assert.throws(() => readJson(`[${'1,'.repeat(50_001)} not JSON`), TOO_LARGE);
});

test('bodies of as many values as a large definition has are read', () => {
  const { value } = readJson(JSON.stringify({ items: new Array(49_990).fill('v') }));
  checkSize(value);
});

for (const mediaType of [undefined, PATCH_TYPES.merge, PATCH_TYPES.strategic, PATCH_TYPES.apply, 'application/json']) {
  test(`too many keys are 413 as ${mediaType ?? 'a create'}, and are not read again as something else`, async () => {
    const { registry, configMaps } = await world();
    const create = (name: string, data: object) =>
      registry.create(configMaps, request(configMaps, 'create', '', configMap(name, data as never)), context);
    await create('a', { k: '1' });
    const { data } = LARGE['fields of one object'];
    if (mediaType === undefined) return assert.rejects(create('b', data), TOO_LARGE);
    const asked = request(configMaps, mediaType === 'application/json' ? 'update' : 'patch', 'a', configMap('a', data));
    const body = { ...asked.body!, mediaType };
    const options = mediaType === PATCH_TYPES.apply ? { fieldManager: 'm', force: true } : asked.options;
    const wanted = { ...asked, body, ...(options === undefined ? {} : { options }) };
    const act = mediaType === 'application/json' ? registry.update.bind(registry) : registry.patch.bind(registry);
    await assert.rejects(async () => act(configMaps, wanted, context), TOO_LARGE);
  });
}

test('what the store refuses for its size is too large, not to be sent again', () => {
  for (const [code, details] of [
    [8, 'grpc: received message larger than max (5578246 vs. 2097152)'],
    [8, 'grpc: trying to send message larger than max (3000000 vs. 2097152)'],
    [3, 'etcdserver: request is too large'],
  ] as const) {
    const error = toApiError(Object.assign(new Error(details), { code, details }));
    assert.ok(error instanceof ApiError);
    assert.equal(error.code, 413);
    assert.equal(error.details?.retryAfterSeconds, undefined);
  }
  assert.equal(toApiError(Object.assign(new Error(), { code: 8, details: 'etcdserver: too many requests' })).code, 429);
});
