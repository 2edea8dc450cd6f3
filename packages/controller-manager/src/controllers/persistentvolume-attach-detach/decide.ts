import { createHash } from 'node:crypto';
import {
  type AttachedVolume,
  deepEqual,
  type Node,
  type PersistentVolume,
  type Pod,
  type VolumeAttachment,
} from '@keelson/api';
import { resources } from '@keelson/client';
import { type Action, create, type Decision, patch, remove, tell } from '../../framework/actions.js';

const MANAGED = 'volumes.kubernetes.io/controller-managed-attach-detach';
const OUT_OF_SERVICE = 'node.kubernetes.io/out-of-service';
/** How long a node that does not answer may take to let go of a volume. */
const FORCE_AFTER_MS = 6 * 60_000;

/** A volume that pods of a node want. */
export interface Wanted {
  readonly volume: PersistentVolume;
  readonly pods: readonly Pod[];
}

/** What is known of one node. */
export interface NodeView {
  readonly wanted: readonly Wanted[];
  readonly attachments: readonly VolumeAttachment[];
  volume(name: string): PersistentVolume | undefined;
  /** Of a volume, those of all nodes. */
  attachmentsOf(volume: string): readonly VolumeAttachment[];
  /** Pods that have the volume, on other nodes. */
  podsElsewhere(volume: string): readonly Pod[];
  /** Since when an attachment is not wanted any more; noted the first time. */
  unwantedSince(attachment: VolumeAttachment, isWanted: boolean): number;
  readonly forces: boolean;
}

/** Attaches what pods of the node want, detaches what they do not, and says on the node what is attached. */
export function decideNode(node: Node, view: NodeView, now: number): Decision {
  const wanted = new Map(view.wanted.map((it) => [it.volume.metadata.name ?? '', it]));
  const inUse = new Set(node.status?.volumesInUse);
  const forced = (node.spec?.taints ?? []).some(({ key }) => key === OUT_OF_SERVICE);
  const isHealthy = node.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;
  const detached: Action[] = [];
  const told: Action[] = [];
  const attached: AttachedVolume[] = [];
  const known = new Set((node.status?.volumesAttached ?? []).map(({ name }) => name));
  const here = new Set<string>();
  let again: number | undefined;
  for (const attachment of view.attachments) {
    const name = attachment.spec?.source?.persistentVolumeName ?? '';
    here.add(name);
    const volume = view.volume(name);
    const unique = volume === undefined ? undefined : uniqueName(volume);
    const wants = wanted.get(name);
    const since = view.unwantedSince(attachment, wants !== undefined);
    if (wants === undefined) {
      const left = since + FORCE_AFTER_MS - now;
      const isHeld = unique !== undefined && inUse.has(unique) && !forced;
      if (!isHeld || (view.forces && !isHealthy && left <= 0)) {
        if (attachment.metadata.deletionTimestamp === undefined)
          detached.push(remove(resources.volumeAttachments, attachment));
        continue;
      }
      if (view.forces && left > 0) again = Math.min(again ?? left, left);
    }
    if (attachment.status?.attached === true && unique !== undefined) {
      attached.push({ name: unique, devicePath: '' });
      if (!known.has(unique))
        for (const pod of wants?.pods ?? [])
          told.push(
            tell('Normal', 'SuccessfulAttachVolume', `AttachVolume.Attach succeeded for volume "${name}" `, pod),
          );
    } else if (attachment.status?.attachError?.message !== undefined)
      for (const pod of wants?.pods ?? [])
        told.push(
          tell(
            'Warning',
            'FailedAttachVolume',
            `AttachVolume.Attach failed for volume "${name}" : ${attachment.status.attachError.message}`,
            pod,
          ),
        );
  }
  const made: Action[] = [];
  if (node.metadata.annotations?.[MANAGED] === 'true' && node.metadata.deletionTimestamp === undefined)
    for (const it of wanted.values())
      if (!here.has(it.volume.metadata.name ?? '')) made.push(...attach(node, it, view));
  // What is to be detached is said first to be no longer there.
  return { steps: [reported(node, attached), detached, made, told], again };
}

function reported(node: Node, volumesAttached: readonly AttachedVolume[]): readonly Action[] {
  if (deepEqual(node.status?.volumesAttached ?? [], volumesAttached)) return [];
  const change = { metadata: { uid: node.metadata.uid }, status: { volumesAttached } };
  return [patch(resources.nodes, node, 'merge', change, { subresource: 'status', ignore: ['NotFound'] })];
}

function attach(node: Node, { volume, pods }: Wanted, view: NodeView): Action[] {
  const name = volume.metadata.name ?? '';
  const isElsewhere = view.attachmentsOf(name).some((it) => it.spec?.nodeName !== node.metadata.name);
  const { driver = '', volumeHandle = '' } = volume.spec?.csi ?? {};
  if (isElsewhere && !isShared(volume)) {
    const others = view.podsElsewhere(name);
    return pods.map((pod) =>
      tell('Warning', 'FailedAttachVolume', `Multi-Attach error for volume "${name}" ${holders(pod, others)}`, pod),
    );
  }
  const hash = createHash('sha256').update(`${volumeHandle}${driver}${node.metadata.name}`).digest('hex');
  const attachment: VolumeAttachment = {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'VolumeAttachment',
    metadata: { name: `csi-${hash}` },
    spec: { attacher: driver, nodeName: node.metadata.name ?? '', source: { persistentVolumeName: name } },
  };
  return [create(resources.volumeAttachments, attachment, { taken: () => [] })];
}

function isShared({ spec }: PersistentVolume): boolean {
  const modes = spec?.accessModes ?? [];
  return modes.length === 0 || modes.includes('ReadWriteMany') || modes.includes('ReadOnlyMany');
}

/** Names of pods are for those of their own namespace to see. */
function holders(pod: Pod, others: readonly Pod[]): string {
  if (others.length === 0) return "Volume is already exclusively attached to one node and can't be attached to another";
  const near = others.filter((it) => it.metadata.namespace === pod.metadata.namespace);
  const far = others.length - near.length;
  if (near.length === 0) return `Volume is already used by ${far} pod(s) in different namespaces`;
  const names = `Volume is already used by pod(s) ${near.map(({ metadata }) => metadata.name).join(', ')}`;
  return far > 0 ? `${names} and ${far} pod(s) in different namespaces` : names;
}

/** As nodes name volumes. */
function uniqueName({ spec }: PersistentVolume): string | undefined {
  return spec?.csi === undefined ? undefined : `kubernetes.io/csi/${spec.csi.driver}^${spec.csi.volumeHandle}`;
}
