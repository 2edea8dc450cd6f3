import assert from 'node:assert/strict';
import { test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { apiErrors } from '@keelson/api';
import { grpcStatus } from '../doors/grpc/errors.js';
import { kubeletError } from './pod-target.js';

const pods = { group: '', plural: 'pods' };
const codeOf = (error: unknown) => grpcStatus(kubeletError(error)).code;

test('a refusal of the server keeps its code on its way out of a stream', () => {
  assert.equal(codeOf(apiErrors.forbidden(pods, 'p', 'no')), status.PERMISSION_DENIED);
  assert.equal(codeOf(apiErrors.notFound(pods, 'p')), status.NOT_FOUND);
  assert.equal(codeOf(apiErrors.unauthorized()), status.UNAUTHENTICATED);
  assert.equal(codeOf(apiErrors.badRequest('what')), status.INVALID_ARGUMENT);
});

test('a kubelet’s refusals are the caller’s to mend, its failures are not', () => {
  const of = (code: status) => codeOf(Object.assign(new Error('x'), { code, details: 'x' }));
  assert.equal(of(status.NOT_FOUND), status.NOT_FOUND);
  assert.equal(of(status.INVALID_ARGUMENT), status.INVALID_ARGUMENT);
  assert.equal(of(status.FAILED_PRECONDITION), status.INVALID_ARGUMENT);
  assert.equal(of(status.UNAVAILABLE), status.INTERNAL);
});
