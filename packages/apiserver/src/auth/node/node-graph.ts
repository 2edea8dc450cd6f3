import type { KubeObject, PersistentVolume, Pod } from '@keelson/api';
import { Breather } from '../../breather.js';
import { OBJECT_BYTES, STEP_BYTES } from '../../storage/cache.js';
import type { CacheEvent, ResourceCache } from '../../storage/resource-cache.js';
import type { StoredObject } from '../../storage/stored-object.js';
import {
  configMapsOf,
  isMirror,
  resourceClaimsOf,
  secretsOf,
  volumeClaimsOf,
  volumeSecretsOf,
} from './pod-references.js';

export type ReferredResource =
  | 'secrets'
  | 'configmaps'
  | 'persistentvolumeclaims'
  | 'resourceclaims'
  | 'serviceaccounts';

export interface NodeGraphCaches {
  readonly pods: ResourceCache;
  readonly persistentVolumes: ResourceCache;
  /** Calls back when the caches were filled anew, without events. */
  readonly onReset: (listener: () => void) => void;
}

interface Known {
  readonly node: string;
  readonly references: readonly string[];
}

/** Which nodes need which objects, because of the pods on them: kept as pods come and go, and asked in no time. */
export class NodeGraph {
  readonly #caches: NodeGraphCaches;
  /** By `resource/namespace/name`: the nodes, and how many references each has. */
  readonly #needed = new Map<string, Map<string, number>>();
  readonly #pods = new Map<string, Known>();
  /** Pods by their paths that were there when the caches were filled and have not been looked at. */
  #unread = new Map<string, StoredObject>();
  /** By `namespace/name` of a secret: the volumes that are mounted with it. */
  readonly #volumesOfSecret = new Map<string, Set<string>>();
  readonly #secretsOfVolume = new Map<string, readonly string[]>();

  constructor(caches: NodeGraphCaches) {
    this.#caches = caches;
    caches.pods.subscribe((event) => this.#podChanged(event));
    caches.persistentVolumes.subscribe((event) => this.#volumeChanged(event));
    caches.onReset(() => this.#rebuild());
    this.#rebuild();
  }

  /** Whether something that runs on the node refers to the object. */
  needs(node: string, resource: ReferredResource, namespace: string, name: string): boolean {
    this.#readRest();
    if (this.#needed.get(`${resource}/${namespace}/${name}`)?.has(node) === true) return true;
    if (resource !== 'secrets') return false;
    const volumes = this.#volumesOfSecret.get(`${namespace}/${name}`) ?? [];
    return [...volumes].some((volume) => this.needsVolume(node, volume));
  }

  needsVolume(node: string, name: string): boolean {
    const claim = (this.#caches.persistentVolumes.get(name)?.object as PersistentVolume | undefined)?.spec?.claimRef;
    return claim?.name !== undefined && this.needs(node, 'persistentvolumeclaims', claim.namespace ?? '', claim.name);
  }

  runs(node: string, namespace: string, name: string): boolean {
    this.#readRest();
    return this.#pods.get(`${namespace}/${name}`)?.node === node;
  }

  #rebuild(): void {
    this.#needed.clear();
    this.#pods.clear();
    this.#volumesOfSecret.clear();
    this.#secretsOfVolume.clear();
    this.#unread = new Map([...this.#caches.pods.list()].map((stored) => [stored.path, stored]));
    void this.#readSlowly(this.#unread);
    for (const stored of this.#caches.persistentVolumes.list()) this.#addVolume(stored);
  }

  /** Nobody need ask for a while after the caches were filled; until then others have their turns. */
  async #readSlowly(unread: Map<string, StoredObject>): Promise<void> {
    const breather = new Breather(STEP_BYTES);
    for (const [path, stored] of unread) {
      // Filled anew meanwhile.
      if (unread !== this.#unread) return;
      unread.delete(path);
      this.#addPod(path, stored.peek());
      await breather.after(stored.bytes + OBJECT_BYTES);
    }
  }

  #readRest(): void {
    if (this.#unread.size === 0) return;
    for (const [path, stored] of this.#unread) this.#addPod(path, stored.peek());
    this.#unread.clear();
  }

  #podChanged({ type, current }: CacheEvent): void {
    this.#unread.delete(current.path);
    this.#removePod(current.path);
    if (type !== 'DELETED') this.#addPod(current.path, current.object);
  }

  #addPod(path: string, object: KubeObject): void {
    const pod = object as Pod;
    const node = pod.spec?.nodeName ?? '';
    if (node === '') return;
    // A node makes mirror pods itself: they must not open anything to it.
    const references = isMirror(pod) ? [] : referencesOf(pod);
    this.#pods.set(path, { node, references });
    for (const key of references) {
      const nodes = this.#needed.get(key) ?? new Map<string, number>();
      nodes.set(node, (nodes.get(node) ?? 0) + 1);
      this.#needed.set(key, nodes);
    }
  }

  #removePod(path: string): void {
    const known = this.#pods.get(path);
    if (known === undefined) return;
    this.#pods.delete(path);
    for (const key of known.references) {
      const nodes = this.#needed.get(key);
      const left = (nodes?.get(known.node) ?? 0) - 1;
      if (left > 0) nodes?.set(known.node, left);
      else nodes?.delete(known.node);
      if (nodes?.size === 0) this.#needed.delete(key);
    }
  }

  #volumeChanged({ type, current }: CacheEvent): void {
    for (const secret of this.#secretsOfVolume.get(current.path) ?? []) {
      const volumes = this.#volumesOfSecret.get(secret);
      volumes?.delete(current.path);
      if (volumes?.size === 0) this.#volumesOfSecret.delete(secret);
    }
    this.#secretsOfVolume.delete(current.path);
    if (type !== 'DELETED') this.#addVolume(current);
  }

  #addVolume({ path, object }: StoredObject): void {
    const secrets = volumeSecretsOf(object as PersistentVolume);
    if (secrets.length === 0) return;
    this.#secretsOfVolume.set(path, secrets);
    for (const secret of secrets) {
      const volumes = this.#volumesOfSecret.get(secret) ?? new Set();
      this.#volumesOfSecret.set(secret, volumes.add(path));
    }
  }
}

function referencesOf(pod: Pod): string[] {
  const { metadata, spec = {} } = pod;
  const keys = (resource: ReferredResource, names: readonly string[]) =>
    names.map((name) => `${resource}/${metadata.namespace}/${name}`);
  return [
    ...keys('secrets', secretsOf(spec)),
    ...keys('configmaps', configMapsOf(spec)),
    ...keys('persistentvolumeclaims', volumeClaimsOf(pod)),
    ...keys('resourceclaims', resourceClaimsOf(pod)),
    ...keys('serviceaccounts', spec.serviceAccountName ? [spec.serviceAccountName] : []),
  ];
}
