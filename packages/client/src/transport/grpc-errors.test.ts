import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Metadata, status } from '@grpc/grpc-js';
import { apiErrors } from '@keelson/api';
import { apiErrorOf, STATUS_TRAILER } from './grpc-errors.js';

function failure(code: status, details: string, metadata = new Metadata()): Error {
  return Object.assign(new Error(details), { code, details, metadata });
}

it('gives back the Status that the server sent', () => {
  const sent = apiErrors.conflict({ group: 'apps', plural: 'deployments' }, 'web');
  const metadata = new Metadata();
  metadata.set(STATUS_TRAILER, Buffer.from(JSON.stringify(sent.status())));
  const error = apiErrorOf(failure(status.ABORTED, 'whatever', metadata));
  assert.deepEqual(error.status(), sent.status());
});

it('tells by the gRPC code what happened to a call that no server answered', () => {
  const codes = [
    [status.UNAVAILABLE, 503, 'ServiceUnavailable'],
    [status.DEADLINE_EXCEEDED, 504, 'Timeout'],
    [status.RESOURCE_EXHAUSTED, 429, 'TooManyRequests'],
    [status.UNAUTHENTICATED, 401, 'Unauthorized'],
    [status.PERMISSION_DENIED, 403, 'Forbidden'],
    [status.INTERNAL, 500, 'InternalError'],
  ] as const;
  for (const [code, http, reason] of codes) {
    const error = apiErrorOf(failure(code, 'details'));
    assert.deepEqual([error.code, error.reason, error.message], [http, reason, 'details']);
  }
});

it('knows a call that is too large, which is no better another time', () => {
  const error = apiErrorOf(failure(status.RESOURCE_EXHAUSTED, 'Received message larger than max (17 vs 16)'));
  assert.deepEqual([error.code, error.reason], [413, 'RequestEntityTooLarge']);
});

it('reads a trailer that is no Status as none', () => {
  const metadata = new Metadata();
  metadata.set(STATUS_TRAILER, Buffer.from('not json'));
  assert.equal(apiErrorOf(failure(status.UNAVAILABLE, 'gone', metadata)).code, 503);
});

it('leaves an ApiError as it is', () => {
  const error = apiErrors.badRequest('no');
  assert.equal(apiErrorOf(error), error);
});
