import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as errors from './errors.js';
import { invalid, required } from './field-errors.js';

const deployments = { group: 'apps', plural: 'deployments' };

test('an error becomes the Status that clients match, and back', () => {
  const error = errors.notFound(deployments, 'web');
  assert.deepEqual(error.status(), {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'deployments.apps "web" not found',
    reason: 'NotFound',
    details: { name: 'web', group: 'apps', kind: 'deployments' },
    code: 404,
  });
  const again = errors.ApiError.from(error.status());
  assert.deepEqual(again.status(), error.status());
  assert.ok(errors.isApiError(again, 'NotFound'));
});

test('an invalid object lists every cause and says each text once', () => {
  const list = [required('spec.a'), invalid('spec.b', -1, 'bad'), invalid('spec.b', -1, 'bad')];
  const error = errors.invalid({ group: '', kind: 'Pod' }, 'p', list);
  assert.equal(error.message, 'Pod "p" is invalid: [spec.a: Required value, spec.b: Invalid value: -1: bad]');
  assert.deepEqual(
    error.details?.causes?.map((cause) => cause.field),
    ['spec.a', 'spec.b', 'spec.b'],
  );
  assert.equal(
    errors.invalid({ group: 'apps', kind: 'Deployment' }, 'd', [required('x')]).message,
    'Deployment.apps "d" is invalid: x: Required value',
  );
});

test('each error has its code, reason and words', () => {
  const pods = { group: '', plural: 'pods' };
  const cases: [errors.ApiError, number, string, string][] = [
    [errors.alreadyExists(pods, 'p'), 409, 'AlreadyExists', 'pods "p" already exists'],
    [errors.conflict(pods, 'p', 'why'), 409, 'Conflict', 'Operation cannot be fulfilled on pods "p": why'],
    [errors.forbidden(pods, 'p', 'no'), 403, 'Forbidden', 'pods "p" is forbidden: no'],
    [errors.forbidden(pods, '', 'no'), 403, 'Forbidden', 'pods is forbidden: no'],
    [errors.forbidden({ group: '', plural: '' }, '', 'no'), 403, 'Forbidden', 'forbidden: no'],
    [
      errors.methodNotSupported(pods, 'create'),
      405,
      'MethodNotAllowed',
      'create is not supported on resources of kind "pods"',
    ],
    [errors.unauthorized(), 401, 'Unauthorized', 'Unauthorized'],
    [errors.internalError(new Error('x')), 500, 'InternalError', 'Internal error occurred: x'],
    [errors.timeout('slow'), 504, 'Timeout', 'Timeout: slow'],
    [errors.expired('old'), 410, 'Expired', 'old'],
  ];
  for (const [error, code, reason, message] of cases) {
    assert.deepEqual([error.code, error.reason, error.message], [code, reason, message]);
  }
  assert.equal(errors.tooManyRequests('later', 3).details?.retryAfterSeconds, 3);
});
