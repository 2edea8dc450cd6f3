import {
  type ControllerRevision,
  type DaemonSet,
  deepEqual,
  labelSelectorMatcher,
  type Node,
  type Pod,
} from '@keelson/api';
import { resources } from '@keelson/client';
import {
  type Action,
  type Decision,
  NOTHING,
  patch,
  remove,
  tell,
  update,
  writeStatus,
} from '../../framework/actions.js';
import { createPod, deletePod, podFromTemplate } from '../../pods/pod-actions.js';
import { isAvailable, nextAvailableIn } from '../../pods/pod-state.js';
import {
  forgetRevisions,
  type RevisionKind,
  type Revisions,
  revisionsOf,
  revisionWrite,
} from '../../pods/revisions.js';
import { HASH_LABEL, hashOf, type Place, placesOf, versionLabels } from './daemons.js';
import { manage } from './manage.js';
import { pinTo } from './placement.js';
import { rolloutStep } from './rollout.js';
import { statusOf, ZERO_STATUS } from './status.js';
import { limitsOf } from './strategy.js';

const KIND: RevisionKind<DaemonSet> = { resource: resources.daemonSets, hashLabel: HASH_LABEL };
const BURST_MAX = 250;

/** What a decision about a DaemonSet is made on. */
export interface Look {
  readonly daemonSet: DaemonSet;
  readonly nodes: readonly Node[];
  /** Its own. */
  readonly pods: readonly Pod[];
  readonly revisions: readonly ControllerRevision[];
  /** For how many more milliseconds a failed pod on this node stays. */
  readonly heldBack: (node: string) => number;
  readonly now: number;
}

export interface Outcome {
  readonly decision: Decision;
  /** Nodes whose failed pods are replaced. */
  readonly failing: readonly string[];
}

export function decide(look: Look): Outcome {
  const { daemonSet } = look;
  if (labelSelectorMatcher(daemonSet.spec?.selector).empty) return outcome({ steps: [[SELECTING_ALL]] });
  if (daemonSet.metadata.deletionTimestamp !== undefined) return outcome(NOTHING);
  const known = revisionsOf(daemonSet, look.revisions);
  const first = orderRevisions(look, known);
  if (first.some((step) => step.length > 0) || known.current === undefined) return outcome({ steps: first });
  return decideOn(look, known, known.current.metadata.labels?.[HASH_LABEL] ?? '');
}

const SELECTING_ALL = tell(
  'Warning',
  'SelectingAll',
  'This daemon set is selecting all pods. A non-empty selector is required.',
);

function outcome(decision: Decision): Outcome {
  return { decision, failing: [] };
}

/** Every revision says its hash, there is one of the template, once, and it is the last. */
function orderRevisions({ daemonSet, revisions, pods }: Look, known: Revisions): Action[][] {
  const unnamed = revisions.filter(({ metadata }) => metadata.labels?.[HASH_LABEL] === undefined);
  if (unnamed.length > 0) return [unnamed.map(named)];
  const { current, old } = known;
  const doubles = current === undefined ? [] : old.filter(({ data }) => deepEqual(data, current.data));
  if (current !== undefined && doubles.length > 0) {
    const hashes = new Set(doubles.map(({ metadata }) => metadata.labels?.[HASH_LABEL]));
    const labels = { [HASH_LABEL]: current.metadata.labels?.[HASH_LABEL] };
    const moved = pods
      .filter((pod) => hashes.has(hashOf(pod)))
      .map((pod) => patch(resources.pods, pod, 'strategic', { metadata: { labels } }, { ignore: ['NotFound'] }));
    return [moved, doubles.map((it) => remove(resources.controllerRevisions, it))];
  }
  const write = revisionWrite(KIND, daemonSet, known);
  return write === undefined ? [] : [[write]];
}

function named(revision: ControllerRevision): Action {
  const { metadata } = revision;
  const labels = { ...metadata.labels, [HASH_LABEL]: metadata.name ?? '' };
  return update(resources.controllerRevisions, { ...revision, metadata: { ...metadata, labels } });
}

function decideOn(look: Look, { old }: Revisions, hash: string): Outcome {
  const { daemonSet, nodes, pods, now, heldBack } = look;
  const places = placesOf(daemonSet, nodes, pods);
  const management = manage(places, { daemonSet, hash, now, heldBack });
  const isInOrder = management.create.length + management.remove.length === 0;
  const step = isInOrder ? rolledOut(look, places, hash) : management;
  const minReady = daemonSet.spec?.minReadySeconds ?? 0;
  const waiting = pods.filter((pod) => !isAvailable(pod, minReady, now));
  const times = [nextAvailableIn(waiting, minReady, now), management.again].filter((it) => it !== undefined);
  const creations = step.create.slice(0, BURST_MAX).map((node) => createPod(podFor(daemonSet, node, hash)));
  const removals = step.remove.slice(0, BURST_MAX).map(deletePod);
  return {
    failing: management.failing,
    decision: {
      steps: [management.told, creations, removals, isInOrder ? forget(daemonSet, pods, old) : []],
      afterwards: () =>
        writeStatus(resources.daemonSets, daemonSet, statusOf(daemonSet, places, hash, now), ZERO_STATUS),
      again: times.length === 0 ? undefined : Math.min(...times),
    },
  };
}

function rolledOut({ daemonSet, now }: Look, places: readonly Place[], hash: string) {
  if (daemonSet.spec?.updateStrategy?.type === 'OnDelete') return { create: [], remove: [] };
  const limits = limitsOf(daemonSet, places.filter(({ run }) => run).length);
  return rolloutStep(places, limits, { daemonSet, hash, now });
}

function podFor(daemonSet: DaemonSet, node: string, hash: string): Pod {
  const template = daemonSet.spec?.template;
  const pod = podFromTemplate(template, daemonSet, resources.daemonSets);
  const labels = { ...pod.metadata.labels, ...versionLabels(daemonSet, hash) };
  const spec = pinTo(template, node);
  return { ...pod, metadata: { ...pod.metadata, labels }, ...(spec === undefined ? {} : { spec }) };
}

/** Upstream counts revisions that pods live by too, though it keeps them. */
function forget(daemonSet: DaemonSet, pods: readonly Pod[], old: readonly ControllerRevision[]): readonly Action[] {
  const live = new Set(pods.map(hashOf));
  const spent = old.filter(({ metadata }) => !live.has(metadata.labels?.[HASH_LABEL]));
  return forgetRevisions(daemonSet, spent, old.length);
}
