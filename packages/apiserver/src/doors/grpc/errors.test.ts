import assert from 'node:assert/strict';
import { test } from 'node:test';
import { status as Code } from '@grpc/grpc-js';
import { apiErrors, fieldErrors, type Status } from '@keelson/api';
import { grpcStatus } from './errors.js';

const invalid = (count: number) =>
  apiErrors.invalid(
    { group: '', kind: 'Pod' },
    'a',
    Array.from({ length: count }, (_, at) =>
      fieldErrors.invalid(`spec.containers[${at}].name`, 'é!', 'must be another'),
    ),
  );

function told(count: number): { status: Status; details: string; bytes: number } {
  const { metadata, details = '' } = grpcStatus(invalid(count));
  const [trailer] = metadata!.get('keelson-status-bin') as [Buffer];
  return { status: JSON.parse(trailer.toString()), details, bytes: trailer.length + Buffer.byteLength(details) };
}

test('an error that fits into headers is told whole', () => {
  const { status, details } = told(3);
  assert.deepEqual(status, invalid(3).status());
  assert.equal(details, status.message);
});

test('of one that does not, the beginning is told', () => {
  const { status, details, bytes } = told(5_000);
  assert.ok(bytes < 8 * 1024, `${bytes} bytes`);
  const { name, causes = [] } = status.details ?? {};
  assert.deepEqual([status.code, status.reason, name], [422, 'Invalid', 'a']);
  assert.ok(causes.length > 10);
  assert.deepEqual(causes, invalid(5_000).details?.causes?.slice(0, causes.length));
  assert.match(details, /^Pod "a" is invalid: \[spec.containers\[0\].*[^\ufffd] \.\.\.$/s);
});

test('what the caller did wrong is no failure of the server', () => {
  const codes = [apiErrors.unsupportedMediaType(['a']), apiErrors.notAcceptable(['a'])].map(
    (it) => grpcStatus(it).code,
  );
  assert.deepEqual(codes, [Code.INVALID_ARGUMENT, Code.INVALID_ARGUMENT]);
  assert.equal(grpcStatus(new Error('x')).code, Code.INTERNAL);
});
