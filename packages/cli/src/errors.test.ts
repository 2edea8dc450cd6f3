import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError } from '@keelson/api';
import { apiErrorText, CliError, errorText } from './errors.js';

const answer = (code: number, reason: string, message: string) => new ApiError({ code, reason, message });

test("the server's answers are said in kubectl's words", () => {
  assert.equal(
    errorText(answer(404, 'NotFound', 'pods "x" not found')),
    'Error from server (NotFound): pods "x" not found',
  );
  assert.equal(errorText(answer(422, 'Invalid', 'Pod "x" is invalid: y')), 'The Pod "x" is invalid: y');
  assert.equal(
    errorText(answer(401, 'Unauthorized', 'z')),
    'error: You must be logged in to the server (Unauthorized)',
  );
  const doing = apiErrorText(answer(400, 'BadRequest', 'no'), 'error when creating "f.yaml"');
  assert.equal(doing, 'Error from server (BadRequest): error when creating "f.yaml": no');
});

test('a server that is not reached is no answer', () => {
  const unreached = (message: string) =>
    new ApiError({ code: 503, reason: 'ServiceUnavailable', message, cause: new Error('x') });
  assert.equal(
    errorText(
      unreached('No connection established. Last error: Error: connect ECONNREFUSED 127.0.0.1:1. Resolution note: '),
    ),
    'The connection to the server 127.0.0.1:1 was refused - did you specify the right host or port?',
  );
  assert.equal(
    errorText(unreached('certificate has expired')),
    'Unable to connect to the server: certificate has expired',
  );
});

test('own failures are one line', () => assert.equal(errorText(new CliError('wrong')), 'error: wrong'));
