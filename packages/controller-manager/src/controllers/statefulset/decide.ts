import {
  allKinds,
  type ControllerRevision,
  type Pod,
  type PodTemplateSpec,
  type StatefulSet,
  semanticEqual,
} from '@keelson/api';
import { resources } from '@keelson/client';
import { type Action, type Decision, NOTHING, writeStatus } from '../../framework/actions.js';
import { isFinished, nextAvailableIn } from '../../pods/pod-state.js';
import { forgetRevisions, type RevisionKind, revisionsOf, revisionWrite, templateOf } from '../../pods/revisions.js';
import { newPod, replicasOf, revisionNameOf, startOf } from './identity.js';
import { isGoing, isServing, type Member, type Members, membersOf, missing } from './members.js';
import { outdated, partitionOf } from './rollout.js';
import { type Course, statusOf, ZERO_STATUS } from './status.js';
import { type ClaimOf, creation, keepClaims, keepIdentity } from './upkeep.js';
import { deletePod } from './writes.js';

const KIND: RevisionKind<StatefulSet> = {
  resource: resources.statefulSets,
  hashLabel: 'controller.kubernetes.io/hash',
};
const BURST_MAX = 500;

/** What a decision about a StatefulSet is made on. */
export interface Look {
  readonly set: StatefulSet;
  /** Its own. */
  readonly pods: readonly Pod[];
  readonly revisions: readonly ControllerRevision[];
  readonly claimOf: ClaimOf;
  readonly now: number;
}

/** What a set comes from and goes to. */
interface Versions {
  readonly current: ControllerRevision;
  readonly update: ControllerRevision;
}

export function decide(look: Look): Decision {
  const { set, pods, revisions, now } = look;
  const known = revisionsOf(set, revisions, (it) => means(it, set.spec?.template));
  const isEnding = set.metadata.deletionTimestamp !== undefined;
  const write = isEnding ? undefined : revisionWrite(KIND, set, known);
  if (write !== undefined) return { steps: [[write]] };
  const update = known.current;
  if (update === undefined) return NOTHING;
  const current = revisions.find(({ metadata }) => metadata.name === set.status?.currentRevision) ?? update;
  const versions = { current, update };
  const course = { current: current.metadata.name ?? '', update: update.metadata.name ?? '' };
  const waiting = pods.filter((pod) => !isServing(set, pod, now));
  return {
    steps: isEnding ? [] : [forget(set, pods, revisions, course), ...steps(look, versions)],
    afterwards: () => writeStatus(resources.statefulSets, set, statusOf(set, pods, course, now), ZERO_STATUS),
    again: nextAvailableIn(waiting, set.spec?.minReadySeconds ?? 0, now),
  };
}

const kind = allKinds.find((it) => it.group === 'apps' && it.kind === 'StatefulSet')!;

/** Whether a revision differs from the template in no more than what it leaves to defaults: that is no new one. */
function means(revision: ControllerRevision, template: PodTemplateSpec | undefined): boolean {
  const full = (it: PodTemplateSpec | undefined) => {
    const set: StatefulSet = { metadata: {}, spec: { selector: {}, template: structuredClone(it) ?? {} } };
    kind.defaults(set);
    return set.spec?.template;
  };
  return semanticEqual(full(templateOf(revision)), full(template));
}

function forget(
  set: StatefulSet,
  pods: readonly Pod[],
  revisions: readonly ControllerRevision[],
  { current, update }: Course,
): readonly Action[] {
  const live = new Set([current, update, ...pods.map(revisionNameOf)]);
  const spent = revisions.filter(({ metadata }) => !live.has(metadata.name ?? ''));
  return forgetRevisions(set, spent, spent.length);
}

function steps(look: Look, versions: Versions): (readonly Action[])[] {
  const { set, pods, claimOf } = look;
  const members = membersOf(set, pods);
  const main = set.spec?.podManagementPolicy === 'Parallel' ? sideBySide : oneByOne;
  return [keepClaims(set, members, claimOf), ...main(look, members, versions), keepIdentity(set, members)];
}

/** The first thing in order, and nothing more before it is done: a pod is made when all before it serve. */
function oneByOne(look: Look, members: Members, versions: Versions): Action[][] {
  const { set, claimOf, now } = look;
  const end = startOf(set) + replicasOf(set);
  for (let ordinal = startOf(set); ordinal < end; ordinal += 1) {
    const pod = members.replicas.get(ordinal);
    if (pod === undefined) return creation(set, [made(set, versions, ordinal)], claimOf);
    if (isFinished(pod)) return [isGoing(pod) ? [] : [deletePod(set, pod)]];
    if (!isServing(set, pod, now)) return [];
  }
  const [last] = members.condemned;
  if (last !== undefined) {
    const firstIdle = members.condemned.findLast(({ pod }) => !isServing(set, pod, now));
    const mayGo =
      !isGoing(last.pod) && (firstIdle === undefined || firstIdle === last || isServing(set, last.pod, now));
    return [mayGo ? [deletePod(set, last.pod)] : []];
  }
  return [replaced(look, members, versions)];
}

/** All at once, but for replacing old pods, which begins when nothing else is left to do. */
function sideBySide(look: Look, members: Members, versions: Versions): Action[][] {
  const { set, claimOf } = look;
  const absent = missing(set, members, BURST_MAX).map((ordinal) => made(set, versions, ordinal));
  const creations = creation(set, absent, claimOf);
  const ended = [...members.replicas.values()].filter(isFinished);
  const beyond = members.condemned.map(({ pod }) => pod);
  const deletions = [...ended, ...beyond].filter((pod) => !isGoing(pod)).map((pod) => deletePod(set, pod));
  const isBusy = deletions.length > 0 || creations.some((step) => step.length > 0);
  return isBusy ? [...creations, deletions] : [replaced(look, members, versions)];
}

function replaced({ set, now }: Look, members: Members, { update }: Versions): Action[] {
  return outdated(set, members, update.metadata.name ?? '', now).map((pod) => deletePod(set, pod));
}

/** The pod that there is to be: below the partition one of the revision that the set comes from. */
function made(set: StatefulSet, { current, update }: Versions, ordinal: number): Member {
  const revision = ordinal < startOf(set) + partitionOf(set) ? current : update;
  const template = templateOf(revision) ?? set.spec?.template;
  return { ordinal, pod: newPod(set, template, revision.metadata.name ?? '', ordinal) };
}
