import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  allKinds,
  type ConfigMap,
  type CustomResourceDefinition,
  isApiError,
  type KubeObject,
  type ValidatingWebhookConfiguration,
} from '@keelson/api';
import {
  ApiClient,
  controllerRateLimiter,
  GrpcTransport,
  type Informer,
  InformerFactory,
  type Resource,
  resources,
  WorkQueue,
} from '@keelson/client';
import { connect, silentLogger, systemClock, systemRandom } from '@keelson/service';
import { ClusterUnderTest, eventually } from './cluster-under-test.js';

const GROUP = 'library.example.com';
const FINALIZER = `${GROUP}/put-back`;
const NAMESPACE = 'default';

interface Shelf extends KubeObject {
  readonly spec: { readonly books: readonly string[] };
  readonly status?: { readonly count?: number; readonly observedGeneration?: number };
}

const builtIn = <T extends KubeObject>(name: string): Resource<T> => {
  const { group, version, plural, kind, scope } = allKinds.find((it) => it.kind === name)!;
  return { group, version, plural, kind, namespaced: scope === 'Namespaced' };
};
const definitions = builtIn<CustomResourceDefinition>('CustomResourceDefinition');
const validations = builtIn<ValidatingWebhookConfiguration>('ValidatingWebhookConfiguration');
const shelves: Resource<Shelf> = { group: GROUP, version: 'v1', plural: 'shelves', kind: 'Shelf', namespaced: true };
const older: Resource = { ...shelves, version: 'v1beta1' };

function definition(url: string, caBundle: string): CustomResourceDefinition {
  const version = (name: string, storage: boolean, spec: object) => ({
    ...{ name, served: true, storage, subresources: { status: {} } },
    schema: {
      openAPIV3Schema: {
        type: 'object',
        properties: { spec, status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    },
  });
  const books = { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } };
  return {
    metadata: { name: `shelves.${GROUP}` },
    spec: {
      ...{ group: GROUP, scope: 'Namespaced', names: { plural: 'shelves', singular: 'shelf', kind: 'Shelf' } },
      versions: [
        version('v1', true, { type: 'object', required: ['books'], properties: { books } }),
        version('v1beta1', false, { type: 'object', properties: { titles: { type: 'string' } } }),
      ],
      conversion: {
        strategy: 'Webhook',
        webhook: { clientConfig: { url: `${url}/convert`, caBundle }, conversionReviewVersions: ['v1'] },
      },
    },
  };
}

/** The webhooks of an operator: conversion between its versions, and a rule that no schema has. */
function webhook(pki: (name: string) => Buffer): Server {
  return createServer({ key: pki('apiserver.key'), cert: pki('apiserver.crt') }, async (request, response) => {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const { request: asked, ...review } = JSON.parse(text);
    const answer = request.url?.startsWith('/convert') ? converted(asked) : judged(asked);
    response.end(JSON.stringify({ ...review, response: { uid: asked.uid, ...answer } }));
  });
}

// biome-ignore lint/suspicious/noExplicitAny: what comes over the wire is looked into as it is
function converted({ desiredAPIVersion, objects }: any): object {
  // biome-ignore lint/suspicious/noExplicitAny: the same
  const convertedObjects = objects.map(({ spec, ...rest }: any) => ({
    ...{ ...rest, apiVersion: desiredAPIVersion },
    spec: desiredAPIVersion === `${GROUP}/v1` ? { books: spec.titles.split(',') } : { titles: spec.books.join(',') },
  }));
  return { result: { status: 'Success' }, convertedObjects };
}

// biome-ignore lint/suspicious/noExplicitAny: the same
function judged({ object }: any): object {
  const allowed = !object.spec.books.includes('banned');
  return allowed ? { allowed } : { allowed, status: { message: 'no banned books' } };
}

/** Keeps a ConfigMap for each shelf, and takes it away before the shelf goes. */
class Librarian {
  readonly #client: ApiClient;
  readonly #informer: Informer<Shelf>;
  readonly #queue: WorkQueue;

  constructor(client: ApiClient, informer: Informer<Shelf>) {
    this.#client = client;
    this.#informer = informer;
    const clock = systemClock();
    this.#queue = new WorkQueue({ clock, limiter: controllerRateLimiter(() => clock.monotonic()) });
    const look = ({ metadata }: Shelf) => this.#queue.add(metadata.name ?? '');
    informer.addHandler({ onAdd: look, onUpdate: look, onDelete: look });
  }

  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.#queue.shutDown(), { once: true });
    for (let name = await this.#queue.next(); name !== undefined; name = await this.#queue.next()) {
      try {
        await this.#reconcile(name);
        this.#queue.forget(name);
      } catch {
        this.#queue.retry(name);
      } finally {
        this.#queue.done(name);
      }
    }
  }

  async #reconcile(name: string): Promise<void> {
    const shelf = this.#informer.get(NAMESPACE, name);
    if (shelf === undefined) return;
    const { metadata, spec } = shelf;
    const key = { namespace: NAMESPACE, name };
    const map = { namespace: NAMESPACE, name: `shelf-${name}` };
    const finalizers = metadata.finalizers ?? [];
    if (metadata.deletionTimestamp !== undefined) {
      await this.#client.delete(resources.configMaps, map).catch(unless('NotFound'));
      const left = finalizers.filter((it) => it !== FINALIZER);
      await this.#client.patch(shelves, key, 'merge', { metadata: { finalizers: left } }).catch(unless('NotFound'));
      return;
    }
    if (!finalizers.includes(FINALIZER))
      await this.#client.patch(shelves, key, 'merge', { metadata: { finalizers: [...finalizers, FINALIZER] } });
    const owner = { apiVersion: `${GROUP}/v1`, kind: 'Shelf', name, uid: metadata.uid ?? '' };
    const configMap: ConfigMap = {
      ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...map, ownerReferences: [owner] } },
      data: { books: spec.books.join() },
    };
    const settings = { fieldManager: 'librarian', force: true };
    await this.#client.patch(resources.configMaps, map, 'apply', configMap, settings);
    const status = { count: spec.books.length, observedGeneration: metadata.generation };
    await this.#client.patch(shelves, key, 'merge', { status }, { subresource: 'status' });
  }
}

const unless = (reason: string) => (error: unknown) => {
  if (!isApiError(error, reason)) throw error;
};

describe('an operator over gRPC', () => {
  const cluster = new ClusterUnderTest();
  const stop = new AbortController();
  const pki = (name: string) => readFileSync(join(cluster.dataDir, 'pki', name));
  let hooks: Server;
  let client: ApiClient;
  let close: () => void = () => {};

  before(async () => {
    await cluster.up('--stores', '1', '--nodes', '0', '--disable', 'scheduler');
    hooks = webhook(pki).listen(0, '127.0.0.1');
    await once(hooks, 'listening');
    const clock = systemClock();
    const tls = { ca: pki('ca.crt'), cert: pki('admin.crt'), key: pki('admin.key') };
    const connection = connect(`127.0.0.1:${cluster.portBase + 1}`, { clock, tls });
    close = () => connection.close();
    client = new ApiClient(new GrpcTransport(connection));
    const url = `https://127.0.0.1:${(hooks.address() as AddressInfo).port}`;
    const caBundle = pki('ca.crt').toString('base64');
    await client.create(definitions, definition(url, caBundle));
    const rule = { apiGroups: [GROUP], apiVersions: ['v1'], resources: ['shelves'], operations: ['CREATE', 'UPDATE'] };
    await client.create(validations, {
      metadata: { name: 'librarian' },
      webhooks: [
        {
          ...{ name: `check.${GROUP}`, clientConfig: { url: `${url}/check`, caBundle }, rules: [rule] },
          ...{ sideEffects: 'None', admissionReviewVersions: ['v1'] },
        },
      ],
    });
    const informers = new InformerFactory({ client, clock, random: systemRandom(), logger: silentLogger });
    const librarian = new Librarian(client, informers.for(shelves));
    await informers.start(stop.signal);
    void librarian.run(stop.signal);
  });
  after(async () => {
    stop.abort();
    close();
    hooks?.closeAllConnections();
    hooks?.close();
    await cluster.remove();
  });

  const shelf = (name: string, books: readonly string[]): Shelf => ({
    ...{ apiVersion: `${GROUP}/v1`, kind: 'Shelf', metadata: { namespace: NAMESPACE, name } },
    spec: { books },
  });
  const at = (name: string) => ({ namespace: NAMESPACE, name });

  test('makes what its objects say, in both of their versions, and tells how far it is', async () => {
    await client.create(shelves, shelf('a', ['emma', 'ulysses']));
    await eventually(async () => {
      const { metadata, status } = await client.get(shelves, at('a'));
      assert.deepEqual([status, metadata.finalizers], [{ count: 2, observedGeneration: 1 }, [FINALIZER]]);
    });
    const changed = { spec: { titles: 'emma,ulysses,walden' } };
    const patched = await client.patch<KubeObject & { spec?: object }>(older, at('a'), 'merge', changed);
    assert.deepEqual(patched.spec, { titles: 'emma,ulysses,walden' });
    await eventually(async () => {
      const { data } = await client.get(resources.configMaps, at('shelf-a'));
      assert.equal(data?.['books'], 'emma,ulysses,walden');
      assert.equal((await client.get(shelves, at('a'))).status?.count, 3);
    });
  });

  test('refuses what its webhook, its schema and its rules refuse', async () => {
    const refusal = (books: unknown) =>
      client.create(shelves, shelf('bad', books as string[])).then(
        () => 'nothing refused it',
        (error: Error) => error.message,
      );
    await eventually(async () => assert.match(await refusal(['banned']), /denied the request: no banned books/));
    assert.match(await refusal('emma'), /spec\.books.* must be of type array/);
    assert.match(await refusal(['a', 'a']), /spec\.books\[1\]: Duplicate value: "a"/);
  });

  test('takes away what it made before its object goes, and ends with its definition', async () => {
    await client.create(shelves, shelf('b', ['x']));
    await eventually(async () => void (await client.get(resources.configMaps, at('shelf-b'))));
    await client.delete(shelves, at('b'));
    await eventually(() => assert.rejects(client.get(shelves, at('b')), { reason: 'NotFound' }));
    await assert.rejects(client.get(resources.configMaps, at('shelf-b')), { reason: 'NotFound' });
    await client.delete(definitions, { name: `shelves.${GROUP}` });
    await eventually(() =>
      assert.rejects(client.get(definitions, { name: `shelves.${GROUP}` }), { reason: 'NotFound' }),
    );
    await eventually(() => assert.rejects(client.get(resources.configMaps, at('shelf-a')), { reason: 'NotFound' }));
  });
});
