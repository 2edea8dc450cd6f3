import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  allKinds,
  type CertificateSigningRequest,
  type ConfigMap,
  type Deployment,
  isApiError,
  type KubeObject,
  type Pod,
} from '@keelson/api';
import {
  ApiClient,
  GrpcTransport,
  Informer,
  InformerFactory,
  type Resource,
  RestTransport,
  resources,
  type Transport,
} from '@keelson/client';
import { connect, seededRandom, silentLogger, systemClock } from '@keelson/service';
import { options, ServerUnderTest } from './server-under-test.js';

/**
 * The contract of a Transport: whatever our components ask through it comes out alike over gRPC and over REST, so that
 * what runs on our own door runs on any Kubernetes.
 */

const clock = systemClock({ keepAlive: false });
let world: ServerUnderTest;
let transports: Readonly<Record<'rest' | 'grpc', Transport>>;

before(async () => {
  if (options.skip) return;
  world = await ServerUnderTest.start();
  transports = { rest: restAs('admin'), grpc: grpcAs('admin') };
});
after(async () => {
  for (const it of opened) it.close();
  await world?.stop();
});

const opened: Transport[] = [];
const kept = <T extends Transport>(transport: T): T => {
  opened.push(transport);
  return transport;
};
const tlsOf = (who: string) => ({
  ca: world.read('ca.crt'),
  cert: world.read(`${who}.crt`),
  key: world.read(`${who}.key`),
});
const restAs = (who: string) =>
  kept(new RestTransport({ server: `https://127.0.0.1:${world.ports.rest}`, tls: tlsOf(who) }, { clock }));
const grpcAs = (who: string) =>
  kept(new GrpcTransport(connect(`127.0.0.1:${world.ports.grpc}`, { clock, tls: tlsOf(who) })));

interface Visit {
  readonly client: ApiClient;
  readonly namespace: string;
  /** Another client, of somebody who may do nothing. */
  readonly jane: ApiClient;
  readonly note: (what: unknown) => void;
  /** Notes the answer, or how it was refused. */
  readonly ask: <T>(answer: Promise<T>) => Promise<T | undefined>;
}

const builtIn = <T extends KubeObject>(name: string): Resource<T> => {
  const { group, version, plural, kind, scope } = allKinds.find((it) => it.kind === name)!;
  return { group, version, plural, kind, namespaced: scope === 'Namespaced' };
};
const requests = builtIn<CertificateSigningRequest>('CertificateSigningRequest');

const map = (namespace: string, name: string, more: Partial<ConfigMap> = {}): ConfigMap => ({
  metadata: { namespace, name, labels: { even: String(Number(name.slice(1)) % 2 === 0) } },
  ...more,
});
const pod = (namespace: string, name: string): Pod => ({
  metadata: { namespace, name },
  spec: { containers: [{ name: 'c', image: 'i' }] },
});
const deployment = (namespace: string): Deployment => ({
  metadata: { namespace, name: 'web' },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
  },
});

const BEHAVIOURS: Readonly<Record<string, (visit: Visit) => Promise<void>>> = {
  async 'objects are made, read, changed and deleted'({ client, namespace, ask }) {
    const key = { namespace, name: 'm1' };
    const made = await ask(client.create(resources.configMaps, map(namespace, 'm1', { data: { a: '1' } })));
    await ask(client.create(resources.configMaps, map(namespace, 'm1')));
    await ask(client.get(resources.configMaps, key));
    await ask(client.update(resources.configMaps, { ...made!, data: { a: '2' } }));
    await ask(client.update(resources.configMaps, { ...made!, data: { a: '3' } }));
    await ask(client.patch(resources.configMaps, key, 'merge', { data: { b: '1' } }));
    await ask(client.patch(resources.configMaps, key, 'json', [{ op: 'remove', path: '/data/b' }]));
    await ask(client.patch(resources.configMaps, key, 'strategic', { data: { a: null } }));
    const applied = { apiVersion: 'v1', kind: 'ConfigMap', metadata: key, data: { c: '1' } };
    await ask(client.patch(resources.configMaps, key, 'apply', applied, { fieldManager: 'me', force: true }));
    await ask(client.create(resources.configMaps, map(namespace, 'm2'), { dryRun: ['All'] }));
    await ask(client.delete(resources.configMaps, key, { preconditions: { uid: 'another' } }));
    await ask(client.delete(resources.configMaps, key));
    await ask(client.get(resources.configMaps, key));
    await ask(client.delete(resources.configMaps, key));
  },

  async 'refusals say what they are about'({ client, namespace, jane, ask }) {
    await ask(client.create(resources.pods, { metadata: { namespace, name: 'Bad_Name' }, spec: { containers: [] } }));
    await ask(
      client.create(resources.pods, { ...pod(namespace, 'a'), nonsense: 1 } as Pod, { fieldValidation: 'Strict' }),
    );
    await ask(
      client.create(resources.pods, { ...pod(namespace, 'b'), nonsense: 1 } as Pod, { fieldValidation: 'Warn' }),
    );
    await ask(client.get({ ...resources.pods, plural: 'unknowns' }, { namespace, name: 'a' }));
    await ask(jane.get(resources.pods, { namespace, name: 'a' }));
    await ask(jane.watch(resources.pods)[Symbol.asyncIterator]().next());
    await ask(client.list(resources.pods, { namespace, labelSelector: 'a in' }));
    await ask(client.list(resources.pods, { namespace, fieldSelector: 'spec.image=x' }));
    await ask(client.list(resources.pods, { namespace, continueToken: 'nonsense', limit: 1 }));
  },

  async 'lists come in pages and are selected by the server'({ client, namespace, note }) {
    for (let i = 0; i < 7; i++) await client.create(resources.configMaps, map(namespace, `m${i}`));
    let continueToken: string | undefined;
    do {
      const page = await client.list(resources.configMaps, { namespace, limit: 3, continueToken });
      note([page.items.map((it) => [it.kind, it.apiVersion, it.metadata.name]), page.metadata.remainingItemCount]);
      continueToken = page.metadata.continue;
    } while (continueToken);
    const named = await client.list(resources.configMaps, { namespace, fieldSelector: 'metadata.name=m3' });
    const even = await client.list(resources.configMaps, { namespace, labelSelector: 'even=true' });
    note([named, even].map(({ items }) => items.map((it) => it.metadata.name)));
    const cached = await client.list(resources.configMaps, { namespace, resourceVersion: '0' });
    note(cached.items.length);
    await client.deleteCollection(resources.configMaps, { namespace, labelSelector: 'even=true' });
    note((await client.list(resources.configMaps, { namespace })).items.map((it) => it.metadata.name));
    note((await client.table(resources.configMaps, { namespace })).rows?.map(({ cells }) => cells[0]));
  },

  async 'watches tell what was there and what changes'({ client, namespace, note, ask }) {
    const first = await client.create(resources.configMaps, map(namespace, 'm1'));
    const stop = new AbortController();
    const settings = { namespace, signal: stop.signal, allowWatchBookmarks: true };
    const streamed = { ...settings, sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' };
    const stream = client.watch(resources.configMaps, streamed)[Symbol.asyncIterator]();
    const even = client
      .watch(resources.configMaps, {
        ...settings,
        labelSelector: 'even=true',
        resourceVersion: first.metadata.resourceVersion,
      })
      [Symbol.asyncIterator]();
    const event = async (it: typeof stream) => {
      const { value } = await it.next();
      const { metadata, kind } = value.object as KubeObject;
      return [value.type, kind, metadata.name, metadata.annotations];
    };
    note([await event(stream), await event(stream)]);
    const second = await client.create(resources.configMaps, map(namespace, 'm2'));
    await client.patch(resources.configMaps, { namespace, name: 'm2' }, 'merge', {
      metadata: { labels: { even: 'false' } },
    });
    await client.delete(resources.configMaps, { namespace, name: 'm1' });
    note([await event(stream), await event(stream), await event(stream)]);
    note([await event(even), await event(even)]);
    stop.abort();
    note([(await stream.next()).done, (await even.next()).done]);
    const ended = client.watch(resources.configMaps, {
      ...{ namespace, timeoutSeconds: 1, resourceVersion: second.metadata.resourceVersion },
    });
    let events = 0;
    for await (const _ of ended) events += 1;
    note(events);
    const future = String(Number(second.metadata.resourceVersion) + 1_000_000);
    await ask(client.list(resources.configMaps, { namespace, resourceVersion: future }));
    await ask(
      client.watch(resources.configMaps, { namespace, sendInitialEvents: true })[Symbol.asyncIterator]().next(),
    );
  },

  async 'subresources are served'({ client, namespace, note, ask }) {
    await client.create(resources.pods, pod(namespace, 'a'));
    const key = { namespace, name: 'a' };
    const binding = { apiVersion: 'v1', kind: 'Binding', metadata: key, target: { kind: 'Node', name: 'n' } };
    const posted = (object: object, subresource: string, resource: Resource = resources.pods) =>
      ask(client.create(resource, object as KubeObject, { subresource }));
    await posted(binding, 'binding');
    await posted(binding, 'binding');
    await ask(
      client.patch(resources.pods, key, 'strategic', { status: { phase: 'Running' } }, { subresource: 'status' }),
    );
    const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: key };
    await posted({ ...eviction, deleteOptions: { gracePeriodSeconds: 0 } }, 'eviction');
    await ask(client.get(resources.pods, key));
    await client.create(resources.deployments, deployment(namespace));
    const web = { namespace, name: 'web' };
    await ask(client.get(resources.deployments, web, { subresource: 'scale' }));
    await ask(client.patch(resources.deployments, web, 'merge', { spec: { replicas: 5 } }, { subresource: 'scale' }));
    const account = { namespace, name: 'robot' };
    await client.create(resources.serviceAccounts, { metadata: account });
    const token = await client.create<KubeObject, { status?: { token?: string } }>(
      { ...resources.serviceAccounts, kind: 'TokenRequest' } as Resource,
      { metadata: account, spec: { expirationSeconds: 3600 } } as KubeObject,
      { subresource: 'token' },
    );
    note(typeof token.status?.token);
  },

  async 'certificates are approved'({ client, namespace, note }) {
    const request = Buffer.from(CSR).toString('base64');
    const usages = ['client auth'];
    const made = await client.create(requests, {
      metadata: { name: namespace },
      spec: { request, usages, signerName: 'example.com/x' },
    });
    const conditions = [{ type: 'Approved', status: 'True', reason: 'Test', message: 'yes' }];
    const approved = await client.update(requests, { ...made, status: { conditions } }, { subresource: 'approval' });
    note(approved.status?.conditions?.map(({ type, reason }) => [type, reason]));
  },

  async 'metadata can be all that is wanted'({ client, namespace, note }) {
    await client.create(resources.configMaps, map(namespace, 'm1', { data: { long: 'text' } }));
    const informers = new InformerFactory(
      { client, clock, random: seededRandom(1), logger: silentLogger },
      { streamLists: true },
    );
    const stop = new AbortController();
    const informer = informers.metadataFor(resources.configMaps);
    await informers.start(stop.signal);
    note(informer.get(namespace, 'm1'));
    stop.abort();
  },

  async 'an informer follows'({ client, namespace, note }) {
    const heard: string[] = [];
    const stop = new AbortController();
    await client.create(resources.configMaps, map(namespace, 'm1'));
    for (const streamList of [true, false]) {
      const informer = new Informer<ConfigMap>(
        resources.configMaps,
        { namespace, streamList, pageSize: 1 },
        { client, clock, random: seededRandom(1), logger: silentLogger },
      );
      informer.addHandler({
        onAdd: ({ metadata }) => void heard.push(`${streamList} add ${metadata.name}`),
        onDelete: ({ metadata }) => void heard.push(`${streamList} delete ${metadata.name}`),
      });
      informer.start(stop.signal);
      await informer.synced();
    }
    await client.create(resources.configMaps, map(namespace, 'm2'));
    await client.delete(resources.configMaps, { namespace, name: 'm2' });
    while (heard.length < 6) await clock.sleep(10);
    note(heard.sort());
    stop.abort();
  },
};

/** What is by chance, or because the other was there before. */
const CHANCE = new Set([
  'uid',
  'resourceVersion',
  'creationTimestamp',
  'managedFields',
  'time',
  'lastTransitionTime',
  'startTime',
]);

const MADE_UP = /[0-9a-f]{8}-[0-9a-f-]{27}|(?<=kube-api-access-)\w{5}/g;

function normal(value: unknown, namespace: string): unknown {
  const plain = (text: string) =>
    text
      .replaceAll(namespace, 'NS')
      .replace(MADE_UP, 'X')
      .replace(/\b\d{3,}\b/g, 'N');
  const known = (key: string, it: unknown) => (CHANCE.has(key) ? undefined : typeof it === 'string' ? plain(it) : it);
  return JSON.parse(JSON.stringify(value ?? null, known));
}

async function shown(over: 'rest' | 'grpc', index: number, run: (visit: Visit) => Promise<void>): Promise<unknown[]> {
  const namespace = `contract-${over}-${index}`;
  const notes: unknown[] = [];
  const note = (what: unknown) => void notes.push(normal(what, namespace));
  const client = new ApiClient(transports[over], { onWarning: (text) => note({ warning: text }) });
  const jane = new ApiClient(over === 'rest' ? restAs('jane') : grpcAs('jane'));
  await client.create(resources.namespaces, { metadata: { name: namespace } });
  await client.create(resources.serviceAccounts, { metadata: { namespace, name: 'default' } });
  const ask = async <T>(answer: Promise<T>): Promise<T | undefined> => {
    try {
      const value = await answer;
      note(value);
      return value;
    } catch (error) {
      assert.ok(isApiError(error), String(error));
      note(error.status());
      return undefined;
    }
  };
  await run({ client, jane, namespace, note, ask });
  return notes;
}

for (const [index, [name, run]] of Object.entries(BEHAVIOURS).entries()) {
  test(`over either transport: ${name}`, options, async () => {
    const [grpc, rest] = await Promise.all([shown('grpc', index, run), shown('rest', index, run)]);
    assert.ok(grpc.length > 0);
    for (const [at, one] of grpc.entries()) assert.deepEqual(rest[at], one, `note ${at + 1}`);
    assert.equal(rest.length, grpc.length);
  });
}

test('over either transport: what is served', options, async () => {
  const [grpc, rest] = await Promise.all([transports.grpc.discover({}), transports.rest.discover({})]);
  assert.ok(grpc.resources.length > 60);
  assert.deepEqual(rest, grpc);
});

const CSR = `-----BEGIN CERTIFICATE REQUEST-----
MIHGMG4CAQAwDDEKMAgGA1UEAwwBeDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IA
BKuN1bE2hdr7d8TTv1sRnWDmQFBvDYa6N5KZ/UXyf00lf0RKXARyUNndX4N0D4K2
b7tacwdpTBIQVGxO911SO2CgADAKBggqhkjOPQQDAgNIADBFAiBJ6XqhWG+V258R
uD6u8AkavUcpRpKLkuU+S1fQZ3U74QIhAM+yRYi1Nh0xYl26ErQ+59jO7mcmBFSQ
u0wB2LGE0n+r
-----END CERTIFICATE REQUEST-----
`;
