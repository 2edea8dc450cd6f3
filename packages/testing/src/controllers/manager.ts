import { setMaxListeners } from 'node:events';
import { ApiClient, EventRecorder, InformerFactory, type Transport } from '@keelson/client';
import {
  allControllers,
  type ControllerContext,
  ControllerMetrics,
  defaultsOf,
  makeControllers,
  ServedKinds,
} from '@keelson/controller-manager';
import { createMetrics, seededRandom, silentLogger } from '@keelson/service';
import type { ManualClock } from '@keelson/service/testing';

export interface ManagerDependencies {
  readonly transport: Transport;
  readonly clock: ManualClock;
  readonly seed: number;
}

/** One life of the controller manager: it begins with empty caches. */
export class Manager {
  readonly #stopping = new AbortController();

  constructor({ transport, clock, seed }: ManagerDependencies) {
    setMaxListeners(0, this.#stopping.signal);
    const client = new ApiClient(transport);
    const common = { client, clock, random: seededRandom(seed), logger: silentLogger };
    const informers = new InformerFactory(common);
    const kinds = new ServedKinds({ ...common, informers, discover: () => transport.discover({}) });
    const context: Omit<ControllerContext, 'recorder'> = {
      ...common,
      informers,
      kinds,
      metrics: new ControllerMetrics(createMetrics()),
      workersOf: ({ workers }) => workers,
      loops: new Map(),
      signal: this.#stopping.signal,
    };
    const runs = makeControllers(allControllers, defaultsOf(allControllers)).map((it) =>
      it.setUp({ ...context, recorder: new EventRecorder({ component: it.name }, common) }),
    );
    void this.#run(informers, kinds, runs);
  }

  /** Its work stops; who wants a death cuts its transport before. */
  stop(): void {
    this.#stopping.abort(new Error('the manager is gone'));
  }

  async #run(informers: InformerFactory, kinds: ServedKinds, runs: readonly (() => Promise<void>)[]): Promise<void> {
    const { signal } = this.#stopping;
    try {
      await informers.start(signal);
      await kinds.start(signal);
      await Promise.all(runs.map((run) => run()));
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}
