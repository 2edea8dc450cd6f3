import {
  controllerReference,
  type OwnerReference,
  type PersistentVolumeClaim,
  type Pod,
  type StatefulSet,
} from '@keelson/api';
import { apiVersionText, type Resource, resources } from '@keelson/client';

export function claimName(set: StatefulSet, template: string, ordinal: number): string {
  return `${template}-${set.metadata.name}-${ordinal}`;
}

export function claimNames(set: StatefulSet, ordinal: number): string[] {
  return (set.spec?.volumeClaimTemplates ?? []).map(({ metadata }) => claimName(set, metadata?.name ?? '', ordinal));
}

/** The claims of a member that is in the set's range, as they are made. */
export function newClaims(set: StatefulSet, ordinal: number): PersistentVolumeClaim[] {
  const { namespace } = set.metadata;
  return (set.spec?.volumeClaimTemplates ?? []).map((template) => {
    const { labels, annotations, finalizers, name = '' } = template.metadata ?? {};
    return {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: {
        name: claimName(set, name, ordinal),
        namespace,
        labels: { ...labels, ...set.spec?.selector?.matchLabels },
        ...(annotations === undefined ? {} : { annotations: { ...annotations } }),
        ...(finalizers === undefined ? {} : { finalizers: [...finalizers] }),
        ...(policyOf(set).whenDeleted === 'Delete'
          ? { ownerReferences: [controllerReference(set, resources.statefulSets)] }
          : {}),
      },
      ...(template.spec === undefined ? {} : { spec: structuredClone(template.spec) }),
    };
  });
}

interface Policy {
  readonly whenDeleted: string;
  readonly whenScaled: string;
}

function policyOf({ spec }: StatefulSet): Policy {
  const { whenDeleted = 'Retain', whenScaled = 'Retain' } = spec?.persistentVolumeClaimRetentionPolicy ?? {};
  return { whenDeleted, whenScaled };
}

function isRetained({ whenDeleted, whenScaled }: Policy): boolean {
  return whenDeleted !== 'Delete' && whenScaled !== 'Delete';
}

/** A claim that goes with a pod of this name that was there before: it must be gone before the pod comes back. */
export function isStale(set: StatefulSet, claim: PersistentVolumeClaim | undefined, pod: Pod): boolean {
  return policyOf(set).whenScaled === 'Delete' && claim !== undefined && refersToAnother(claim, pod, resources.pods);
}

/** Whether somebody else manages a claim that is to go with the set or its pods. */
export function isManagedByAnother(set: StatefulSet, claim: PersistentVolumeClaim, pod: Pod): boolean {
  if (isRetained(policyOf(set))) return false;
  return refsOf(claim).some((ref) => {
    if (names(ref, set, resources.statefulSets)) return ref.uid !== set.metadata.uid;
    if (names(ref, pod, resources.pods)) return ref.uid !== pod.metadata.uid;
    return ref.controller === true;
  });
}

/**
 * The claim with the owners that the set's policy wants: with whom it goes. Undefined if it has them, or if it still
 * refers to a set or a pod of before, whose end the garbage collector brings about.
 */
export function withOwners(
  set: StatefulSet,
  claim: PersistentVolumeClaim,
  pod: Pod,
  isInRange: boolean,
): PersistentVolumeClaim | undefined {
  if (refersToAnother(claim, set, resources.statefulSets) || refersToAnother(claim, pod, resources.pods))
    return undefined;
  const wanted = isManagedByAnother(set, claim, pod) ? undefined : ownerOf(set, pod, isInRange);
  const isOurs = (ref: OwnerReference) => ref.uid === set.metadata.uid || ref.uid === pod.metadata.uid;
  const ours = refsOf(claim).filter(isOurs);
  const isRight =
    wanted === undefined ? ours.length === 0 : ours.length === 1 && ours[0]?.uid === wanted.uid && ours[0]?.controller;
  if (isRight) return undefined;
  const ownerReferences = [...refsOf(claim).filter((ref) => !isOurs(ref)), ...(wanted === undefined ? [] : [wanted])];
  return { ...claim, metadata: { ...claim.metadata, ownerReferences } };
}

function ownerOf(set: StatefulSet, pod: Pod, isInRange: boolean): OwnerReference | undefined {
  const { whenDeleted, whenScaled } = policyOf(set);
  if (whenScaled === 'Delete' && !isInRange) return controllerReference(pod, resources.pods);
  return whenDeleted === 'Delete' ? controllerReference(set, resources.statefulSets) : undefined;
}

function refsOf({ metadata }: PersistentVolumeClaim): readonly OwnerReference[] {
  return metadata.ownerReferences ?? [];
}

function names(ref: OwnerReference, { metadata }: StatefulSet | Pod, resource: Resource): boolean {
  return ref.apiVersion === apiVersionText(resource) && ref.kind === resource.kind && ref.name === metadata.name;
}

/** To one of the same name that is not this one. */
function refersToAnother(claim: PersistentVolumeClaim, object: StatefulSet | Pod, resource: Resource): boolean {
  const ref = refsOf(claim).find((it) => names(it, object, resource));
  return ref !== undefined && ref.uid !== object.metadata.uid;
}
