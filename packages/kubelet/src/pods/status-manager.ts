import { deepEqual, isApiError, type Pod, type PodCondition, type PodStatus, semanticEqual } from '@keelson/api';
import { type ApiClient, Backoff, resources } from '@keelson/client';
import type { Clock, Logger, Random } from '@keelson/service';
import { podUid } from './pod-facts.js';

interface Entry {
  pod: Pod;
  wanted: PodStatus;
  writing: Promise<void> | undefined;
  /** The pod's status in the API server, as of `version`: heard from a watch or in the answer to a write. */
  known: PodStatus;
  version: bigint;
  /** What the server made of which wish: it may keep a status in another form, and need not be told again. */
  settled: { wanted: PodStatus; known: PodStatus } | undefined;
}

/** Tells the API server how pods are: only changes, one write at a time for each pod, and again until it is heard. */
export class StatusManager {
  readonly #entries = new Map<string, Entry>();
  readonly #client: Pick<ApiClient, 'patch'>;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #logger: Logger;
  readonly #signal: AbortSignal;

  constructor(dependencies: {
    client: Pick<ApiClient, 'patch'>;
    clock: Clock;
    random: Random;
    logger: Logger;
    signal: AbortSignal;
  }) {
    this.#client = dependencies.client;
    this.#clock = dependencies.clock;
    this.#random = dependencies.random;
    this.#logger = dependencies.logger;
    this.#signal = dependencies.signal;
  }

  /** The newest status that is known for the pod: this kubelet's own word goes before what it hears back. */
  latest(pod: Pod): PodStatus | undefined {
    return this.#entries.get(podUid(pod))?.wanted ?? pod.status;
  }

  set(pod: Pod, status: PodStatus): void {
    const uid = podUid(pod);
    const entry = this.#entries.get(uid) ?? {
      pod,
      wanted: status,
      writing: undefined,
      known: {},
      version: -1n,
      settled: undefined,
    };
    entry.pod = pod;
    entry.wanted = status;
    this.#entries.set(uid, entry);
    hear(entry, pod);
    if (!isHeard(entry)) entry.writing ??= this.#write(uid, entry);
  }

  /** Resolves when what was set before the call has been heard, or the pod is gone from the API. */
  async flushed(uid: string): Promise<void> {
    await this.#entries.get(uid)?.writing;
  }

  forget(uid: string): void {
    this.#entries.delete(uid);
  }

  async #write(uid: string, entry: Entry): Promise<void> {
    const backoff = new Backoff({ baseMs: 200, capMs: 10_000 }, { random: this.#random });
    while (!this.#signal.aborted && this.#entries.get(uid) === entry && !isHeard(entry)) {
      const { pod, wanted, known } = entry;
      try {
        const { namespace, name = '' } = pod.metadata;
        const patch = { metadata: { uid }, status: statusPatch(known, wanted) };
        const key = { namespace, name };
        hear(entry, await this.#client.patch(resources.pods, key, 'strategic', patch, { subresource: 'status' }));
        entry.settled = { wanted, known: entry.known };
        backoff.reset();
      } catch (error) {
        // Gone, or another pod of the same name: there is nobody to tell.
        if (isApiError(error, 'NotFound') || isApiError(error, 'Conflict')) break;
        this.#logger.debug({ err: (error as Error).message, pod: pod.metadata.name }, 'status not written yet');
        await this.#clock.sleep(backoff.next(), this.#signal).catch(() => {});
      }
    }
    // In the same turn in which all was heard: what is set a turn later must find nobody at it.
    entry.writing = undefined;
  }
}

function isHeard({ known, wanted, settled }: Entry): boolean {
  if (semanticEqual(known, wanted)) return true;
  return settled !== undefined && semanticEqual(settled.wanted, wanted) && semanticEqual(settled.known, known);
}

/** Takes over the newer word of the API server: others change a pod's status too, and may be wrong about it. */
function hear(entry: Entry, pod: Pod): void {
  const version = BigInt(pod.metadata.resourceVersion || 0);
  if (version < entry.version) return;
  entry.version = version;
  entry.known = pod.status ?? {};
}

/**
 * The change as a strategic merge patch: removed fields as null, addresses (which merge by ip) replaced, and of the
 * conditions (which merge by type) only those that changed, with null for what they no longer say.
 */
export function statusPatch(old: PodStatus, next: PodStatus): Record<string, unknown> {
  const patch: Record<string, unknown> = {};
  for (const key of new Set([...Object.keys(old), ...Object.keys(next)]) as Set<keyof PodStatus>) {
    if (deepEqual(old[key], next[key])) continue;
    patch[key] = next[key] ?? null;
  }
  if (patch['conditions'] !== undefined) patch['conditions'] = conditionsPatch(old.conditions, next.conditions);
  for (const key of ['podIPs', 'hostIPs'] as const) {
    if (patch[key] === undefined) continue;
    const gone = (old[key] ?? []).filter(({ ip }) => !next[key]?.some((kept) => kept.ip === ip));
    patch[key] = [...gone.map(({ ip }) => ({ ip, $patch: 'delete' })), ...(next[key] ?? [])];
  }
  return patch;
}

function conditionsPatch(old: PodCondition[] = [], next: PodCondition[] = []): Record<string, unknown>[] {
  return next.flatMap((condition) => {
    const before = old.find(({ type }) => type === condition.type);
    if (semanticEqual(before, condition)) return [];
    const dropped = Object.keys(before ?? {}).filter((key) => condition[key as keyof PodCondition] === undefined);
    return [{ ...Object.fromEntries(dropped.map((key) => [key, null])), ...condition }];
  });
}
