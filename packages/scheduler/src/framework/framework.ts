import type { Pod } from '@keelson/api';
import type { Random } from '@keelson/service';
import type { NodeInfo } from '../cache/node-info.js';
import { priorityOf } from '../priority.js';
import { type Cycle, type Plugin, SCORE_MAX } from './plugin.js';
import type { Verdict } from './verdict.js';

/** Why a node does not take a pod. */
export interface Refusal {
  readonly node: string;
  readonly plugin: string;
  readonly reasons: readonly string[];
  readonly unresolvable: boolean;
}

/** How an attempt to place a pod came out. */
export type Placement =
  | { readonly node: string; readonly feasible: number }
  | { readonly node: undefined; readonly refusals: readonly Refusal[] };

/** Runs plugins over nodes. Pure but for the dice that choose among equals. */
export class Framework {
  readonly #plugins: readonly Plugin[];
  readonly #random: Random;
  readonly #promisedOn: (node: string) => readonly Pod[];
  /** Where the next search begins, so that large clusters are searched all around. */
  #start = 0;

  /** `promisedOn`: pods that are to come to a node once there is room (preemption's nominated pods). */
  constructor(
    plugins: readonly Plugin[],
    dependencies: { random: Random; promisedOn?: (node: string) => readonly Pod[] },
  ) {
    this.#plugins = plugins;
    this.#random = dependencies.random;
    this.#promisedOn = dependencies.promisedOn ?? (() => []);
  }

  get plugins(): readonly Plugin[] {
    return this.#plugins;
  }

  /** `promised`: the node that was promised to the pod; it is taken if it fits there. */
  place(pod: Pod, nodes: readonly NodeInfo[], promised?: NodeInfo): Placement {
    const cycle: Cycle = { pod, nodes };
    const states = this.#prepare(cycle);
    if (promised !== undefined && this.#refusal(cycle, promised, states) === undefined) {
      return { node: promised.name, feasible: 1 };
    }
    const enough = nodesEnough(nodes.length);
    const feasible: NodeInfo[] = [];
    const refusals: Refusal[] = [];
    for (let step = 0; step < nodes.length && feasible.length < enough; step++) {
      const node = nodes[(this.#start + step) % nodes.length]!;
      const refusal = this.#refusal(cycle, node, states);
      if (refusal === undefined) feasible.push(node);
      else refusals.push(refusal);
    }
    if (nodes.length > 0) this.#start = (this.#start + feasible.length + refusals.length) % nodes.length;
    if (feasible.length === 0) return { node: undefined, refusals };
    const chosen =
      feasible.length === 1 ? feasible[0]! : this.#best(pod, feasible, this.#prepare({ pod, nodes: feasible }));
    return { node: chosen.name, feasible: feasible.length };
  }

  /** Whether the cycle's pod fits on a node as it is given. */
  fits(cycle: Cycle, node: NodeInfo): boolean {
    return this.#refusal(cycle, node, this.#prepare(cycle)) === undefined;
  }

  #prepare(cycle: Cycle): ReadonlyMap<Plugin, unknown> {
    return new Map(this.#plugins.map((plugin) => [plugin, plugin.prepare?.(cycle)]));
  }

  /**
   * Why the node does not take the pod. Pods that matter as much and were promised the node count as if they were
   * there; but as they may go elsewhere, the pod must fit without them too.
   */
  #refusal({ pod, nodes }: Cycle, node: NodeInfo, states: ReadonlyMap<Plugin, unknown>): Refusal | undefined {
    const promised = this.#promisedOn(node.name).filter(
      (it) => it.metadata.uid !== pod.metadata.uid && priorityOf(it) >= priorityOf(pod),
    );
    if (promised.length > 0) {
      const full = node.clone();
      for (const it of promised) full.add(it);
      const others = nodes.map((it) => (it.name === node.name ? full : it));
      const refusal = this.#filter(pod, full, this.#prepare({ pod, nodes: others }));
      if (refusal !== undefined) return refusal;
    }
    return this.#filter(pod, node, states);
  }

  /** The first plugin's refusal; undefined if all let the pod in. */
  #filter(pod: Pod, node: NodeInfo, states: ReadonlyMap<Plugin, unknown>): Refusal | undefined {
    for (const plugin of this.#plugins) {
      const verdict: Verdict | undefined = plugin.filter?.(pod, node, states.get(plugin));
      if (verdict === undefined || verdict.pass) continue;
      const { reasons, unresolvable } = verdict;
      return { node: node.name, plugin: plugin.name, reasons, unresolvable };
    }
    return undefined;
  }

  /** The node of the highest weighted score; chance decides among the best. */
  #best(pod: Pod, nodes: readonly NodeInfo[], states: ReadonlyMap<Plugin, unknown>): NodeInfo {
    const totals = nodes.map(() => 0);
    for (const plugin of this.#plugins) {
      if (plugin.score === undefined) continue;
      const raw = nodes.map((node) => plugin.score!(pod, node, states.get(plugin)));
      const scores = plugin.normalize?.(raw) ?? raw.map((score) => Math.max(0, Math.min(SCORE_MAX, score)));
      for (const [index, score] of scores.entries()) totals[index]! += score * (plugin.weight ?? 1);
    }
    const best = Math.max(...totals);
    const candidates = nodes.filter((_, index) => totals[index] === best);
    return candidates[this.#random.integer(candidates.length)]!;
  }
}

const NODES_ALL_BELOW = 100;

/** How many feasible nodes are enough (upstream's adaptive percentageOfNodesToScore): from 50 % down to 5 %. */
export function nodesEnough(count: number): number {
  if (count < NODES_ALL_BELOW) return count;
  const percent = Math.max(5, 50 - Math.floor(count / 125));
  return Math.max(NODES_ALL_BELOW, Math.floor((count * percent) / 100));
}
