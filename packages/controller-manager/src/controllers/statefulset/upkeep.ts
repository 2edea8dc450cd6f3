import type { PersistentVolumeClaim, Pod, StatefulSet } from '@keelson/api';
import { type Action, tell } from '../../framework/actions.js';
import { isFinished } from '../../pods/pod-state.js';
import { isInRange, restored } from './identity.js';
import { inOrder, isGoing, type Member, type Members } from './members.js';
import { claimNames, isManagedByAnother, isStale, newClaims, withOwners } from './volume-claims.js';
import { conflictingController, createPod, missingClaims, podTexts, updateClaim, updatePod } from './writes.js';

export type ClaimOf = (name: string) => PersistentVolumeClaim | undefined;

/** Claims that pods wait for and nobody has, and the owners that the claims of all pods are to have by the set's policy. */
export function keepClaims(set: StatefulSet, members: Members, claimOf: ClaimOf): Action[] {
  if ((set.spec?.volumeClaimTemplates ?? []).length === 0) return [];
  return [...inOrder(members), ...members.condemned].flatMap((member) => {
    const { pod, ordinal } = member;
    const isWaiting = isInRange(set, ordinal) && isPending(pod) && !isGoing(pod);
    return [...(isWaiting ? missingClaims(set, pod, ordinal, claimOf) : []), ...keepOwners(set, member, claimOf)];
  });
}

function keepOwners(set: StatefulSet, { pod, ordinal }: Member, claimOf: ClaimOf): Action[] {
  const isReplica = isInRange(set, ordinal);
  if (isReplica && isFinished(pod)) return [];
  const claims = claimNames(set, ordinal).flatMap((name) => claimOf(name) ?? []);
  const changed = claims.flatMap((claim) => withOwners(set, claim, pod, isReplica) ?? []);
  const conflicting = claims.filter((claim) => isManagedByAnother(set, claim, pod));
  const isWorthSaying = changed.length > 0 || (isReplica && isPending(pod));
  const says = isReplica && !isPending(pod);
  return [
    ...(isWorthSaying ? conflicting.map(({ metadata }) => conflictingController(metadata.name ?? '')) : []),
    ...changed.map((claim, index) =>
      updateClaim(claim, says && index === 0 ? podTexts('Update', set, pod).done : undefined),
    ),
  ];
}

/** Gives pods what makes them members of the set, where it is missing: they may have been adopted. */
export function keepIdentity(set: StatefulSet, members: Members): Action[] {
  return inOrder(members).flatMap(({ pod, ordinal }) => {
    if (isGoing(pod) || isFinished(pod)) return [];
    const next = restored(set, pod, ordinal);
    return next === undefined ? [] : [updatePod(set, next)];
  });
}

/** Makes members that are not there, each once its claims are; one whose claims are on their way out has to wait. */
export function creation(set: StatefulSet, made: readonly Member[], claimOf: ClaimOf): Action[][] {
  const [told, first, claims, then]: [Action[], Action[], Action[], Action[]] = [[], [], [], []];
  for (const { pod, ordinal } of made) {
    const known = newClaims(set, ordinal).map(({ metadata }) => claimOf(metadata.name ?? ''));
    if (known.some((claim) => isStale(set, claim, pod))) continue;
    const going = known.find((claim) => claim?.metadata.deletionTimestamp !== undefined);
    if (going !== undefined) {
      const message = `pvc ${going.metadata.name} is being deleted`;
      const text = podTexts('Create', set, pod).failed({ message });
      told.push(tell(text.type, text.reason, text.message));
      continue;
    }
    const lacking = missingClaims(set, pod, ordinal, claimOf);
    claims.push(...lacking);
    (lacking.length === 0 ? first : then).push(createPod(set, pod));
  }
  return [told, first, claims, then];
}

function isPending({ status }: Pod): boolean {
  return status?.phase === 'Pending';
}
