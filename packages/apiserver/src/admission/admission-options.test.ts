import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ConfigError } from '../config/config-file.js';
import { admissionOptions, admissionProblem, DEFAULT_ADMISSION } from './admission-options.js';

const directory = mkdtempSync(join(tmpdir(), 'admission-'));
after(() => rmSync(directory, { recursive: true }));

const flags = (more: Record<string, unknown> = {}) =>
  ({
    'default-not-ready-toleration-seconds': 300,
    'default-unreachable-toleration-seconds': 300,
    ...more,
  }) as Parameters<typeof admissionOptions>[0];

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}
const HEAD = 'apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\n';
const configured = (text: string, more = {}) =>
  admissionOptions(flags({ 'admission-control-config-file': file('config.yaml', HEAD + text), ...more }));

test('plugins are chosen beside those that are used by default', () => {
  const { enabled } = admissionOptions(
    flags({ 'enable-admission-plugins': 'AlwaysPullImages, NodeRestriction', 'disable-admission-plugins': 'Priority' }),
  );
  assert.ok(enabled.has('AlwaysPullImages') && enabled.has('NodeRestriction') && enabled.has('ResourceQuota'));
  assert.ok(!enabled.has('Priority') && !enabled.has('AlwaysDeny'));
  assert.deepEqual(admissionOptions(flags()).enabled, DEFAULT_ADMISSION.enabled);
});

for (const [given, problem] of [
  [{ 'enable-admission-plugins': 'Nope' }, /^--enable-admission-plugins: "Nope" is not one of AlwaysAdmit, /],
  [{ 'disable-admission-plugins': 'x' }, /^--disable-admission-plugins: "x" is not one of /],
  [
    { 'enable-admission-plugins': 'Priority', 'disable-admission-plugins': 'Priority' },
    /^--enable-admission-plugins and --disable-admission-plugins both name "Priority"$/,
  ],
  [{ 'default-unreachable-toleration-seconds': 1.5 }, /^--default-unreachable-toleration-seconds: 1.5 is not a whole/],
] as const) {
  test(`flags are refused that say ${JSON.stringify(given)}`, () => {
    assert.match(admissionProblem(flags(given)) ?? '', problem);
  });
}
test('flags that say nothing are right', () => {
  assert.equal(admissionProblem(flags()), undefined);
});

test('plugins of webhooks have credentials of their own, and a path that says where these are', () => {
  const kubeconfig = file('hooks.kubeconfig', 'users: [{ name: "*", user: { token: shown } }]');
  const plugin = (name: string, path: string) => `plugins:
- name: ${name}
  configuration: { apiVersion: apiserver.config.k8s.io/v1, kind: WebhookAdmissionConfiguration, kubeConfigFile: "${path}" }
`;
  const { mutatingWebhooks, validatingWebhooks } = configured(plugin('MutatingAdmissionWebhook', kubeconfig));
  assert.equal(mutatingWebhooks?.('a:1')?.authorization, 'Bearer shown');
  assert.equal(validatingWebhooks, undefined);
  const relative = plugin('ValidatingAdmissionWebhook', 'hooks.kubeconfig');
  assert.throws(() => configured(relative), /kubeConfigFile: Invalid value: "hooks.kubeconfig": must be an absolute/);
  const nowhere = plugin('ValidatingAdmissionWebhook', `${kubeconfig}.none`);
  assert.throws(() => configured(nowhere), /--admission-control-config-file: .*hooks\.kubeconfig\.none/);
});

test('plugins are configured in the file and in files beside it', () => {
  file(
    'quota.yaml',
    'apiVersion: apiserver.config.k8s.io/v1\nkind: ResourceQuotaConfiguration\nlimitedResources: [{resource: pods}]',
  );
  const { podSecurity, resourceQuota, podNodeSelector } = configured(`plugins:
- name: PodSecurity
  configuration:
    apiVersion: pod-security.admission.config.k8s.io/v1
    kind: PodSecurityConfiguration
    defaults: {enforce: baseline, enforce-version: v1.30}
    exemptions: {usernames: [admin]}
- {name: ResourceQuota, path: quota.yaml}
- name: PodNodeSelector
  configuration: {podNodeSelectorPluginConfig: {default: a=b}}
`);
  assert.equal(podSecurity?.defaults?.['enforce-version'], 'v1.30');
  assert.deepEqual(podSecurity?.exemptions?.usernames, ['admin']);
  assert.deepEqual(resourceQuota, { limitedResources: [{ resource: 'pods' }] });
  assert.deepEqual(podNodeSelector, { default: 'a=b' });
});

const inline = (name: string, text: string) => `plugins: [{name: ${name}, configuration: ${text}}]`;
const POD_SECURITY = 'apiVersion: pod-security.admission.config.k8s.io/v1, kind: PodSecurityConfiguration';
const EVENTS = 'apiVersion: eventratelimit.admission.k8s.io/v1alpha1, kind: Configuration';
for (const [text, problem] of [
  ['plugins: [{name: Nope}]', /plugins\[0\].name: Unsupported value: "Nope"/],
  ['plugins: [{name: Priority}, {name: Priority}]', /plugins\[1\].name: Duplicate value: "Priority"/],
  ['plugin: []', /unknown field "plugin"/],
  [
    inline('PodSecurity', `{${POD_SECURITY}, defaults: {enforce: odd, warn-version: "1"}}`),
    /configuration of PodSecurity: defaults.enforce: Invalid value: "odd": must be one of .*; defaults.warn-version: /,
  ],
  [
    inline('PodSecurity', `{${POD_SECURITY}, exemptions: {namespaces: [A, b, b], usernames: [""]}}`),
    /exemptions.namespaces\[0\]: Invalid value: "A": .*; exemptions.namespaces\[2\]: Duplicate .*usernames\[0\]: Invalid/,
  ],
  [inline('PodSecurity', '{kind: Other}'), /it must be a PodSecurityConfiguration of apiVersion/],
  [
    inline(
      'ResourceQuota',
      '{apiVersion: resourcequota.admission.k8s.io/v1beta1, kind: Configuration, limitedResources: [{}]}',
    ),
    /limitedResources\[0\].resource: Required value/,
  ],
  [
    inline('EventRateLimit', `{${EVENTS}, limits: [{type: Nope, qps: 0, burst: -1}]}`),
    /limits\[0\].type: Unsupported .*burst: Invalid value: -1: must be positive; limits\[0\].qps/,
  ],
  [
    inline('PodNodeSelector', '{podNodeSelectorPluginConfig: {a: "b in (c)"}}'),
    /podNodeSelectorPluginConfig.a: invalid/,
  ],
  ['plugins: [{name: ResourceQuota, path: missing.yaml}]', /missing.yaml/],
  [inline('ImagePolicyWebhook', '{}'), /imagePolicy: Required value/],
  [
    inline(
      'ImagePolicyWebhook',
      '{imagePolicy: {allowTTL: 0.5, denyTTL: 1801, retryBackoff: x, defaultAllow: 1, more: 1}}',
    ),
    /imagePolicy.more: Forbidden.*kubeConfigFile: Required value.*defaultAllow: Invalid .*retryBackoff: Invalid value: "x": must be a number from 1 to 300000.*allowTTL: Invalid value: 0.5: must be a number from 1 to 1800.*denyTTL: Invalid/,
  ],
  [inline('ImagePolicyWebhook', '{imagePolicy: {kubeConfigFile: /missing.kubeconfig}}'), /missing.kubeconfig/],
] as const) {
  test(`a configuration is refused that says ${text}`, () => {
    assert.throws(
      () => configured(text),
      (error: Error) => {
        assert.ok(error instanceof ConfigError);
        assert.match(error.message, /^--admission-control-config-file: /);
        assert.match(error.message, problem);
        return true;
      },
    );
  });
}

test('limits of events must be told where they are to hold', () => {
  const enable = { 'enable-admission-plugins': 'EventRateLimit' };
  assert.throws(() => admissionOptions(flags(enable)), /plugin EventRateLimit needs a configuration with limits/);
  const limits = `{${EVENTS}, limits: [{type: Server, qps: 1, burst: 1}]}`;
  assert.equal(configured(inline('EventRateLimit', limits), enable).eventRateLimit?.limits?.length, 1);
});

test('whoever decides about images must be named where it is to be asked', () => {
  const enable = { 'enable-admission-plugins': 'ImagePolicyWebhook' };
  assert.throws(() => admissionOptions(flags(enable)), /plugin ImagePolicyWebhook needs an imagePolicy/);
  const cluster = 'clusters: [{name: c, cluster: {server: "https://policy.example.com/review"}}]';
  const context = 'contexts: [{name: x, context: {cluster: c, user: ""}}]';
  const path = file('kubeconfig', `apiVersion: v1\nkind: Config\n${cluster}\n${context}\ncurrent-context: x\n`);
  const text = `{imagePolicy: {kubeConfigFile: ${JSON.stringify(path)}, allowTTL: 60, denyTTL: -1, defaultAllow: true}}`;
  const { target, ...policy } = configured(inline('ImagePolicyWebhook', text), enable).imagePolicy!;
  assert.equal(target.url, 'https://policy.example.com/review');
  assert.deepEqual(policy, { firstPauseMs: 500, allowedTtlMs: 60_000, deniedTtlMs: 0, defaultAllow: true });
});
