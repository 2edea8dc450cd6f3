import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger } from './logger.js';

function logged(fields: object): string {
  const lines: string[] = [];
  const logger = createLogger('c', { destination: { write: (text) => void lines.push(text) } });
  logger.error(fields, 'failed');
  return lines.join('');
}

function failureOf(text: string): Error {
  try {
    return new Error(`read ${JSON.parse(text)}`);
  } catch (error) {
    return error as Error;
  }
}

test('what could not be read as JSON is not shown, however the error is logged', () => {
  for (const text of ['s3cret', '{"password": s3cret}', `{"a":"${'x'.repeat(100)}", s3cret`, 's3cret\nand more']) {
    const error = failureOf(text);
    const wrapped = new Error('cannot read the record', { cause: error });
    for (const fields of [{ err: error }, { err: error.message }, { reason: error.message }, { err: wrapped }])
      assert.doesNotMatch(logged(fields), /s3cret/, `${text}: ${Object.keys(fields)[0]}`);
  }
});

test('what else an error says is shown', () => {
  const error = Object.assign(new Error('no leader'), { code: 14, details: { a: ['b'] } });
  const { err } = JSON.parse(logged({ err: error }));
  assert.deepEqual([err.type, err.message, err.code, err.details], ['Error', 'no leader', 14, { a: ['b'] }]);
  assert.match(err.stack, /logger\.test/);
});
