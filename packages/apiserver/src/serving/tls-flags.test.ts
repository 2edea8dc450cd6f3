import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSecureContext } from 'node:tls';
import { tlsOptions, tlsProblem } from './tls-flags.js';

const flags = (version: string, suites?: string) => ({ 'tls-min-version': version, 'tls-cipher-suites': suites });

test('versions and suites are upstream’s; others are refused with the list', () => {
  assert.equal(tlsProblem(flags('VersionTLS13')), undefined);
  assert.equal(
    tlsProblem(flags('VersionTLS10')),
    '--tls-min-version: "VersionTLS10" is not one of VersionTLS12, VersionTLS13',
  );
  assert.match(tlsProblem(flags('toString'))!, /^--tls-min-version: "toString"/);
  assert.match(
    tlsProblem(flags('VersionTLS12', 'TLS_AES_128_GCM_SHA256,TLS_RSA_WITH_RC4_128_SHA'))!,
    /^--tls-cipher-suites: "TLS_RSA_WITH_RC4_128_SHA" is not one of TLS_AES_128_GCM_SHA256, .*TLS_RSA_WITH_AES/,
  );
});

test('every suite is one that there is; a list without any of TLS 1.3 means all of those', () => {
  const error = tlsProblem(flags('VersionTLS12', 'x'))!;
  const all = error.slice(error.indexOf('one of ') + 'one of '.length).split(', ');
  assert.ok(all.length > 20);
  for (const suite of all) {
    const { ciphers } = tlsOptions(flags('VersionTLS12', suite));
    assert.doesNotThrow(() => createSecureContext({ ciphers }), suite);
  }
  assert.equal(
    tlsOptions(flags('VersionTLS12', 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256')).ciphers,
    'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:ECDHE-RSA-AES128-GCM-SHA256',
  );
  assert.deepEqual(tlsOptions(flags('VersionTLS13')), { minVersion: 'TLSv1.3' });
});
