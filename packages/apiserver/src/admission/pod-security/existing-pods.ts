import type { Pod } from '@keelson/api';
import { Breather } from '../../breather.js';
import type { ObjectCollection } from '../../registry/collection.js';
import type { PodShape } from './check.js';
import { reasonsText, violationsOf } from './evaluate.js';
import { type LevelVersion, textOf } from './policy.js';
import { shapeOf } from './shapes.js';

const PODS_MAX = 3_000;
const PODS_A_TURN = 200;

/** What is told of the pods that a namespace has already when more is asked of its pods. Alike ones are told together. */
export async function existingPodsWarnings(
  pods: ObjectCollection,
  namespace: string,
  enforce: LevelVersion,
  isExempt: (pod: PodShape) => boolean,
): Promise<string[]> {
  const all = inOrder(
    [...pods.cache.list(`${namespace}/`)].map(({ object }) => object as Pod),
    isExempt,
  );
  const checked = all.slice(0, PODS_MAX);
  const byText = new Map<string, string[]>();
  const breather = new Breather(PODS_A_TURN);
  for (const pod of checked) {
    const text = reasonsText(violationsOf(enforce, shapeOf(pod)));
    if (text !== '') byText.set(text, [...(byText.get(text) ?? []), pod.metadata.name ?? '']);
    await breather.after(1);
  }
  const warnings: string[] = [];
  if (checked.length < all.length) {
    const counts = `the first ${checked.length} of ${all.length} existing pods`;
    warnings.push(`new PodSecurity enforce level only checked against ${counts}`);
  }
  if (byText.size === 0) return warnings;
  const where = `existing pods in namespace ${JSON.stringify(namespace)}`;
  warnings.push(`${where} violate the new PodSecurity enforce level "${textOf(enforce)}"`);
  const texts = [...byText].map(([text, names]) => {
    const others = names.length - 1;
    const beside = others === 0 ? '' : others === 1 ? ' (and 1 other pod)' : ` (and ${others} other pods)`;
    return `${names.sort()[0]}${beside}: ${text}`;
  });
  return [...warnings, ...texts.sort()];
}

/** Of the pods of one controller, which are alike, one comes before all that are no first of theirs. */
function inOrder(pods: readonly Pod[], isExempt: (pod: PodShape) => boolean): Pod[] {
  const seen = new Set<string>();
  const [first, rest]: [Pod[], Pod[]] = [[], []];
  for (const pod of pods) {
    if (isExempt(shapeOf(pod))) continue;
    const owner = pod.metadata.ownerReferences?.find(({ controller }) => controller === true)?.uid;
    if (owner !== undefined && seen.has(owner)) rest.push(pod);
    else first.push(pod);
    if (owner !== undefined) seen.add(owner);
  }
  return [...first, ...rest];
}
