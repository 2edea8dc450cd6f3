import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RequestOptions } from '@keelson/api';
import type { AuthorizationAttributes } from '../auth/authorizer.js';
import { ONE_SEAT } from './dispatch/work.js';
import { WatchTracker } from './watch-tracker.js';
import { WorkEstimator } from './work-estimator.js';

function asked(verb: string, given: Partial<AuthorizationAttributes> = {}): AuthorizationAttributes {
  const where = { group: '', resource: 'pods', subresource: '', namespace: 'a', name: '' };
  return { user: { user: 'u', groups: [] }, verb, ...where, ...given };
}

test('a list is as wide as what it goes through', () => {
  let stored: number | undefined = 450;
  const estimator = new WorkEstimator({ objects: () => stored, watches: new WatchTracker() });
  const width = (options: RequestOptions = {}, max?: number, given = {}) =>
    estimator.estimate(asked('list', given), options, max).initialSeats;
  assert.equal(width(), 5);
  assert.equal(width({ limit: 10 }), 5);
  assert.equal(width({ limit: 10, continueToken: 'x' }), 5);
  assert.equal(width({ limit: 200, continueToken: 'x' }), 7);
  assert.equal(width({ resourceVersion: '7', resourceVersionMatch: 'Exact' }), 9);
  assert.equal(width({}, 3), 3);
  assert.equal(width({}, 0, { name: 'one' }), 1);
  const watch = (options: RequestOptions) => estimator.estimate(asked('watch'), options).initialSeats;
  assert.deepEqual([watch({}), watch({ resourceVersion: '7' })], [5, 1]);
  assert.equal(watch({ resourceVersion: '7', sendInitialEvents: true }), 5);
  stored = 100_000;
  assert.equal(width(), 10);
  stored = undefined;
  assert.equal(width(), 1);
  stored = 0;
  assert.equal(width(), 1);
});

test('what many watch is worked on after it is written', () => {
  const watches = new WatchTracker();
  const estimator = new WorkEstimator({ objects: () => 0, watches });
  const ends = Array.from({ length: 25 }, () => watches.add(asked('watch')));
  for (let turn = 0; turn < 5; turn++) watches.add(asked('watch', { namespace: '' }));
  watches.add(asked('watch', { namespace: 'b' }));
  watches.add(asked('watch', { name: 'p' }));
  watches.add(asked('watch', { fieldSelector: [{ key: 'spec.nodeName', operator: 'In', values: ['n'] }] }));
  assert.deepEqual(estimator.estimate(asked('create')), { initialSeats: 1, finalSeats: 3, lingerMs: 5, watches: 30 });
  assert.equal(estimator.estimate(asked('update', { name: 'p' })).watches, 31);
  // No more seats than a request may have, but for longer.
  assert.deepEqual(estimator.estimate(asked('create'), {}, 2), {
    ...{ initialSeats: 1, finalSeats: 2, lingerMs: 7.5, watches: 30 },
  });
  assert.deepEqual(estimator.estimate(asked('get')), ONE_SEAT);
  const token = asked('create', { resource: 'serviceaccounts', subresource: 'token' });
  assert.deepEqual(estimator.estimate(token), ONE_SEAT);
  for (const end of ends) end();
  assert.equal(estimator.estimate(asked('create')).finalSeats, 0);
});
