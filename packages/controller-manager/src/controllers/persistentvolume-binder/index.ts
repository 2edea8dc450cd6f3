import { isAbsolute } from 'node:path';
import { objectKey, type PersistentVolume, type PersistentVolumeClaim, type StorageClass } from '@keelson/api';
import { resources } from '@keelson/client';
import { parseDuration } from '@keelson/service';
import { configured } from '../../framework/configured.js';
import { type Controller, together } from '../../framework/controller.js';
import { reconciler } from '../../framework/reconciler.js';
import { claimKeyOf, classOf } from '../../volumes/claims.js';
import { decideClaim } from './claim.js';
import { hostPathProvisioner, localProvisioner, type Provisioner } from './directories.js';
import { BinderView, isDefault } from './view.js';
import { decideVolume } from './volume.js';

const NAME = 'persistentvolume-binder-controller';
const EVENT_SOURCE = 'persistentvolume-controller';

export interface BinderOptions {
  /** How often what waits is looked at again though nothing is known to have changed. */
  readonly resyncMs: number;
  readonly provisioners: readonly Provisioner[];
  /** Whether volumes are made for claims that no volume is there for. */
  readonly dynamic?: boolean;
}

/** Binds claims and volumes to each other, has volumes made, and reclaims them. Each kind is worked on one by one. */
export function volumeBinder({ resyncMs, provisioners, dynamic = true }: BinderOptions): Controller {
  const one = { concurrency: { workers: 1 } };
  const claims = reconciler<PersistentVolumeClaim>({
    ...one,
    name: 'claims',
    resource: resources.persistentVolumeClaims,
    setUp({ informers, loop }) {
      const view = new BinderView(informers, provisioners);
      loop.feed(view.volumes, (volume, old) => claimsConcerned(view, volume, old));
      loop.feed(view.classes, (it, old) => claimsOfClass(view, it, old));
      return (claim) => decideClaim(claim, view, { resyncMs, dynamic });
    },
  });
  const volumes = reconciler<PersistentVolume>({
    ...one,
    name: 'volumes',
    resource: resources.persistentVolumes,
    setUp({ informers, loop }) {
      const view = new BinderView(informers, provisioners);
      loop.feed(view.claims, (claim, old) => [
        ...volumesNamed(claim),
        ...(old === undefined ? [] : volumesNamed(old)),
        ...view.volumesOf(objectKey(claim)).map(({ metadata }) => metadata.name ?? ''),
      ]);
      return (volume) => decideVolume(volume, view, resyncMs);
    },
  });
  return together(NAME, [claims, volumes], { eventSource: EVENT_SOURCE });
}

function volumesNamed({ spec }: PersistentVolumeClaim): string[] {
  return (spec?.volumeName ?? '') === '' ? [] : [spec?.volumeName ?? ''];
}

/** Those that are bound to a volume or that it is kept for, and if it became free all that may want it. */
function claimsConcerned(view: BinderView, volume: PersistentVolume, old: PersistentVolume | undefined): string[] {
  const isFree = volume.status?.phase === 'Available' && volume.spec?.claimRef === undefined;
  const news = old === undefined || old.metadata.resourceVersion !== volume.metadata.resourceVersion;
  return [
    ...[claimKeyOf(volume), old && claimKeyOf(old)].filter((it) => it !== undefined),
    ...view.claimsOn(volume.metadata.name ?? '').map(objectKey),
    ...(isFree && news ? view.waiting(classOf(volume)).map(objectKey) : []),
  ];
}

/** Those that wait for volumes of the class, and those that named none if it is the default. */
function claimsOfClass(view: BinderView, it: StorageClass, old: StorageClass | undefined): string[] {
  const isNewDefault = isDefault(it) && (old === undefined || !isDefault(old));
  return [...view.waiting(it.metadata.name ?? ''), ...(isNewDefault ? view.waiting('') : [])].map(objectKey);
}

const DURATION = 'as 15s or 1m30s';

export const volumeBinderController = configured({
  name: NAME,
  flags: {
    'pvclaimbinder-sync-period': {
      type: 'string',
      default: '15s',
      description: `How often claims and volumes that wait are looked at again: ${DURATION}`,
    },
    'enable-dynamic-provisioning': { type: 'boolean', default: true, description: 'Have volumes made for claims' },
    'enable-hostpath-provisioner': {
      type: 'boolean',
      default: false,
      description: 'Make volumes of classes of kubernetes.io/host-path, below /tmp/hostpath_pv of this machine',
    },
    'local-volume-dir': {
      type: 'string',
      default: '',
      description:
        'Make volumes of classes of keelson.dev/local: directories in this one, which all nodes reach under its path',
    },
  },
  check(args) {
    const period = args['pvclaimbinder-sync-period'];
    if (!((parseDuration(period) ?? 0) > 0))
      return `--pvclaimbinder-sync-period: "${period}" is no duration above 0, ${DURATION}`;
    const root = args['local-volume-dir'];
    if (root !== '' && !isAbsolute(root)) return `--local-volume-dir: "${root}" must be an absolute path`;
    return undefined;
  },
  make(args) {
    const root = args['local-volume-dir'];
    return volumeBinder({
      resyncMs: parseDuration(args['pvclaimbinder-sync-period']) ?? 0,
      dynamic: args['enable-dynamic-provisioning'],
      provisioners: [
        hostPathProvisioner(args['enable-hostpath-provisioner']),
        ...(root === '' ? [] : [localProvisioner(root)]),
      ],
    });
  },
});
