import { controllerOf, type Job, type Pod, type ReplicaSet } from '@keelson/api';
import { type InformerFactory, resources } from '@keelson/client';
import type { Clock } from '@keelson/service';
import { Violation } from '../sim/world.js';

const JOB_INDEX = 'batch.kubernetes.io/job-completion-index';
/** What a controller may not have heard of yet: wishes that changed so long ago still count. */
const MEMORY_MS = 60_000;

/** The largest of a number's values within a while. */
class Lately {
  readonly #seen: { value: number; until: number }[] = [];

  set(value: number, now: number): void {
    const last = this.#seen.at(-1);
    if (last !== undefined) last.until = now;
    this.#seen.push({ value, until: Number.POSITIVE_INFINITY });
  }

  largest(now: number): number {
    while (this.#seen.length > 1 && this.#seen[0]!.until < now - MEMORY_MS) this.#seen.shift();
    return Math.max(0, ...this.#seen.map(({ value }) => value));
  }
}

export interface RulesDependencies {
  readonly informers: InformerFactory;
  readonly clock: Clock;
  readonly broken: (violation: Violation) => void;
}

/** Watches what happens and says when something is made twice. */
export function watchRules({ informers, clock, broken }: RulesDependencies): void {
  const wishedOf = new Map<string, Lately>();
  const wish = (uid: string | undefined, count: number) => {
    let lately = wishedOf.get(uid ?? '');
    if (lately === undefined) {
      lately = new Lately();
      wishedOf.set(uid ?? '', lately);
    }
    lately.set(count, clock.monotonic());
  };
  const ofSet = ({ metadata, spec }: ReplicaSet) => wish(metadata.uid, spec?.replicas ?? 1);
  informers.for(resources.replicaSets).addHandler({ onAdd: ofSet, onUpdate: ofSet });
  const ofJob = ({ metadata, spec }: Job) => wish(metadata.uid, spec?.parallelism ?? 1);
  informers.for(resources.jobs).addHandler({ onAdd: ofJob, onUpdate: ofJob });
  const pods = informers.for(resources.pods, { indices: { owner: (pod) => [controllerOf(pod)?.uid ?? ''] } });
  pods.addHandler({
    onAdd: (pod) => {
      const owner = controllerOf(pod);
      const wished = wishedOf.get(owner?.uid ?? '');
      if (owner === undefined || wished === undefined) return;
      const active = pods.indexer.byIndex('owner', owner.uid ?? '').filter(isActive);
      const most = wished.largest(clock.monotonic());
      if (active.length > most)
        broken(new Violation(`${owner.kind} ${owner.name} has ${active.length} pods at work, and wished for ${most}`));
      const index = pod.metadata.annotations?.[JOB_INDEX];
      const twins = active.filter((it) => index !== undefined && it.metadata.annotations?.[JOB_INDEX] === index);
      if (twins.length > 1) broken(new Violation(`Job ${owner.name} works on index ${index} twice at once`));
    },
  });
}

function isActive({ metadata, status }: Pod): boolean {
  return metadata.deletionTimestamp === undefined && status?.phase !== 'Succeeded' && status?.phase !== 'Failed';
}
