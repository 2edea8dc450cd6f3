import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import type { Logger } from '@keelson/service';
import { ProxyIdentityFiles } from './proxy-identity.js';

const directory = mkdtempSync(join(tmpdir(), 'proxy-identity-'));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

test('a certificate that changes is shown from the next connection on, once its key has come', () => {
  const [cert, key] = [join(directory, 'a.crt'), join(directory, 'a.key')];
  const put = (file: string, text: string) => {
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
  };
  put(cert, '1');
  put(key, '1');
  let reads = 0;
  const read = () => {
    reads += 1;
    const identity = { cert: readFileSync(cert), key: readFileSync(key) };
    if (String(identity.cert) !== String(identity.key)) throw new Error('they do not go together');
    return identity;
  };
  const told: string[] = [];
  const logger = { info: () => told.push('info'), error: () => told.push('error') } as unknown as Logger;
  const files = new ProxyIdentityFiles([cert, key], read, { logger });
  const shown = () => String(files.current().cert);
  assert.equal(shown(), '1');
  assert.equal(shown(), '1');
  put(cert, '2');
  assert.deepEqual([shown(), shown()], ['1', '1']);
  put(key, '2');
  assert.deepEqual([shown(), shown()], ['2', '2']);
  rmSync(cert);
  assert.deepEqual([shown(), shown()], ['2', '2']);
  assert.deepEqual([told, reads], [['error', 'info', 'error'], 4]);
});
