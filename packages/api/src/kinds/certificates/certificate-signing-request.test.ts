import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { test } from 'node:test';
import { errorText } from '../../field-errors.js';
import type { CertificateSigningRequest } from '../../gen/types.js';
import { deepClone } from '../../object.js';
import { validateChange } from './approval.js';
import { certificateSigningRequest as kind } from './certificate-signing-request.js';
import { pemBlocks } from './pem.js';
import { requestProblem } from './pkcs10.js';

const der = (tag: number, ...parts: Buffer[]): Buffer => {
  const content = Buffer.concat(parts);
  const { length } = content;
  const head = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...head]), content]);
};

const ALGORITHMS = {
  rsa: { oid: '2a864886f70d01010b', hash: 'sha256', keys: () => generateKeyPairSync('rsa', { modulusLength: 2048 }) },
  ec: { oid: '2a8648ce3d040302', hash: 'sha256', keys: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }) },
  ed25519: { oid: '2b6570', hash: null, keys: () => generateKeyPairSync('ed25519') },
};

/** A request for a certificate without a subject. */
function request(algorithm: keyof typeof ALGORITHMS): Buffer {
  const { oid, hash, keys } = ALGORITHMS[algorithm];
  const { publicKey, privateKey } = keys();
  const spki = publicKey.export({ format: 'der', type: 'spki' });
  const information = der(0x30, Buffer.from([2, 1, 0]), der(0x30), spki, Buffer.from([0xa0, 0]));
  const signature = sign(hash, information, privateKey);
  const identifier = der(0x30, der(6, Buffer.from(oid, 'hex')));
  return der(0x30, information, identifier, der(3, Buffer.from([0]), signature));
}

const pem = (bytes: Buffer, type = 'CERTIFICATE REQUEST') =>
  `-----BEGIN ${type}-----\n${bytes.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END ${type}-----\n`;

function given(change: Partial<NonNullable<CertificateSigningRequest['spec']>> = {}): CertificateSigningRequest {
  const spec = {
    request: Buffer.from(pem(request('ec'))).toString('base64'),
    signerName: 'example.com/signer',
    usages: ['client auth'],
    ...change,
  };
  return { metadata: { name: 'c', resourceVersion: '1' }, spec, status: {} };
}

const problems = (it: CertificateSigningRequest) => kind.validate(it).map(errorText);

test('a request is good as it is signed, and bad with any bit of it turned', () => {
  for (const algorithm of Object.keys(ALGORITHMS) as (keyof typeof ALGORITHMS)[]) {
    const good = request(algorithm);
    assert.equal(requestProblem(good), undefined, algorithm);
    for (let at = 0; at < good.length; at += 7) {
      const bad = Buffer.from(good);
      bad[at] = (bad[at] ?? 0) ^ 1;
      assert.notEqual(requestProblem(bad), undefined, `${algorithm} ${at}`);
    }
    for (const length of [0, 1, 2, 20, good.length - 1])
      assert.notEqual(requestProblem(good.subarray(0, length)), undefined);
    assert.match(requestProblem(Buffer.concat([good, Buffer.from([0])])) ?? '', /trailing data/);
  }
});

test('what stands around a block, and blocks that are none, are passed over', () => {
  const text = `words\n-----BEGIN A-----\nnot base64!\n-----END A-----\n${pem(Buffer.from('abc'), 'B')}more`;
  assert.deepEqual(
    pemBlocks(text).map(({ type, bytes }) => [type, bytes.toString()]),
    [['B', 'abc']],
  );
  const headed = '-----BEGIN C-----\nName: x\n\nYWJj\n-----END C-----\n';
  assert.deepEqual(
    pemBlocks(headed).map(({ hasHeaders, bytes }) => [hasHeaders, bytes.toString()]),
    [[true, 'abc']],
  );
});

test('signers, usages and durations', () => {
  assert.deepEqual(problems(given()), []);
  assert.deepEqual(problems(given({ request: 'YQ==' })), [
    'spec.request: Invalid value: "YQ==": PEM block type must be CERTIFICATE REQUEST',
  ]);
  assert.deepEqual(problems(given({ usages: ['any', 'any'] })), ['spec.usages[1]: Duplicate value: "any"']);
  const signer = (signerName: string) => problems(given({ signerName })).map((text) => text.replace(/^[^:]*: /, ''));
  assert.deepEqual(signer('a/b'), ['Invalid value: "a": should be a domain with at least two segments']);
  assert.match(signer('a.b/C')[0] ?? '', /^Invalid value: "C": validating label "C": a lowercase RFC 1123 subdomain/);
  assert.match(signer(`a.${'b'.repeat(64)}/c`)[0] ?? '', /must be no more than 63 characters$/);
  assert.deepEqual(signer('kubernetes.io/legacy-unknown'), [
    'Invalid value: "kubernetes.io/legacy-unknown": the legacy signerName is not allowed via this API version',
  ]);
  assert.match(problems(given({ expirationSeconds: 599 }))[0] ?? '', /less than 600 seconds/);
});

test('a signer neither approves nor takes back; a certificate is given once', () => {
  const old = given();
  const approve = (it: CertificateSigningRequest) => {
    const next = deepClone(it);
    next.status = { ...next.status, conditions: [{ type: 'Approved', status: 'True' }] };
    return next;
  };
  const approved = approve(old);
  const said = (next: CertificateSigningRequest, before: CertificateSigningRequest, may = {}) =>
    validateChange(next, before, may).map(({ detail }) => detail);
  assert.deepEqual(said(approved, old), ['updates may not add a condition of type "Approved"']);
  assert.deepEqual(said(approved, old, { setsApproval: true }), []);
  assert.deepEqual(said(old, approved, { setsApproval: true }), [
    'updates may not remove a condition of type "Approved"',
  ]);
  const signed = deepClone(approved);
  signed.status = { ...signed.status, certificate: 'YQ==' };
  assert.deepEqual(said(signed, approved), ['updates may not set certificate content']);
  assert.deepEqual(said(signed, approved, { setsCertificate: true }), []);
  const again = deepClone(signed);
  again.status = { ...again.status, certificate: 'YWE=' };
  assert.deepEqual(said(again, signed, { setsCertificate: true }), [
    'updates may not modify existing certificate content',
  ]);
  assert.deepEqual(kind.validateStatusUpdate(signed, approved).map(errorText), [
    'status.certificate: Invalid value: "<certificate data>": must contain at least one CERTIFICATE PEM block',
  ]);
});

test('conditions contradict each other no more than they repeat', () => {
  const it = given();
  it.status = {
    conditions: [
      { type: 'Approved', status: 'False' },
      { type: 'Denied', status: 'True' },
      { type: 'Denied', status: '' },
    ],
  };
  assert.deepEqual(problems(it), [
    'status.conditions[0].status: Unsupported value: "False": supported values: "True"',
    'status.conditions[1].type: Invalid value: "Denied": Approved and Denied conditions are mutually exclusive',
    'status.conditions[2].status: Required value',
    'status.conditions[2].type: Invalid value: "Denied": Approved and Denied conditions are mutually exclusive',
    'status.conditions[2].type: Duplicate value: "Denied"',
  ]);
});

test('conditions say since when they hold', () => {
  const old = given();
  old.status = { conditions: [{ type: 'A', status: 'True', lastTransitionTime: '2020-01-01T00:00:00Z' }] };
  const next = deepClone(old);
  next.status = {
    conditions: [
      { type: 'A', status: 'True' },
      { type: 'Failed', status: 'True' },
    ],
  };
  kind.strategy.prepareForStatusUpdate(next, old, '2024-01-01T00:00:00Z');
  assert.deepEqual(
    next.status?.conditions?.map(({ lastUpdateTime, lastTransitionTime }) => [lastUpdateTime, lastTransitionTime]),
    [
      ['2024-01-01T00:00:00Z', '2020-01-01T00:00:00Z'],
      ['2024-01-01T00:00:00Z', '2024-01-01T00:00:00Z'],
    ],
  );
});
