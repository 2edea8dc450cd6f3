import assert from 'node:assert/strict';
import { it } from 'node:test';
import { systemClock } from '@keelson/service';
import { openApi } from './api-access.js';
import { type ApiArguments, checkApiArguments } from './api-flags.js';
import { userAgent } from './user-agent.js';

const WRONG: [ApiArguments, RegExp][] = [
  [{ kubeconfig: 'k', apiserver: 'a:1' }, /^--kubeconfig and --apiserver exclude each other/],
  [{ kubeconfig: 'k', 'tls-ca-file': 'ca' }, /^--kubeconfig and --tls-ca-file exclude each other/],
  [{ master: 'm', apiserver: 'a:1' }, /^--master and --apiserver exclude each other/],
  [{ kubeconfig: 'k', 'tls-cert-file': 'c' }, /go together: the key is missing/],
  [{ kubeconfig: 'k', 'tls-private-key-file': 'c' }, /go together: the certificate is missing/],
  [{ kubeconfig: 'k', 'client-ca-file': 'c' }, /^--client-ca-file needs --tls-cert-file/],
  [{ apiserver: 'a' }, /^--apiserver: "a" is not of the form host:port/],
  [{ kubeconfig: 'k', 'kube-api-qps': Number.NaN }, /^--kube-api-qps: must be a number/],
  [{ kubeconfig: 'k', 'kube-api-burst': 1.5 }, /^--kube-api-burst: must be a whole number/],
];

it('names the flags that do not go together', () => {
  for (const [args, text] of WRONG) assert.match(checkApiArguments(args) ?? 'nothing', text);
  assert.equal(checkApiArguments({ kubeconfig: 'k', 'tls-cert-file': 'c', 'tls-private-key-file': 'k' }), undefined);
  assert.equal(checkApiArguments({ apiserver: 'a:1,b:2' }), undefined);
});

it('names the flags that say where an API server is, where none says so', () => {
  const dependencies = { clock: systemClock(), environment: {}, onWarning: () => {} };
  const open = () => openApi({ args: {}, program: 'kube-scheduler', rate: { qps: 1, burst: 1 } }, dependencies);
  assert.throws(open, /give --kubeconfig .* or --apiserver/);
});

it('is known by upstream’s names of programs', () => {
  assert.match(
    userAgent('kube-scheduler', 'leader-election'),
    /^kube-scheduler\/v1\.\d+\.\d+ \(\w+\/\w+\) keelson\/leader-election$/,
  );
});
