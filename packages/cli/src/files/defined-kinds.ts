import type { CustomResourceDefinition, KubeObject } from '@keelson/api';
import type { Clock } from '@keelson/service';
import type { Cluster } from '../cluster/cluster.js';
import type { Manifest } from './read.js';

/** A definition takes effect within a second or so; one that does not by now has something wrong. */
const WAIT_MAX_MS = 10_000;
const LOOK_EVERY_MS = 200;

/** Kinds that are defined by manifests and used by others after them. */
export class DefinedKinds {
  readonly #cluster: Pick<Cluster, 'mapper' | 'rediscover'>;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #defined = new Set<string>();

  constructor(
    cluster: Pick<Cluster, 'mapper' | 'rediscover'>,
    { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
  ) {
    this.#cluster = cluster;
    this.#clock = clock;
    this.#signal = signal;
  }

  /** Tells of an object that the server has taken. */
  stored(object: KubeObject): void {
    if (object.kind !== 'CustomResourceDefinition') return;
    const { group, names, versions = [] } = (object as CustomResourceDefinition).spec ?? {};
    for (const { name } of versions) this.#defined.add(`${group}/${name}/${names?.kind}`);
  }

  /** Waits until the kind of a manifest is served, if one of those definitions makes it. */
  async awaited({ object: { apiVersion, kind } }: Manifest): Promise<void> {
    const isOpen = () => this.#cluster.mapper.kind(apiVersion, kind) === undefined;
    if (!isOpen() || !this.#defined.delete(`${apiVersion}/${kind}`)) return;
    const end = this.#clock.monotonic() + WAIT_MAX_MS;
    for (;;) {
      await this.#cluster.rediscover();
      if (!isOpen() || this.#clock.monotonic() >= end) return;
      await this.#clock.sleep(LOOK_EVERY_MS, this.#signal);
    }
  }
}
