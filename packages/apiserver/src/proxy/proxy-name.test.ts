import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseProxyName } from './proxy-name.js';

test('a name may say how and at which port', () => {
  assert.deepEqual(parseProxyName('web'), { scheme: '', name: 'web', port: '' });
  assert.deepEqual(parseProxyName('web:80'), { scheme: '', name: 'web', port: '80' });
  assert.deepEqual(parseProxyName('web:metrics'), { scheme: '', name: 'web', port: 'metrics' });
  assert.deepEqual(parseProxyName('https:web:'), { scheme: 'https', name: 'web', port: '' });
  assert.deepEqual(parseProxyName('http:a.b-c:x'), { scheme: 'http', name: 'a.b-c', port: 'x' });
  assert.deepEqual(parseProxyName('https:web'), { scheme: 'https', name: 'web', port: '' });
});

test('anything else is no name', () => {
  for (const text of ['', ':', 'ftp:web:80', 'a:b:c:d', '../x', 'web:80/x', 'Web', '127.0.0.1:80@evil', 'web:-'])
    assert.equal(parseProxyName(text), undefined, text);
});
