import type { Pod, PodTemplateSpec, StatefulSet, Volume } from '@keelson/api';
import { resources } from '@keelson/client';
import { podFromTemplate } from '../../pods/pod-actions.js';
import { claimName } from './volume-claims.js';

const NAME_LABEL = 'statefulset.kubernetes.io/pod-name';
const INDEX_LABEL = 'apps.kubernetes.io/pod-index';
export const REVISION_LABEL = 'controller-revision-hash';
const NAME = /^(.+)-(0|[1-9][0-9]{0,9})$/;

/** Whose member a pod of this name would be, and which. */
export function parseName(name: string): { readonly set: string; readonly ordinal: number } | undefined {
  const [, set, ordinal] = NAME.exec(name) ?? [];
  return set === undefined ? undefined : { set, ordinal: Number(ordinal) };
}

export function podName(set: StatefulSet, ordinal: number): string {
  return `${set.metadata.name}-${ordinal}`;
}

/** Which member of the set a pod is by its name; undefined if it is none. */
export function ordinalOf(set: StatefulSet, { metadata }: Pod): number | undefined {
  const parsed = parseName(metadata.name ?? '');
  return parsed?.set === set.metadata.name ? parsed?.ordinal : undefined;
}

export function startOf({ spec }: StatefulSet): number {
  return spec?.ordinals?.start ?? 0;
}

export function replicasOf({ spec }: StatefulSet): number {
  return spec?.replicas ?? 1;
}

export function isInRange(set: StatefulSet, ordinal: number): boolean {
  return ordinal >= startOf(set) && ordinal < startOf(set) + replicasOf(set);
}

/** The name of the revision that a pod was made of. */
export function revisionNameOf({ metadata }: Pod): string {
  return metadata.labels?.[REVISION_LABEL] ?? '';
}

/** A member as it is made: what is its own, and does not change, beside what the template says. */
export function newPod(
  set: StatefulSet,
  template: PodTemplateSpec | undefined,
  revision: string,
  ordinal: number,
): Pod {
  const pod = podFromTemplate(template, set, resources.statefulSets);
  const name = podName(set, ordinal);
  const labels = { ...pod.metadata.labels, ...identityLabels(name, ordinal), [REVISION_LABEL]: revision };
  const spec = {
    ...pod.spec,
    containers: pod.spec?.containers ?? [],
    hostname: name,
    ...(set.spec?.serviceName ? { subdomain: set.spec.serviceName } : {}),
    ...volumesOf(set, pod, ordinal),
  };
  return { ...pod, metadata: { ...pod.metadata, name, labels }, spec };
}

function identityLabels(name: string, ordinal: number): Record<string, string> {
  return { [NAME_LABEL]: name, [INDEX_LABEL]: String(ordinal) };
}

/** The pod with what makes it this member of the set; undefined if it has that already. */
export function restored(set: StatefulSet, pod: Pod, ordinal: number): Pod | undefined {
  const name = podName(set, ordinal);
  const isNamed = pod.metadata.labels?.[NAME_LABEL] === name;
  const hasClaims = (set.spec?.volumeClaimTemplates ?? []).every(({ metadata }) =>
    (pod.spec?.volumes ?? []).some(
      (it) => it.name === metadata?.name && usesClaim(it, claimName(set, it.name ?? '', ordinal)),
    ),
  );
  if (isNamed && hasClaims) return undefined;
  const labels = isNamed ? pod.metadata.labels : { ...pod.metadata.labels, ...identityLabels(name, ordinal) };
  const spec = hasClaims
    ? pod.spec
    : { ...pod.spec, containers: pod.spec?.containers ?? [], ...volumesOf(set, pod, ordinal) };
  return { ...pod, metadata: { ...pod.metadata, labels }, ...(spec === undefined ? {} : { spec }) };
}

function usesClaim({ persistentVolumeClaim }: Volume, name: string): boolean {
  return persistentVolumeClaim?.claimName === name;
}

/** Its claims take the place of volumes of the same names. */
function volumesOf(set: StatefulSet, { spec }: Pod, ordinal: number): { volumes?: Volume[] } {
  const names = (set.spec?.volumeClaimTemplates ?? []).map(({ metadata }) => metadata?.name ?? '');
  const claims = names.map((name) => ({ name, persistentVolumeClaim: { claimName: claimName(set, name, ordinal) } }));
  const others = (spec?.volumes ?? []).filter(({ name = '' }) => !names.includes(name));
  const volumes = [...claims, ...others];
  return volumes.length === 0 ? {} : { volumes };
}
