import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { KubeObject } from '@keelson/api';
import { context, request, world } from '../../../test/world.js';
import type { AdmissionPlugin } from '../admission.js';
import type { PodSecurityConfiguration } from './configuration.js';
import { podSecurity } from './pod-security.js';

const LABEL = 'pod-security.kubernetes.io';
let place: Awaited<ReturnType<typeof world>>;
const plugins: AdmissionPlugin[] = [];
let warnings: string[] = [];
let annotations: Record<string, string> = {};

before(async () => {
  place = await world(plugins);
  await place.registry.create(
    place.namespaces,
    request(place.namespaces, 'create', '', { metadata: { name: 'default' } }),
    context,
  );
});
after(() => place.close());

function configure(configuration: PodSecurityConfiguration = {}): void {
  const { namespaces, pods } = place;
  plugins.splice(0, 1, podSecurity({ namespaces, pods }, configuration));
}

const asked = () => {
  warnings = [];
  annotations = {};
  const annotate = (key: string, value: string) => {
    annotations[key.replace(`${LABEL}/`, '')] = value;
  };
  return { ...context, warn: (text: string) => void warnings.push(text), annotate };
};

async function label(labels: Record<string, string | null>): Promise<void> {
  const all = Object.fromEntries(
    ['enforce', 'warn', 'audit']
      .flatMap((mode) => [mode, `${mode}-version`])
      .map((it) => [`${LABEL}/${it}`, labels[it] ?? null]),
  );
  const body = { metadata: { labels: all } };
  const asking = request(place.namespaces, 'patch', 'default', body, {}, 'application/merge-patch+json');
  await place.registry.patch(place.namespaces, asking, asked());
  await place.cache.fresh();
}

let made = 0;
const pod = (spec: object = {}, metadata: object = {}) => ({
  metadata: { name: `p${made++}`, ...metadata },
  spec: { containers: [{ name: 'c', image: 'i' }], ...spec },
});
const create = (object: object, collection = place.pods) =>
  place.registry.create(collection, request(collection, 'create', '', object), asked());

test('a pod is refused by what is enforced and warned about by what is not', async () => {
  configure();
  await label({ enforce: 'baseline', warn: 'restricted', 'warn-version': 'v1.18', audit: 'restricted' });
  await assert.rejects(create(pod({ hostNetwork: true }, { name: 'x' })), {
    code: 403,
    message: 'pods "x" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true)',
  });
  assert.deepEqual(warnings, []);
  assert.equal(annotations['enforce-policy'], 'baseline:latest');
  await create(pod());
  assert.equal(warnings.length, 1);
  assert.match(
    warnings[0] ?? '',
    /^would violate PodSecurity "restricted:v1.18": allowPrivilegeEscalation != false \(/,
  );
  assert.match(annotations['audit-violations'] ?? '', /^would violate PodSecurity "restricted:latest": /);
});

test('a template is warned about only', async () => {
  configure();
  await label({ enforce: 'baseline' });
  const template = { metadata: { labels: { a: 'b' } }, spec: pod({ hostPID: true }).spec };
  const spec = { selector: { matchLabels: { a: 'b' } }, template };
  await create({ metadata: { name: 'd' }, spec }, place.deployments);
  assert.deepEqual(warnings, ['would violate PodSecurity "baseline:latest": host namespaces (hostPID=true)']);
  const jobs = place.collection('cronjobs', 'batch');
  const job = {
    schedule: '* * * * *',
    jobTemplate: { spec: { template: { spec: { ...template.spec, restartPolicy: 'Never' } } } },
  };
  await create({ metadata: { name: 'j' }, spec: job }, jobs);
  assert.deepEqual(warnings, ['would violate PodSecurity "baseline:latest": host namespaces (hostPID=true)']);
});

test('labels that mean nothing are refused when they come, and let be when they are there', async () => {
  configure();
  await label({});
  await assert.rejects(label({ enforce: 'odd', 'warn-version': '1' }), {
    code: 422,
    message: `Namespace "default" is invalid: [metadata.labels[${LABEL}/enforce]: Invalid value: "odd": must be one of privileged, baseline, restricted, metadata.labels[${LABEL}/warn-version]: Invalid value: "1": must be "latest" or "v1.x"]`,
  });
  const nope = { metadata: { name: 'n', labels: { [`${LABEL}/enforce`]: 'nope' } } };
  await assert.rejects(create(nope, place.namespaces), { code: 422 });
  plugins.splice(0, 1);
  await label({ enforce: 'odd' });
  configure();
  await label({ enforce: 'odd' });
  await assert.rejects(create(pod()), /violates PodSecurity "restricted:latest"/);
  assert.match(annotations['error'] ?? '', /^Failed to parse policy: metadata.labels/);
});

test('whoever asks more of a namespace is told of the pods that do not do it, alike ones together', async () => {
  configure();
  await label({});
  const names = place.collection('pods');
  for (const name of ['b', 'a', 'c'])
    await create(pod({ hostNetwork: name !== 'c', hostPID: name === 'c' }, { name: `host-${name}` }), names);
  await place.cache.fresh();
  await label({ enforce: 'baseline' });
  assert.deepEqual(warnings, [
    'existing pods in namespace "default" violate the new PodSecurity enforce level "baseline:latest"',
    'host-a (and 2 other pods): host namespaces',
  ]);
  await label({ enforce: 'privileged' });
  assert.deepEqual(warnings, []);
  await label({ enforce: 'restricted' });
  await label({ enforce: 'baseline' });
  assert.deepEqual(warnings, []);
});

test('nobody is asked again for what may not change anyway', async () => {
  configure();
  await label({});
  await create(pod({}, { name: 'old' }));
  await label({ enforce: 'restricted' });
  const patch = (body: object) =>
    place.registry.patch(
      place.pods,
      request(place.pods, 'patch', 'old', body, {}, 'application/strategic-merge-patch+json'),
      asked(),
    );
  await patch({ metadata: { labels: { a: 'b' } } });
  await assert.rejects(patch({ spec: { containers: [{ name: 'c', image: 'other' }] } }), /violates PodSecurity/);
});

test('users, namespaces and runtime classes may be exempt', async () => {
  configure();
  await label({ enforce: 'restricted' });
  configure({ exemptions: { usernames: ['tester'] } });
  await create(pod());
  assert.deepEqual(annotations, { exempt: 'user' });
  configure({ exemptions: { runtimeClasses: ['sandbox'] } });
  await create(pod({ runtimeClassName: 'sandbox' }));
  assert.deepEqual(annotations, { exempt: 'runtimeClass' });
  await assert.rejects(create(pod({ runtimeClassName: 'other' })), /violates PodSecurity/);
  configure({ exemptions: { namespaces: ['default'] } });
  await create(pod());
  assert.deepEqual(annotations, { exempt: 'namespace' });
  await label({ enforce: 'baseline', 'enforce-version': 'v1.9', audit: 'restricted' });
  assert.deepEqual(warnings, [
    'namespace "default" is exempt from Pod Security, and the policy (enforce=baseline:v1.9, audit=restricted:latest) will be ignored',
  ]);
});

test('defaults hold where labels say nothing', async () => {
  configure();
  await label({});
  configure({ defaults: { enforce: 'baseline', 'enforce-version': 'v1.30' } });
  await assert.rejects(create(pod({ hostIPC: true })), /violates PodSecurity "baseline:v1.30"/);
  const { object } = await create(pod());
  assert.ok((object as KubeObject).metadata.uid);
});
