import type { Pod } from '@keelson/api';
import type { NodeInfo } from '../cache/node-info.js';
import { fitMessage } from '../framework/fit-error.js';
import type { Framework, Refusal } from '../framework/framework.js';
import { priorityOf } from '../priority.js';

/** Which pods have to go from which node. */
export interface Candidate {
  readonly node: string;
  readonly victims: readonly Pod[];
}

/**
 * `waits`: nothing more is to be done for the pod now, and what it was promised stays promised; otherwise a node that
 * it was promised before is of no use to it.
 */
export type Preemption =
  | { readonly candidate: Candidate; readonly message: '' }
  | { readonly candidate: undefined; readonly waits: boolean; readonly message: string };

const NOT_HELPFUL = 'Preemption is not helpful for scheduling';
const NO_VICTIMS = 'No preemption victims found for incoming pod';

/** Finds the node on which the least important pods would have to go for `pod` to fit (DefaultPreemption). */
export function findPreemption(
  framework: Framework,
  pod: Pod,
  nodes: readonly NodeInfo[],
  refusals: readonly Refusal[],
  promised: string | undefined,
): Preemption {
  if (pod.spec?.preemptionPolicy === 'Never') {
    return { candidate: undefined, waits: true, message: 'not eligible due to preemptionPolicy=Never.' };
  }
  const byName = new Map(nodes.map((it) => [it.name, it]));
  const nominated = byName.get(promised ?? '');
  const stillOfUse = refusals.some((it) => it.node === promised && !it.unresolvable);
  const ending = [...(nominated?.pods ?? [])].some((it) => isPreempted(it) && priorityOf(it) < priorityOf(pod));
  if (stillOfUse && ending) {
    const message = 'not eligible due to a terminating pod on the nominated node.';
    return { candidate: undefined, waits: true, message };
  }
  const candidates: Candidate[] = [];
  const reasons: string[] = [];
  for (const { node, unresolvable } of refusals) {
    const info = byName.get(node);
    if (unresolvable || info === undefined) {
      reasons.push(NOT_HELPFUL);
      continue;
    }
    const victims = victimsOn(framework, pod, info, nodes);
    if (victims === undefined) reasons.push(NO_VICTIMS);
    else candidates.push({ node, victims });
  }
  const best = bestOf(candidates);
  if (best !== undefined) return { candidate: best, message: '' };
  return { candidate: undefined, waits: false, message: fitMessage(nodes.length, reasons) };
}

/** The fewest pods of lower priority without which `pod` fits; undefined: it does not fit even without all of them. */
function victimsOn(framework: Framework, pod: Pod, node: NodeInfo, nodes: readonly NodeInfo[]): Pod[] | undefined {
  const lower = [...node.pods].filter((it) => priorityOf(it) < priorityOf(pod));
  if (lower.length === 0) return undefined;
  const trial = node.clone();
  const others = nodes.map((it) => (it === node ? trial : it));
  const fits = () => framework.fits({ pod, nodes: others }, trial);
  for (const it of lower) trial.remove(it);
  if (!fits()) return undefined;
  const victims: Pod[] = [];
  for (const it of lower.sort(moreImportant)) {
    trial.add(it);
    if (fits()) continue;
    trial.remove(it);
    victims.push(it);
  }
  return victims.length === 0 ? undefined : victims;
}

/** Upstream's order: lowest highest victim, lowest sum of priorities, fewest, latest start of the most important. */
function bestOf(candidates: readonly Candidate[]): Candidate | undefined {
  const measures: ((candidate: Candidate) => number)[] = [
    ({ victims }) => Math.max(...victims.map(priorityOf)),
    ({ victims }) => victims.reduce((sum, it) => sum + priorityOf(it) + 2 ** 31, 0),
    ({ victims }) => victims.length,
    ({ victims }) => -Math.min(...mostImportant(victims).map(startOf)),
  ];
  let best = [...candidates];
  for (const measure of measures) {
    const least = Math.min(...best.map(measure));
    best = best.filter((it) => measure(it) === least);
  }
  return best[0];
}

function mostImportant(victims: readonly Pod[]): Pod[] {
  const highest = Math.max(...victims.map(priorityOf));
  return victims.filter((it) => priorityOf(it) === highest);
}

function moreImportant(a: Pod, b: Pod): number {
  return priorityOf(b) - priorityOf(a) || startOf(a) - startOf(b);
}

function startOf(pod: Pod): number {
  return Date.parse(pod.status?.startTime ?? pod.metadata.creationTimestamp ?? '') || Number.MAX_SAFE_INTEGER;
}

/** Going to end to make room: another end frees its room too, but nobody knows when. */
function isPreempted({ metadata, status }: Pod): boolean {
  if (metadata.deletionTimestamp === undefined) return false;
  const target = status?.conditions?.find((it) => it.type === 'DisruptionTarget');
  return target?.status === 'True' && target.reason === 'PreemptionByScheduler';
}
