import type { Job, Pod, PodFailurePolicyRule } from '@keelson/api';

/** What a Job's policy says of one pod that failed. */
export interface FailureVerdict {
  /** Whether the failure counts towards the backoff limit. */
  readonly counts: boolean;
  /** The reason to give the whole Job up, if this is one. */
  readonly failJob: string | undefined;
  /** The pod's index is given up. */
  readonly failIndex: boolean;
}

const COUNT: FailureVerdict = { counts: true, failJob: undefined, failIndex: false };

/** The first rule that matches decides; without one the failure counts. */
export function judgeFailure(job: Job, pod: Pod): FailureVerdict {
  for (const [index, rule] of (job.spec?.podFailurePolicy?.rules ?? []).entries()) {
    const match = matchOf(rule, pod);
    if (match === undefined) continue;
    switch (rule.action) {
      case 'Ignore':
        return { ...COUNT, counts: false };
      case 'FailJob':
        return { ...COUNT, failJob: `${match} matching FailJob rule at index ${index}` };
      case 'FailIndex':
        return { ...COUNT, failIndex: true };
      default:
        return COUNT;
    }
  }
  return COUNT;
}

function matchOf({ onExitCodes, onPodConditions }: PodFailurePolicyRule, pod: Pod): string | undefined {
  const where = `${pod.metadata.namespace}/${pod.metadata.name}`;
  if (onExitCodes !== undefined) {
    for (const status of [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])]) {
      const code = status.state?.terminated?.exitCode ?? 0;
      if (code === 0 || (onExitCodes.containerName && onExitCodes.containerName !== status.name)) continue;
      const listed = (onExitCodes.values ?? []).includes(code);
      if (listed === (onExitCodes.operator === 'In'))
        return `Container ${status.name} for pod ${where} failed with exit code ${code}`;
    }
    return undefined;
  }
  for (const wanted of onPodConditions ?? []) {
    const found = pod.status?.conditions?.find(
      (it) => it.type === wanted.type && it.status === (wanted.status || 'True'),
    );
    if (found !== undefined) return `Pod ${where} has condition ${found.type}`;
  }
  return undefined;
}
