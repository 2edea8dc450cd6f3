import type { Pod } from '@keelson/api';
import type { NodeInfo } from '../cache/node-info.js';
import type { Verdict } from './verdict.js';

/** What happened in the cluster: pods that failed may fit after it. */
export type ClusterEvent =
  | 'NodeAdd'
  | 'NodeUpdateAllocatable'
  | 'NodeUpdateLabel'
  | 'NodeUpdateTaint'
  | 'AssignedPodAdd'
  | 'AssignedPodScaleDown'
  | 'AssignedPodDelete';

/** A cycle's view: the pod, all nodes, and room for what a plugin works out once for all nodes. */
export interface Cycle {
  readonly pod: Pod;
  readonly nodes: readonly NodeInfo[];
}

export const SCORE_MAX = 100;

/**
 * A rule of the scheduler. Each method is an extension point of upstream's framework; `prepare` stands for PreFilter
 * and PreScore: what it returns is handed to the plugin's other methods in this cycle.
 */
export interface Plugin<State = unknown> {
  readonly name: string;
  /** Multiplies the plugin's scores. */
  readonly weight?: number;
  prepare?(cycle: Cycle): State;
  filter?(pod: Pod, node: NodeInfo, state: State): Verdict;
  /** Any number; `normalize` brings it to 0…SCORE_MAX. */
  score?(pod: Pod, node: NodeInfo, state: State): number;
  normalize?(scores: number[]): number[];
  /** The events after which a pod that this plugin refused is worth another try. */
  readonly retryAfter: readonly ClusterEvent[];
}

/** Upstream's DefaultNormalizeScore: the best becomes 100; reversed, it becomes 0. */
export function normalizeByMax(reverse: boolean): (scores: number[]) => number[] {
  return (scores) => {
    const max = Math.max(0, ...scores);
    if (max === 0) return scores.map(() => (reverse ? SCORE_MAX : 0));
    return scores.map((score) => {
      const scaled = Math.floor((SCORE_MAX * score) / max);
      return reverse ? SCORE_MAX - scaled : scaled;
    });
  };
}
