import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sourceIps } from './source-ips.js';

const from = (headers: Record<string, string>, remote?: string) => sourceIps((name) => headers[name], remote);

test('proxies tell where a request comes from, and the connection has the last word', () => {
  assert.deepEqual(from({}, '::ffff:10.0.0.9'), ['10.0.0.9']);
  assert.deepEqual(from({ 'x-forwarded-for': '1.2.3.4, ::1,nonsense', 'x-real-ip': '5.6.7.8' }, '10.0.0.9'), [
    ...['1.2.3.4', '::1', '5.6.7.8', '10.0.0.9'],
  ]);
  assert.deepEqual(from({ 'x-forwarded-for': '1.2.3.4', 'x-real-ip': '1.2.3.4' }, '1.2.3.4'), ['1.2.3.4']);
  assert.deepEqual(from({ 'x-real-ip': 'x' }), []);
});
