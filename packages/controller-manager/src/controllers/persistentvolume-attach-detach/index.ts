import type { Node, PersistentVolume, Pod, VolumeAttachment } from '@keelson/api';
import { resources } from '@keelson/client';
import { parseDuration } from '@keelson/service';
import { type Decision, remove } from '../../framework/actions.js';
import { configured } from '../../framework/configured.js';
import type { Controller } from '../../framework/controller.js';
import { reconciler, type Sources } from '../../framework/reconciler.js';
import { isFinished } from '../../pods/pod-state.js';
import { claimKeyOf, claimsOf, PODS_BY_CLAIM, podsByClaim } from '../../volumes/claims.js';
import { decideNode, type NodeView, type Wanted } from './decide.js';

const NAME = 'persistentvolume-attach-detach-controller';
const ON_NODE = 'attachments-node';
const OF_VOLUME = 'attachments-volume';
const KEEP_TERMINATED = 'volumes.kubernetes.io/keep-terminated-pod-volumes';

export interface AttachDetachOptions {
  /** How often nodes with attachments are looked at though nothing changed; undefined: never. */
  readonly syncMs: number | undefined;
  /** Whether a node that does not answer loses its volumes at last. */
  readonly forces: boolean;
}

/** Has drivers attach volumes to nodes, and detach them: each VolumeAttachment is one wish. */
export function attachDetach(options: AttachDetachOptions): Controller {
  return reconciler<Node>({
    name: NAME,
    eventSource: 'attachdetach-controller',
    resource: resources.nodes,
    concurrency: { workers: 10 },
    setUp: (sources) => nodes(sources, options),
  });
}

function nodes({ informers, loop, clock }: Sources<Node>, { syncMs, forces }: AttachDetachOptions) {
  const nodeOf = ({ spec }: Pod) => ((spec?.nodeName ?? '') === '' ? [] : [spec?.nodeName ?? '']);
  const attachmentNode = ({ spec }: VolumeAttachment) => (spec?.nodeName === undefined ? [] : [spec.nodeName]);
  const attachmentVolume = ({ spec }: VolumeAttachment) =>
    spec?.source?.persistentVolumeName === undefined ? [] : [spec.source.persistentVolumeName];
  const pods = informers.for(resources.pods, { indices: { [ON_NODE]: nodeOf, ...podsByClaim.indices } });
  const claims = informers.for(resources.persistentVolumeClaims);
  const volumes = informers.for(resources.persistentVolumes);
  const drivers = informers.for(resources.csiDrivers);
  const attachments = informers.for(resources.volumeAttachments, {
    indices: { [ON_NODE]: attachmentNode, [OF_VOLUME]: attachmentVolume },
  });
  const podsOf = (volume: PersistentVolume): Pod[] => {
    const key = claimKeyOf(volume);
    return key === undefined ? [] : pods.indexer.byIndex(PODS_BY_CLAIM, key);
  };
  const volumeOf = (key: string): PersistentVolume | undefined => {
    const claim = claims.indexer.get(key);
    const volume = claim && volumes.get('', claim.spec?.volumeName ?? '');
    return volume?.spec?.claimRef?.uid === claim?.metadata.uid ? volume : undefined;
  };
  const isAttached = ({ spec }: PersistentVolume) =>
    spec?.csi !== undefined && drivers.get('', spec.csi.driver ?? '')?.spec?.attachRequired !== false;

  loop.feed(pods, (pod, old) => (claimsOf(pod).length === 0 ? [] : [...nodeOf(pod), ...(old ? nodeOf(old) : [])]));
  loop.feed(volumes, (volume) => podsOf(volume).flatMap(nodeOf));
  loop.feed(claims, ({ metadata }) =>
    pods.indexer.byIndex(PODS_BY_CLAIM, `${metadata.namespace}/${metadata.name}`).flatMap(nodeOf),
  );
  // Others may wait for the volume.
  loop.feed(attachments, (it) => {
    const volume = volumes.get('', attachmentVolume(it)[0] ?? '');
    return [...attachmentNode(it), ...(volume === undefined ? [] : podsOf(volume).flatMap(nodeOf))];
  });

  const since = new Map<string, number>();
  attachments.addHandler({ onDelete: ({ metadata }) => void since.delete(metadata.name ?? '') });
  const unwantedSince = ({ metadata }: VolumeAttachment, isWanted: boolean): number => {
    const name = metadata.name ?? '';
    if (isWanted) since.delete(name);
    else if (!since.has(name)) since.set(name, clock.now());
    return since.get(name) ?? clock.now();
  };
  const wantedOn = (name: string, keepsFinished: boolean): Wanted[] => {
    const wanted = new Map<PersistentVolume, Pod[]>();
    for (const pod of pods.indexer.byIndex(ON_NODE, name)) {
      if (isFinished(pod) && !keepsFinished) continue;
      for (const key of claimsOf(pod)) {
        const volume = volumeOf(key);
        if (volume === undefined || !isAttached(volume)) continue;
        wanted.set(volume, [...(wanted.get(volume) ?? []), pod]);
      }
    }
    return [...wanted].map(([volume, users]) => ({ volume, pods: users }));
  };
  const viewOf = (name: string, keepsFinished: boolean): NodeView => ({
    wanted: wantedOn(name, keepsFinished),
    attachments: attachments.indexer.byIndex(ON_NODE, name),
    volume: (it) => volumes.get('', it),
    attachmentsOf: (it) => attachments.indexer.byIndex(OF_VOLUME, it),
    podsElsewhere(it) {
      const volume = volumes.get('', it);
      return (volume === undefined ? [] : podsOf(volume)).filter(
        (pod) => !isFinished(pod) && nodeOf(pod).length > 0 && pod.spec?.nodeName !== name,
      );
    },
    unwantedSince,
    forces,
  });
  return {
    decide(node: Node, now: number): Decision {
      const view = viewOf(node.metadata.name ?? '', node.metadata.annotations?.[KEEP_TERMINATED] === 'true');
      const decision = decideNode(node, view, now);
      const sync = view.attachments.length > 0 ? syncMs : undefined;
      return { ...decision, again: decision.again ?? sync };
    },
    /** Nobody is left who could say that it let go. */
    absent(name: string): Decision {
      const view = viewOf(name, false);
      const wanted = new Set(view.wanted.map((it) => it.volume.metadata.name));
      const left = view.attachments.filter(
        ({ metadata, spec }) =>
          metadata.deletionTimestamp === undefined && !wanted.has(spec?.source?.persistentVolumeName),
      );
      return { steps: [left.map((it) => remove(resources.volumeAttachments, it))] };
    },
  };
}

export const attachDetachController = configured({
  name: NAME,
  flags: {
    'attach-detach-reconcile-sync-period': {
      type: 'string',
      default: '1m0s',
      description: 'How often nodes with attached volumes are looked at again: as 30s or 1m0s, at least 1s',
    },
    'disable-attach-detach-reconcile-sync': {
      type: 'boolean',
      default: false,
      description: 'Look at nodes only when something changed',
    },
    'disable-force-detach-on-timeout': {
      type: 'boolean',
      default: false,
      description: 'Never take a volume from a node that may have it, unless the node is said to be out of service',
    },
  },
  check(args) {
    const period = args['attach-detach-reconcile-sync-period'];
    return (parseDuration(period) ?? 0) >= 1_000
      ? undefined
      : `--attach-detach-reconcile-sync-period: "${period}" is no duration of at least 1s, as 30s or 1m0s`;
  },
  make: (args) =>
    attachDetach({
      syncMs: args['disable-attach-detach-reconcile-sync']
        ? undefined
        : parseDuration(args['attach-detach-reconcile-sync-period']),
      forces: !args['disable-force-detach-on-timeout'],
    }),
});
