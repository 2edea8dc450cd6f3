import type { KubeObject, PersistentVolume, PersistentVolumeClaim, StorageClass } from '@keelson/api';
import { type Informer, type InformerFactory, resources } from '@keelson/client';
import { BIND_COMPLETED } from '../../volumes/annotations.js';
import { claimKeyOf, classOf, PODS_BY_CLAIM, podsByClaim } from '../../volumes/claims.js';
import type { Provisioner } from './directories.js';

const DEFAULT_CLASS = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
];

const indices = {
  volumes: { class: (it: PersistentVolume) => [classOf(it)], claim: (it: PersistentVolume) => present(claimKeyOf(it)) },
  claims: {
    volume: ({ spec }: PersistentVolumeClaim) => present(spec?.volumeName),
    unbound: (it: PersistentVolumeClaim) => (isUnbound(it) ? [classOf(it)] : []),
  },
};

function present(value: string | undefined): string[] {
  return value === undefined || value === '' ? [] : [value];
}

function isUnbound({ metadata, spec }: PersistentVolumeClaim): boolean {
  return metadata.annotations?.[BIND_COMPLETED] === undefined && (spec?.volumeName ?? '') === '';
}

export function isDefault({ metadata }: StorageClass): boolean {
  return DEFAULT_CLASS.some((it) => metadata.annotations?.[it] === 'true');
}

/** What decisions about claims and volumes look at. */
export class BinderView {
  readonly volumes: Informer<PersistentVolume>;
  readonly claims: Informer<PersistentVolumeClaim>;
  readonly classes: Informer<StorageClass>;
  readonly #pods;
  readonly #provisioners: ReadonlyMap<string, Provisioner>;

  constructor(informers: InformerFactory, provisioners: readonly Provisioner[]) {
    this.volumes = informers.for(resources.persistentVolumes, { indices: indices.volumes });
    this.claims = informers.for(resources.persistentVolumeClaims, { indices: indices.claims });
    this.classes = informers.for(resources.storageClasses);
    this.#pods = informers.for(resources.pods, podsByClaim);
    this.#provisioners = new Map(provisioners.map((it) => [it.name, it]));
  }

  /** Volumes that a claim might be bound to: those of its class, and those that are kept for it. */
  candidates(claim: PersistentVolumeClaim, key: string): Set<PersistentVolume> {
    const { indexer } = this.volumes;
    return new Set([...indexer.byIndex('class', classOf(claim)), ...indexer.byIndex('claim', key)]);
  }

  /** Claims that wait for a volume of the class. */
  waiting(storageClass: string): PersistentVolumeClaim[] {
    return this.claims.indexer.byIndex('unbound', storageClass);
  }

  claimsOn(volume: string): PersistentVolumeClaim[] {
    return this.claims.indexer.byIndex('volume', volume);
  }

  volumesOf(claimKey: string): PersistentVolume[] {
    return this.volumes.indexer.byIndex('claim', claimKey);
  }

  /** The newest of those that are marked; of two as old the first by name. */
  defaultClass(): StorageClass | undefined {
    const madeAt = ({ metadata }: KubeObject) => Date.parse(metadata.creationTimestamp ?? '');
    return this.classes
      .list()
      .filter(isDefault)
      .sort((a, b) => madeAt(b) - madeAt(a) || ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1))[0];
  }

  /** Pods that have the claim, and no node yet. */
  unscheduledPods(claimKey: string): string[] {
    return this.#pods.indexer
      .byIndex(PODS_BY_CLAIM, claimKey)
      .filter(
        ({ spec, status }) => (spec?.nodeName ?? '') === '' && !['Succeeded', 'Failed'].includes(status?.phase ?? ''),
      )
      .map(({ metadata }) => metadata.name ?? '');
  }

  provisioner(name: string): Provisioner | undefined {
    return this.#provisioners.get(name);
  }
}
