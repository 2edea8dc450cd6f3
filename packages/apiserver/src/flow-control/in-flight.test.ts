import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AuthorizationAttributes } from '../auth/authorizer.js';
import { InFlightLimit } from './in-flight.js';
import { limitProblem } from './limits.js';
import { Overloaded } from './overloaded.js';

function asked(verb: string, groups: string[] = []): AuthorizationAttributes {
  const where = { group: '', resource: 'pods', subresource: '', namespace: '', name: '' };
  return { user: { user: 'u', groups }, verb, ...where };
}

test('reading and changing have limits of their own, watches none, and superusers pass', () => {
  const limit = new InFlightLimit({ readonlyMax: 2, mutatingMax: 1 });
  const first = limit.admit(asked('get'));
  limit.admit(asked('list'));
  assert.throws(() => limit.admit(asked('get')), Overloaded);
  limit.admit(asked('patch'));
  assert.throws(() => limit.admit(asked('create')), { code: 429, details: { retryAfterSeconds: 1 } });
  for (let turn = 0; turn < 5; turn++) limit.admit(asked('watch'));
  limit.admit(asked('get', ['system:masters'])).release();
  first.release();
  first.release();
  assert.deepEqual(limit.inFlight, { readOnly: 1, mutating: 1 });
  limit.admit(asked('get'));
  assert.throws(() => limit.admit(asked('get')), Overloaded);
});

test('0 is no limit, and flags must make sense', () => {
  const limit = new InFlightLimit({ readonlyMax: 0, mutatingMax: 0 });
  for (let turn = 0; turn < 1_000; turn++) limit.admit(asked('get'));
  const problem = (fairness: boolean, readonlyMax: number, mutatingMax: number) =>
    limitProblem({ fairness, readonlyMax, mutatingMax, watchesMax: 0 });
  assert.equal(problem(true, 400, 200), undefined);
  assert.equal(problem(false, 0, 0), undefined);
  assert.match(problem(true, 0, 0) ?? '', /their sum must be positive/);
  assert.match(problem(true, -1, 5) ?? '', /^--max-requests-inflight: -1 is not a whole number/);
  assert.match(problem(false, 1, 1.5) ?? '', /^--max-mutating-requests-inflight: 1.5/);
});
