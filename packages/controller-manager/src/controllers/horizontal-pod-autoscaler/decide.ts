import type { ApiError, HorizontalPodAutoscaler, MetricSpec, MetricStatus, Scale } from '@keelson/api';
import { resources } from '@keelson/client';
import { rfc3339 } from '@keelson/service';
import {
  type Action,
  type Decision,
  type EventText,
  type Tell,
  tell,
  type Update,
  writeStatus,
} from '../../framework/actions.js';
import type { ServedResource } from '../../framework/catalogue.js';
import { type Condition, withCondition } from '../../framework/conditions.js';
import { limit, type Said } from './limits.js';
import { type Measured, MetricFailure, type Proposal, propose } from './proposals.js';
import type { Circumstances } from './replica-count.js';
import { recommended, type ScalingHistory } from './scaling-history.js';

type Status = NonNullable<HorizontalPodAutoscaler['status']>;

/** What an autoscaler scales, as it is. */
export interface Target {
  readonly resource: ServedResource;
  readonly scale: Scale;
}

/** What was measured of the target's pods; or why they cannot be told from others. */
export type Observed =
  | { readonly measured: readonly Measured[]; readonly circumstances: Circumstances }
  | { readonly unselectable: Unselectable };

/** Why the pods of a target are not known. */
export interface Unselectable {
  /** Of the event, and of the condition. */
  readonly event: Said;
  readonly condition: Said;
}

export interface Look {
  readonly autoscaler: HorizontalPodAutoscaler;
  readonly now: number;
}

/** What fields of a status that are absent mean. */
const ZERO: Status = { currentReplicas: 0, desiredReplicas: 0 };

export interface Outcome {
  readonly decision: Decision;
  readonly history: ScalingHistory;
}

export interface Times {
  /** Of a clock that never jumps. */
  readonly moment: number;
  readonly downscaleMs: number;
  /** The target has been scaled. */
  readonly onScaled?: (from: number, to: number) => void;
}

export function decideWithoutScale(look: Look, error: unknown): Decision {
  const text = messageOf(error);
  const draft = new Draft(look);
  draft.tell('Warning', 'FailedGetScale', text);
  draft.set('AbleToScale', 'False', {
    reason: 'FailedGetScale',
    message: `the HPA controller was unable to get the target's current scale: ${text}`,
  });
  return { steps: [draft.told, draft.write()] };
}

/** Whether it has to be measured what the target's pods do. */
export function needsMetrics({ spec = {} }: HorizontalPodAutoscaler, { scale }: Target): boolean {
  const current = scale.spec?.replicas ?? 0;
  const min = spec.minReplicas ?? 1;
  if (current === 0) return min === 0;
  return current <= (spec.maxReplicas ?? 0) && current >= min;
}

/** @param observed absent where nothing has to be measured */
export function decide(
  look: Look,
  target: Target,
  observed: Observed | undefined,
  history: ScalingHistory,
  times: Times,
): Outcome {
  const { spec = {} } = look.autoscaler;
  const draft = new Draft(look);
  draft.set('AbleToScale', 'True', {
    reason: 'SucceededGetScale',
    message: "the HPA controller was able to get the target's current scale",
  });
  const current = target.scale.spec?.replicas ?? 0;
  const [min, max] = [spec.minReplicas ?? 1, spec.maxReplicas ?? 0];
  if (observed === undefined) {
    if (current === 0) {
      draft.set('ScalingActive', 'False', {
        reason: 'ScalingDisabled',
        message: 'scaling is disabled since the replica count of the target is zero',
      });
      return { decision: keep(draft, current, undefined), history };
    }
    const isAbove = current > max;
    const reason = `Current number of replicas ${isAbove ? 'above Spec.MaxReplicas' : 'below Spec.MinReplicas'}`;
    const wish = { to: isAbove ? max : min, reason, metrics: undefined };
    return { decision: rescale(draft, target, wish, times), history };
  }
  const found = proposals(draft, spec.metrics ?? [], observed, current);
  if (found.best === undefined) {
    draft.tell('Warning', 'FailedComputeMetricsReplicas', found.problem);
    draft.keep(current, found.statuses);
    return { decision: { steps: [draft.told, draft.write()] }, history };
  }
  const { replicas: desired, name } = found.best;
  const limited = limit(
    { current, desired, min, max, now: times.moment, downscaleMs: times.downscaleMs },
    spec.behavior,
    history,
  );
  draft.set('AbleToScale', 'True', limited.stabilized);
  draft.set('ScalingLimited', limited.limited.isLimited ? 'True' : 'False', limited.limited);
  const next = recommended(history, desired, times.moment);
  const to = limited.replicas;
  if (to === current) return { decision: keep(draft, current, found.statuses), history: next };
  const reason = desired > current ? `${name} above target` : desired < current ? 'All metrics below target' : '';
  return { decision: rescale(draft, target, { to, reason, metrics: found.statuses }, times), history: next };
}

interface Found {
  readonly best: Proposal | undefined;
  readonly statuses: readonly MetricStatus[] | undefined;
  /** Why there is none. */
  readonly problem: string;
}

/** The highest of what the metrics ask for. Without one of them it may only be more than what is there. */
function proposals(draft: Draft, specs: readonly MetricSpec[], observed: Observed, current: number): Found {
  if ('unselectable' in observed) {
    const { event, condition } = observed.unselectable;
    draft.tell('Warning', event.reason, event.message);
    draft.set('ScalingActive', 'False', condition);
    return { best: undefined, statuses: undefined, problem: event.message };
  }
  const { namespace = '' } = draft.autoscaler.metadata;
  const failures: MetricFailure[] = [];
  let best: Proposal | undefined;
  const statuses = specs.map((spec, index): MetricStatus => {
    try {
      const proposal = propose(spec, observed.measured[index] ?? 0, observed.circumstances, namespace);
      if (best === undefined || best.replicas === 0 || proposal.replicas > best.replicas) best = proposal;
      return proposal.status;
    } catch (error) {
      if (!(error instanceof MetricFailure)) throw error;
      failures.push(error);
      draft.tell('Warning', error.reason, error.said);
      return { type: '' };
    }
  });
  const [first] = failures;
  const proposed = best as Proposal | undefined;
  if (first !== undefined && (proposed === undefined || proposed.replicas < current)) {
    const message = `the HPA was unable to compute the replica count: ${first.said}`;
    draft.set('ScalingActive', 'False', { reason: first.reason, message });
    const counted = `${failures.length} invalid out of ${specs.length}`;
    return { best: undefined, statuses, problem: `invalid metrics (${counted}), first error is: ${first.message}` };
  }
  if (proposed === undefined) return { best: undefined, statuses, problem: 'the autoscaler has no metrics' };
  const message = `the HPA was able to successfully calculate a replica count from ${proposed.name}`;
  draft.set('ScalingActive', 'True', { reason: 'ValidMetricFound', message });
  return { best: proposed, statuses, problem: '' };
}

function keep(draft: Draft, current: number, metrics: readonly MetricStatus[] | undefined): Decision {
  draft.status = statusOf(draft.status, current, current, metrics);
  return { steps: [draft.told, draft.write()] };
}

interface Rescale {
  readonly to: number;
  readonly reason: string;
  readonly metrics: readonly MetricStatus[] | undefined;
}

function rescale(
  draft: Draft,
  { resource, scale }: Target,
  { to, reason, metrics }: Rescale,
  { onScaled }: Times,
): Decision {
  const current = scale.spec?.replicas ?? 0;
  const withReplicas = (it: Scale): Scale => ({ ...it, spec: { ...it.spec, replicas: to } });
  const update: Update = {
    ...{ do: 'update', resource, subresource: 'scale', object: withReplicas(scale) },
    onConflict: (newest) => withReplicas(newest as Scale),
    done: (): EventText => ({
      type: 'Normal',
      reason: 'SuccessfulRescale',
      message: `New size: ${to}; reason: ${reason}`,
    }),
    failed: ({ message }): EventText => ({
      ...{ type: 'Warning', reason: 'FailedRescale', message: `New size: ${to}; reason: ${reason}; error: ${message}` },
    }),
  };
  return {
    steps: [draft.told, [update]],
    afterwards(failure) {
      if (failure === undefined) {
        onScaled?.(current, to);
        const message = `the HPA controller was able to update the target scale to ${to}`;
        draft.set('AbleToScale', 'True', { reason: 'SucceededRescale', message });
        draft.status = { ...statusOf(draft.status, current, to, metrics), lastScaleTime: rfc3339(draft.now) };
      } else {
        const message = `the HPA controller was unable to update the target scale: ${messageOf(failure)}`;
        draft.set('AbleToScale', 'False', { reason: 'FailedUpdateScale', message });
        draft.keep(current, metrics);
      }
      return draft.write();
    },
  };
}

function statusOf(
  { lastScaleTime, conditions }: Status,
  currentReplicas: number,
  desiredReplicas: number,
  currentMetrics: readonly MetricStatus[] | undefined,
): Status {
  return {
    currentReplicas,
    desiredReplicas,
    ...(lastScaleTime === undefined ? {} : { lastScaleTime }),
    ...(currentMetrics === undefined ? {} : { currentMetrics: [...currentMetrics] }),
    ...(conditions === undefined ? {} : { conditions }),
  };
}

function unwritten(error: ApiError): EventText | undefined {
  if (error.reason === 'Conflict') return undefined;
  return { type: 'Warning', reason: 'FailedUpdateStatus', message: error.message };
}

function messageOf(failure: unknown): string {
  return failure instanceof Error ? failure.message : String(failure);
}

/** What an autoscaler is going to say. */
class Draft {
  readonly autoscaler: HorizontalPodAutoscaler;
  readonly now: number;
  readonly told: Tell[] = [];
  status: Status;

  constructor({ autoscaler, now }: Look) {
    this.autoscaler = autoscaler;
    this.now = now;
    this.status = { ...ZERO, ...autoscaler.status };
  }

  tell(type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.told.push(tell(type, reason, message));
  }

  set(type: string, status: 'True' | 'False', { reason, message }: Said): void {
    const condition: Condition = { type, status, reason, message };
    this.status = { ...this.status, conditions: withCondition(this.status.conditions, condition, rfc3339(this.now)) };
  }

  /** What was wished last stays wished. */
  keep(current: number, metrics: readonly MetricStatus[] | undefined): void {
    this.status = statusOf(this.status, current, this.status.desiredReplicas ?? 0, metrics);
  }

  write(): readonly Action[] {
    const written = writeStatus(resources.horizontalPodAutoscalers, this.autoscaler, this.status, ZERO);
    return written.map((it) => ({ ...it, failed: unwritten }) as Action);
  }
}
