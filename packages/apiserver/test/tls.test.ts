import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connect } from 'node:tls';
import { options, ServerUnderTest } from './server-under-test.js';

let world: ServerUnderTest;
before(async () => {
  world = await ServerUnderTest.start('--tls-min-version', 'VersionTLS13');
});
after(() => world.stop());

/** The version that is agreed on, or nothing. */
function agreed(port: number, maxVersion: 'TLSv1.2' | 'TLSv1.3'): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, ca: world.read('ca.crt'), maxVersion, ALPNProtocols: ['h2'] });
    const end = (version: string | undefined) => {
      socket.destroy();
      resolve(version);
    };
    socket.on('secureConnect', () => end(socket.getProtocol() ?? undefined));
    socket.on('error', () => end(undefined));
  });
}

test('neither door speaks an older version than it is told', options, async () => {
  for (const port of [world.ports.rest, world.ports.grpc]) {
    assert.equal(await agreed(port, 'TLSv1.3'), 'TLSv1.3');
    assert.equal(await agreed(port, 'TLSv1.2'), undefined);
  }
  const { body } = await world.call('GET', '/metrics', { cert: 'admin' });
  assert.match(String(body['text']), /^apiserver_tls_handshake_errors_total [1-9]\d*$/m);
});

test('a version or a suite that there is not ends the process with the list', options, () => {
  const version = world.tryFlags('--tls-min-version', 'VersionTLS11');
  assert.equal(version.status, 2);
  assert.match(version.output, /--tls-min-version: "VersionTLS11" is not one of VersionTLS12, VersionTLS13/);
  const suite = world.tryFlags('--tls-cipher-suites', 'TLS_RSA_WITH_RC4_128_SHA');
  assert.equal(suite.status, 2);
  assert.match(suite.output, /--tls-cipher-suites: "TLS_RSA_WITH_RC4_128_SHA" is not one of TLS_/);
});
