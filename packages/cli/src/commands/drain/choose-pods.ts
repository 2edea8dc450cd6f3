import { controllerOf, type Pod } from '@keelson/api';

export interface DrainRules {
  readonly force: boolean;
  readonly ignoreDaemonSets: boolean;
  readonly deleteEmptyDirData: boolean;
}

export interface DrainChoice {
  readonly leaving: readonly Pod[];
  readonly warnings: readonly string[];
  readonly errors: readonly string[];
}

const MIRROR = 'kubernetes.io/config.mirror';

interface Verdict {
  readonly leaves: boolean;
  readonly warning?: string;
  readonly error?: string;
}

/** Which pods a drain moves, and which stand in its way, after kubectl's rules. */
export function choosePods(pods: readonly Pod[], rules: DrainRules, daemonSets: ReadonlySet<string>): DrainChoice {
  const leaving: Pod[] = [];
  const warnings = new Map<string, string[]>();
  const errors = new Map<string, string[]>();
  const note = (notes: Map<string, string[]>, text: string, pod: Pod) =>
    notes.set(text, [...(notes.get(text) ?? []), `${pod.metadata.namespace}/${pod.metadata.name}`]);
  for (const pod of pods) {
    const verdict = judge(pod, rules, daemonSets);
    if (verdict.leaves) leaving.push(pod);
    if (verdict.warning !== undefined) note(warnings, verdict.warning, pod);
    if (verdict.error !== undefined) note(errors, verdict.error, pod);
  }
  const texts = (notes: Map<string, string[]>) => [...notes].map(([text, names]) => `${text}: ${names.join(', ')}`);
  return { leaving, warnings: texts(warnings), errors: texts(errors) };
}

function judge(pod: Pod, rules: DrainRules, daemonSets: ReadonlySet<string>): Verdict {
  if (pod.metadata.annotations?.[MIRROR] !== undefined) return { leaves: false };
  const isOver = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
  const owner = controllerOf(pod);
  if (owner?.kind === 'DaemonSet' && !isOver) {
    const isThere = daemonSets.has(`${pod.metadata.namespace}/${owner.name}`);
    if (!isThere) {
      if (rules.force) return { leaves: true, warning: `daemonsets.apps "${owner.name}" not found` };
      return {
        leaves: false,
        error: `cannot delete DaemonSet-managed Pods whose DaemonSet is gone (use --force to override)`,
      };
    }
    if (!rules.ignoreDaemonSets)
      return { leaves: false, error: 'cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore)' };
    return { leaves: false, warning: 'ignoring DaemonSet-managed Pods' };
  }
  if (isOver) return { leaves: true };
  if (pod.spec?.volumes?.some((it) => it.emptyDir !== undefined)) {
    if (!rules.deleteEmptyDirData) {
      return { leaves: false, error: 'cannot delete Pods with local storage (use --delete-emptydir-data to override)' };
    }
    return { leaves: true, warning: 'deleting Pods with local storage' };
  }
  if (owner !== undefined) return { leaves: true };
  if (rules.force) return { leaves: true, warning: 'deleting Pods that declare no controller' };
  return { leaves: false, error: 'cannot delete Pods that declare no controller (use --force to override)' };
}
