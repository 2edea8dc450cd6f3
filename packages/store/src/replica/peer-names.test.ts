import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PeerCertificate } from 'node:tls';
import { refusedName } from '../allowed-names.js';
import type { Member } from '../cluster/membership.js';
import { speaksFor } from './peer-names.js';

const member = (id: bigint, name: string, host = '127.0.0.1'): Member => ({
  ...{ id, name, peerUrls: [`https://${host}:2380`], clientUrls: [], isLearner: false },
});
const certificate = (CN: string, subjectaltname?: string) => ({ subject: { CN }, subjectaltname }) as PeerCertificate;

const a = member(1n, 'a');
const b = member(2n, 'b');
const members = [a, b];

test('a certificate that carries a member’s name is that member’s, wherever the others are', () => {
  for (const own of [certificate('a', 'IP Address:127.0.0.1'), certificate('x', 'DNS:a, IP Address:127.0.0.1')]) {
    assert.ok(speaksFor(own, a, members));
    assert.ok(!speaksFor(own, b, members));
  }
  const shared = certificate('etcd', 'DNS:a, DNS:b');
  assert.ok(speaksFor(shared, a, members) && speaksFor(shared, b, members));
});

test('one without such a name is for the hosts it is made out to', () => {
  const near = member(1n, 'a', 'one.example.com');
  const far = member(2n, 'b', 'two.example.com');
  const own = certificate('etcd', 'DNS:one.example.com');
  assert.ok(speaksFor(own, near, [near, far]));
  assert.ok(!speaksFor(own, far, [near, far]));
  assert.ok(speaksFor(certificate('etcd', 'DNS:*.example.com'), far, [near, far]));
  assert.ok(!speaksFor(certificate('one.example.com'), near, [near, far]));
});

test('a member that has not started comes with the certificate of the one whose place it takes', () => {
  const fresh = member(3n, '');
  assert.ok(speaksFor(certificate('a'), fresh, [...members, fresh]));
  const back = member(4n, 'a');
  assert.ok(speaksFor(certificate('a'), back, [...members, back]));
});

test('ports take common names or hosts that they are told of', () => {
  const refused = (allowed: { commonNames?: string[]; hostnames?: string[] }, it: PeerCertificate) =>
    refusedName({ commonNames: [], hostnames: [], ...allowed }, it) !== undefined;
  assert.ok(!refused({}, certificate('anybody')));
  assert.ok(!refused({ commonNames: ['a', 'b'] }, certificate('b')));
  assert.ok(refused({ commonNames: ['a'] }, certificate('ab', 'DNS:a')));
  assert.ok(!refused({ hostnames: ['h'] }, certificate('x', 'DNS:g, DNS:h')));
  assert.ok(refused({ hostnames: ['h'] }, certificate('h')));
});
