import { objectKey, type Pod } from '@keelson/api';
import { resources } from '@keelson/client';
import { rfc3339 } from '@keelson/service';
import { type Decision, NOTHING } from '../../framework/actions.js';
import { type ControllerContext, KeyedLoop, splitKey } from '../../framework/controller.js';
import { runDecisions, UNDECIDED } from '../../framework/decisions.js';
import { isFinished } from '../../pods/pod-state.js';

/** So long a pod that was said to go may stay until that is taken back. */
const STALE_MS = 2 * 60_000;
const TARGET = 'DisruptionTarget';

/** Milliseconds until the pod's condition is taken to be stale; undefined: it has none that could be. */
export function staleIn(pod: Pod, now: number): number | undefined {
  if (pod.metadata.deletionTimestamp !== undefined || isFinished(pod)) return undefined;
  const condition = pod.status?.conditions?.find(({ type }) => type === TARGET);
  // What the kubelet says of a pod stays true however long the pod takes to end.
  if (condition?.status !== 'True' || condition.reason === 'TerminationByKubelet') return undefined;
  const since = Date.parse(condition.lastTransitionTime ?? '');
  return Number.isNaN(since) ? 0 : Math.max(since + STALE_MS - now, 0);
}

export function decideStale(pod: Pod, now: number): Decision {
  const left = staleIn(pod, now);
  if (left === undefined) return NOTHING;
  if (left > 0) return { again: left };
  const { generation: observedGeneration } = pod.metadata;
  const cleared = {
    type: TARGET,
    status: 'False',
    lastTransitionTime: rfc3339(now),
    ...(observedGeneration === undefined ? {} : { observedGeneration }),
  };
  const conditions = (pod.status?.conditions ?? []).map((it) => (it.type === TARGET ? cleared : it));
  const object: Pod = { ...pod, status: { ...pod.status, conditions } };
  return {
    steps: [[{ do: 'update', resource: resources.pods, object, subresource: 'status', ignore: ['NotFound'] }]],
  };
}

/** Takes back what was said of pods that were to go and did not. */
export function clearStaleTargets(context: ControllerContext): () => Promise<void> {
  const pods = context.informers.for(resources.pods);
  const loop = new KeyedLoop('stale_pod_disruption', context);
  loop.feed(pods, (pod) => (staleIn(pod, context.clock.now()) === undefined ? [] : [objectKey(pod)]));
  return () =>
    runDecisions(loop, context, {
      workers: 1,
      decide(key, now) {
        const { namespace, name } = splitKey(key);
        const subject = pods.get(namespace, name);
        return subject === undefined ? UNDECIDED : { subject, decision: decideStale(subject, now) };
      },
    });
}
