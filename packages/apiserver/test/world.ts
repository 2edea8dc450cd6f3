import { allKinds, type KubeObject, type RequestOptions, type ResourceRequest } from '@keelson/api';
import { seededRandom, silentLogger } from '@keelson/service';
import { ManualClock } from '@keelson/service/testing';
import { Admission, type AdmissionPlugin } from '../src/admission/admission.js';
import { type Authorizer, alwaysAllow } from '../src/auth/authorizer.js';
import { SUPERUSERS } from '../src/auth/user.js';
import { ObjectCollection } from '../src/registry/collection.js';
import type { RequestContext } from '../src/registry/context.js';
import { Deleter } from '../src/registry/deleter.js';
import { Reader } from '../src/registry/reader.js';
import { Registry } from '../src/registry/registry.js';
import { Stages } from '../src/registry/stages.js';
import { rulesFor } from '../src/resources/rules.js';
import { Cache } from '../src/storage/cache.js';
import { collectionOf } from '../src/storage/keys.js';
import { ObjectStore } from '../src/storage/object-store.js';
import { MemoryStore } from './memory-store.js';

export const context: RequestContext = {
  user: { user: 'tester', groups: [SUPERUSERS] },
  userAgent: 'tests/1',
  signal: new AbortController().signal,
  logger: silentLogger,
  warn: () => {},
};

/** The registry over a store in memory, with the cache following it. */
export async function world(
  plugins: readonly AdmissionPlugin[] = [],
  authorizer: Authorizer = alwaysAllow,
  store = new MemoryStore(),
) {
  const clock = new ManualClock();
  const random = seededRandom(7);
  const cache = new Cache({}, { store, clock, logger: silentLogger });
  const objects = new ObjectStore(store);
  const collection = (plural: string, group = ''): ObjectCollection => {
    const kind = allKinds.find((it) => it.plural === plural && it.group === group)!;
    const rules = rulesFor(group, plural, async () => undefined);
    return new ObjectCollection(kind, rules, {
      objects,
      cache: cache.collection(collectionOf(kind)),
      lease: async () => 1n,
    });
  };
  const configMaps = collection('configmaps');
  const pods = collection('pods');
  const namespaces = collection('namespaces');
  const deployments = collection('deployments', 'apps');
  const stop = new AbortController();
  const reader = new Reader({}, { cache, store, clock, random });
  const admission = new Admission([whicheverAre(plugins)]);
  const stages = new Stages(clock);
  const registry = new Registry({ clock, random, admission, authorizer, stages });
  const deleter = new Deleter({ clock, admission, reader });
  const running = cache.run(stop.signal);
  await cache.fresh();
  /** Creates an object as a client would. */
  const make = (plural: string, group: string, object: object) => {
    const where = collection(plural, group);
    return registry.create(where, request(where, 'create', '', object), context);
  };
  return {
    ...{ store, clock, cache, reader, registry, deleter, collection, configMaps, pods, namespaces, deployments, make },
    /** The cache stays as it is from now on: that of a server which is late. */
    async stopFollowing() {
      stop.abort();
      await running;
    },
    async close() {
      stop.abort();
      await running;
      await stages.close();
    },
  };
}

export function request(
  collection: ObjectCollection,
  verb: ResourceRequest['verb'],
  name: string,
  body?: object,
  options: RequestOptions = {},
  mediaType = 'application/json',
): ResourceRequest {
  const { group, version, plural, scope } = collection.kind;
  const namespace = scope === 'Namespaced' ? 'default' : '';
  const path = { group, version, resource: plural, namespace, name, subresource: '' };
  return {
    verb,
    path,
    options,
    body: { mediaType, bytes: Buffer.from(body === undefined ? '' : JSON.stringify(body)) },
  };
}

export function configMap(name: string, data: Record<string, string> = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data } as KubeObject;
}

/** Asks the plugins that a list has at the time: tests put in those that need the world first. */
function whicheverAre(plugins: readonly AdmissionPlugin[]): AdmissionPlugin {
  return {
    name: 'those of a test',
    async mutate(attributes, rounds) {
      for (const plugin of plugins) await plugin.mutate?.(attributes, rounds);
    },
    async validate(attributes) {
      for (const plugin of plugins) await plugin.validate?.(attributes);
    },
    async mutateConnection(connection, rounds) {
      for (const plugin of plugins) await plugin.mutateConnection?.(connection, rounds);
    },
    async validateConnection(connection) {
      for (const plugin of plugins) await plugin.validateConnection?.(connection);
    },
  };
}
