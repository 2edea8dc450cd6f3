import type { ContainerStatus, Pod, PodCondition } from '@keelson/api';
import type { PodPhase } from './phase.js';
import { containersOf, initContainersOf, isSidecar, nameOf } from './pod-facts.js';

type Verdict = Pick<PodCondition, 'type' | 'status' | 'reason' | 'message'>;

export interface ConditionFacts {
  phase: PodPhase;
  init: readonly ContainerStatus[];
  main: readonly ContainerStatus[];
  sandboxReady: boolean;
}

/** The conditions that the kubelet owns, in upstream's words. */
export function podVerdicts(pod: Pod, facts: ConditionFacts): Verdict[] {
  const containersReady = containersReadyVerdict(pod, facts);
  return [
    { type: 'PodReadyToStartContainers', status: facts.sandboxReady ? 'True' : 'False' },
    initializedVerdict(pod, facts),
    readyVerdict(pod, containersReady),
    containersReady,
  ];
}

function initializedVerdict(pod: Pod, { phase, init, main }: ConditionFacts): Verdict {
  if (phase === 'Succeeded') return { type: 'Initialized', status: 'True', reason: 'PodCompleted' };
  const hasBegun = main.some(({ state }) => state?.running !== undefined || state?.terminated !== undefined);
  const incomplete = initContainersOf(pod)
    .filter((container) => {
      const status = init.find(({ name }) => name === nameOf(container));
      return isSidecar(container) ? status?.started !== true : status?.state?.terminated?.exitCode !== 0;
    })
    .map(nameOf);
  if (incomplete.length === 0 || hasBegun) return { type: 'Initialized', status: 'True' };
  const message = `containers with incomplete status: [${incomplete.join(' ')}]`;
  return { type: 'Initialized', status: 'False', reason: 'ContainersNotInitialized', message };
}

function containersReadyVerdict(pod: Pod, { phase, init, main }: ConditionFacts): Verdict {
  const type = 'ContainersReady';
  if (phase === 'Succeeded') return { type, status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed') return { type, status: 'False', reason: 'PodFailed' };
  const wanted = [...initContainersOf(pod).filter(isSidecar), ...containersOf(pod)].map(nameOf);
  const statuses = [...init, ...main];
  const unknown = wanted.filter((name) => !statuses.some((status) => status.name === name));
  const unready = wanted.filter((name) => statuses.some((status) => status.name === name && status.ready !== true));
  if (unknown.length + unready.length === 0) return { type, status: 'True' };
  const parts = [
    unknown.length > 0 ? `containers with unknown status: [${unknown.join(' ')}]` : '',
    unready.length > 0 ? `containers with unready status: [${unready.join(' ')}]` : '',
  ];
  return { type, status: 'False', reason: 'ContainersNotReady', message: parts.filter(Boolean).join(', ') };
}

function readyVerdict(pod: Pod, containersReady: Verdict): Verdict {
  if (containersReady.status !== 'True') return { ...containersReady, type: 'Ready' };
  const problems = (pod.spec?.readinessGates ?? []).flatMap(({ conditionType = '' }) => {
    const condition = pod.status?.conditions?.find(({ type }) => type === conditionType);
    if (condition === undefined)
      return [`corresponding condition of pod readiness gate "${conditionType}" does not exist.`];
    return condition.status === 'True'
      ? []
      : [`the status of pod readiness gate "${conditionType}" is not "True", but ${condition.status}`];
  });
  if (problems.length === 0) return { type: 'Ready', status: 'True' };
  return { type: 'Ready', status: 'False', reason: 'ReadinessGatesNotReady', message: problems.join(', ') };
}

/** Puts verdicts among the conditions that are there: a transition time changes with the status only. */
export function mergeConditions(
  old: readonly PodCondition[] | undefined,
  verdicts: readonly Verdict[],
  now: string,
  observedGeneration: number | undefined,
): PodCondition[] {
  const foreign = (old ?? []).filter(({ type }) => !verdicts.some((verdict) => verdict.type === type));
  const own = verdicts.map((verdict): PodCondition => {
    const before = old?.find(({ type }) => type === verdict.type);
    const lastTransitionTime = before?.status === verdict.status ? (before?.lastTransitionTime ?? now) : now;
    return {
      ...verdict,
      lastProbeTime: null as unknown as undefined,
      lastTransitionTime,
      ...(observedGeneration === undefined ? {} : { observedGeneration }),
    };
  });
  return [...own, ...foreign];
}
