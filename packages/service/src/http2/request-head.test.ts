import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requestHead } from './request-head.js';

const PSEUDO = [':method', 'GET', ':scheme', 'https', ':authority', 'here', ':path', '/a?b=c'];

test('a head is its method, path, authority, length and fields', () => {
  const fields = ['accept', 'a', 'accept', 'b', 'te', 'trailers', 'content-length', '3'];
  const head = requestHead([...PSEUDO, ...fields]);
  assert.deepEqual(head, { method: 'GET', path: '/a?b=c', authority: 'here', fields, length: 3 });
  assert.equal(requestHead(PSEUDO)?.length, undefined);
});

const MALFORMED: Readonly<Record<string, readonly string[]>> = {
  'no path': [':method', 'GET', ':scheme', 'https'],
  'an empty path': [':method', 'GET', ':scheme', 'https', ':path', ''],
  'no method': [':scheme', 'https', ':path', '/'],
  'no scheme': [':method', 'GET', ':path', '/'],
  'a tunnel': [':method', 'CONNECT', ':authority', 'there:1'],
  'a method that is no token': [':method', 'GET /', ':scheme', 'https', ':path', '/'],
  'a path with a blank': [':method', 'GET', ':scheme', 'https', ':path', '/a b'],
  'a pseudo-header twice': [...PSEUDO, ':path', '/'],
  'a pseudo-header of answers': [...PSEUDO, ':status', '200'],
  'a pseudo-header behind others': [':method', 'GET', ':scheme', 'https', 'a', 'b', ':path', '/'],
  'a name in upper case': [...PSEUDO, 'Accept', 'a'],
  'a name with a blank': [...PSEUDO, 'a b', 'c'],
  'no name': [...PSEUDO, '', 'c'],
  'a value over two lines': [...PSEUDO, 'a', 'b\r\nc: d'],
  'a value with a zero': [...PSEUDO, 'a', 'b\0'],
  'a blank before a value': [...PSEUDO, 'a', ' b'],
  'what belongs to a connection': [...PSEUDO, 'connection', 'close'],
  'chunks of HTTP/1.1': [...PSEUDO, 'transfer-encoding', 'chunked'],
  'other transfers than trailers': [...PSEUDO, 'te', 'gzip'],
  'a length that is no number': [...PSEUDO, 'content-length', '-1'],
  'two lengths': [...PSEUDO, 'content-length', '1', 'content-length', '2'],
};
for (const [what, list] of Object.entries(MALFORMED)) {
  test(`${what} makes a request malformed`, () => {
    assert.equal(requestHead([...list]), undefined);
  });
}
