import { EventEmitter, on } from 'node:events';
import {
  ApiError,
  apiErrors,
  applyStrategicMergePatch,
  type KubeObject,
  type ResourceRequest,
  type Status,
  typeSchema,
} from '@keelson/api';
import type { CallOptions, Discovered, RawWatchEvent, Transport } from '@keelson/client';

const TYPES: Record<string, string> = {
  pods: 'io.k8s.api.core.v1.Pod',
  nodes: 'io.k8s.api.core.v1.Node',
  events: 'io.k8s.api.core.v1.Event',
};

interface Change {
  plural: string;
  event: RawWatchEvent;
  version: number;
}

/** An API server in memory with what a kubelet needs of one: resource versions, watches, patches, graceful deletion. */
export class FakeApi implements Transport {
  readonly #objects = new Map<string, KubeObject>();
  readonly #changes: Change[] = [];
  readonly #emitter = new EventEmitter().setMaxListeners(0);
  #version = 0;
  /** Calls so far, as "patch pods". */
  readonly calls = new Map<string, number>();
  /** While set every call fails, as if the server were gone. */
  isDown = false;

  seed<T extends KubeObject>(plural: string, object: T): T {
    const uid = `uid-${object.metadata.namespace ?? ''}-${object.metadata.name}-${this.#version}`;
    const full = { ...object, metadata: { uid, ...object.metadata } };
    this.#put(plural, full, 'ADDED');
    return full;
  }

  find<T extends KubeObject>(plural: string, name: string, namespace = 'default'): T | undefined {
    return (this.#objects.get(`${plural}/${namespace}/${name}`) ?? this.#objects.get(`${plural}//${name}`)) as
      | T
      | undefined;
  }

  all<T extends KubeObject>(plural: string): T[] {
    return [...this.#objects].filter(([key]) => key.startsWith(`${plural}/`)).map(([, object]) => object as T);
  }

  /** As a user's graceful delete: the pod lives on with a deletion time until the kubelet is done. */
  deletePod(name: string, graceSeconds = 30): void {
    const pod = this.find('pods', name);
    if (pod === undefined) throw new Error(`no pod ${name}`);
    const deletionTimestamp = new Date(Date.now() + graceSeconds * 1000).toISOString();
    const metadata = { ...pod.metadata, deletionTimestamp, deletionGracePeriodSeconds: graceSeconds };
    this.#put('pods', { ...pod, metadata }, 'MODIFIED');
  }

  update<T extends KubeObject>(plural: string, object: T): void {
    this.#put(plural, object, 'MODIFIED');
  }

  /** As a forced delete. */
  drop(plural: string, name: string, namespace = 'default'): void {
    const key = `${plural}/${namespace}/${name}`;
    const object = this.#objects.get(key);
    if (object === undefined) return;
    this.#objects.delete(key);
    this.#tell(plural, 'DELETED', object);
  }

  async call(request: ResourceRequest): Promise<{ object: unknown; warnings: readonly string[] }> {
    await new Promise((resolve) => setImmediate(resolve));
    const kind = `${request.verb} ${request.path.resource}`;
    this.calls.set(kind, (this.calls.get(kind) ?? 0) + 1);
    if (this.isDown) throw apiErrors.serviceUnavailable('the server is gone');
    return { object: structuredClone(this.#answer(request)), warnings: [] };
  }

  async *watch(request: ResourceRequest, { signal }: CallOptions): AsyncIterable<RawWatchEvent> {
    const plural = request.path.resource;
    const from = Number(request.options.resourceVersion ?? 0);
    const live = on(this.#emitter, 'change', signal === undefined ? {} : { signal });
    const past = this.#changes.filter((change) => change.version > from);
    let seen = from;
    for (const change of past) {
      seen = change.version;
      if (change.plural === plural) yield structuredClone(change.event);
    }
    for await (const [change] of live as AsyncIterable<[Change]>) {
      if (this.isDown) throw apiErrors.serviceUnavailable('the server is gone');
      if (change.version > seen && change.plural === plural) yield structuredClone(change.event);
    }
  }

  async discover(): Promise<Discovered> {
    return { resources: [], stale: [], groups: [], version: {} };
  }

  close(): void {}

  #answer({ verb, path, body }: ResourceRequest): unknown {
    const { resource: plural, namespace, name, group } = path;
    const value = body === undefined ? undefined : (JSON.parse(Buffer.from(body.bytes).toString()) as KubeObject);
    const key = `${plural}/${namespace}/${name || value?.metadata?.name}`;
    const known = this.#objects.get(key);
    const missing = () => apiErrors.notFound({ group, plural }, name);
    if (verb === 'list') return { metadata: { resourceVersion: String(this.#version) }, items: this.all(plural) };
    if (verb === 'create') {
      if (path.subresource === 'token') throw apiErrors.notFound({ group, plural }, name);
      if (known !== undefined) throw apiErrors.alreadyExists({ group, plural }, value?.metadata.name ?? '');
      return this.seed(plural, value as KubeObject);
    }
    if (known === undefined) throw missing();
    if (verb === 'get') return known;
    if (verb === 'update') return this.#put(plural, value as KubeObject, 'MODIFIED');
    if (verb === 'patch') return this.#patch(plural, known, value as KubeObject);
    if (verb === 'delete') {
      this.drop(plural, name, namespace);
      return { kind: 'Status', status: 'Success' } as Status;
    }
    throw new ApiError({ code: 405, reason: 'MethodNotAllowed', message: verb });
  }

  #patch(plural: string, known: KubeObject, patch: KubeObject): KubeObject {
    const uid = patch.metadata?.uid;
    if (uid !== undefined && uid !== known.metadata.uid)
      throw apiErrors.conflict({ group: '', plural }, known.metadata.name ?? '');
    const schema = typeSchema(TYPES[plural] ?? '');
    if (schema === undefined) throw new Error(`no schema for ${plural}`);
    return this.#put(plural, applyStrategicMergePatch(known, patch, schema) as KubeObject, 'MODIFIED');
  }

  #put<T extends KubeObject>(plural: string, object: T, type: 'ADDED' | 'MODIFIED'): T {
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#version + 1) } };
    this.#objects.set(`${plural}/${object.metadata.namespace ?? ''}/${object.metadata.name}`, stored);
    this.#tell(plural, type, stored);
    return stored;
  }

  #tell(plural: string, type: RawWatchEvent['type'], object: KubeObject): void {
    this.#version += 1;
    const stamped = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#version) } };
    const change = { plural, version: this.#version, event: { type, object: stamped } };
    this.#changes.push(change);
    this.#emitter.emit('change', change);
  }
}
