import {
  type DaemonSet,
  isNodeRequired,
  isTolerated,
  type Node,
  type NodeSelectorTerm,
  type Pod,
  type PodTemplateSpec,
  type Toleration,
} from '@keelson/api';

const PREFIX = 'node.kubernetes.io/';

/** Taints that a daemon's pod stays with: what is wrong with a node is often what the daemon is there for. */
export function daemonTolerations(template: PodTemplateSpec | undefined): Toleration[] {
  const always: Toleration[] = [
    { key: `${PREFIX}not-ready`, operator: 'Exists', effect: 'NoExecute' },
    { key: `${PREFIX}unreachable`, operator: 'Exists', effect: 'NoExecute' },
    { key: `${PREFIX}disk-pressure`, operator: 'Exists', effect: 'NoSchedule' },
    { key: `${PREFIX}memory-pressure`, operator: 'Exists', effect: 'NoSchedule' },
    { key: `${PREFIX}pid-pressure`, operator: 'Exists', effect: 'NoSchedule' },
    { key: `${PREFIX}unschedulable`, operator: 'Exists', effect: 'NoSchedule' },
  ];
  if (template?.spec?.hostNetwork === true) {
    always.push({ key: `${PREFIX}network-unavailable`, operator: 'Exists', effect: 'NoSchedule' });
  }
  const own = template?.spec?.tolerations ?? [];
  const same = (a: Toleration, b: Toleration) => a.key === b.key && a.operator === b.operator && a.effect === b.effect;
  return [...own, ...always.filter((it) => !own.some((other) => same(it, other)))];
}

export interface Placement {
  /** Whether the node is to have the daemon's pod. */
  readonly run: boolean;
  /** Whether one that is there may stay. */
  readonly keep: boolean;
}

const NOWHERE: Placement = { run: false, keep: false };

/** Where a DaemonSet's pods belong. */
export function placements(daemonSet: DaemonSet): (node: Node) => Placement {
  const template = daemonSet.spec?.template;
  const tolerations = daemonTolerations(template);
  const pod: Pod = {
    metadata: {},
    spec: { ...template?.spec, containers: template?.spec?.containers ?? [], tolerations },
  };
  const pinned = template?.spec?.nodeName;
  return (node) => {
    if (pinned && pinned !== node.metadata.name) return NOWHERE;
    if (!isNodeRequired(pod, node)) return NOWHERE;
    const untolerated = (node.spec?.taints ?? []).filter(
      (taint) => (taint.effect === 'NoSchedule' || taint.effect === 'NoExecute') && !isTolerated(taint, tolerations),
    );
    return { run: untolerated.length === 0, keep: !untolerated.some((taint) => taint.effect === 'NoExecute') };
  };
}

/** The template's affinity with the one node that the pod is for, which the scheduler then gives it. */
export function pinTo(template: PodTemplateSpec | undefined, nodeName: string): Pod['spec'] {
  const spec = structuredClone(template?.spec) ?? { containers: [] };
  const pin: NodeSelectorTerm = { matchFields: [{ key: 'metadata.name', operator: 'In', values: [nodeName] }] };
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const terms = required?.nodeSelectorTerms ?? [];
  const nodeSelectorTerms =
    terms.length === 0 ? [pin] : terms.map((term) => ({ ...term, matchFields: pin.matchFields }));
  spec.affinity = {
    ...spec.affinity,
    nodeAffinity: {
      ...spec.affinity?.nodeAffinity,
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms },
    },
  };
  spec.tolerations = daemonTolerations(template);
  return spec;
}

/** The node that a daemon's pod is on or is meant for. */
export function targetNode(pod: Pod): string {
  if (pod.spec?.nodeName) return pod.spec.nodeName;
  const terms = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  for (const term of terms ?? []) {
    const field = term.matchFields?.find((it) => it.key === 'metadata.name' && it.operator === 'In');
    if (field?.values?.length === 1) return field.values[0]!;
  }
  return '';
}
