import { setMaxListeners } from 'node:events';
import { allKinds, KindRegistry } from '@keelson/api';
import { ApiClient, type Discovered, EventRecorder, InformerFactory } from '@keelson/client';
import { MemoryTransport, until } from '@keelson/client/testing';
import { createMetrics, seededRandom, silentLogger } from '@keelson/service';
import { ManualClock } from '@keelson/service/testing';
import type { Controller, ControllerContext } from '../framework/controller.js';
import { ControllerMetrics } from '../framework/metrics.js';
import { ServedKinds } from '../framework/served-kinds.js';

/** Controllers at work on an API server in memory, for tests. */
export interface TestWorld extends ControllerContext {
  readonly clock: ManualClock;
  readonly server: MemoryTransport;
  /** What the server serves. */
  readonly served: KindRegistry;
  /** What comes of asking the server for that; tests may put something else in its place. */
  discover: () => Promise<Discovered>;
  /** Starts controllers; once at most. */
  start(...controllers: readonly Controller[]): Promise<void>;
  stop(): Promise<void>;
}

export function testWorld(): TestWorld {
  const clock = new ManualClock();
  const served = new KindRegistry(allKinds);
  const server = new MemoryTransport({ clock, kinds: served });
  const client = new ApiClient(server);
  const common = { client, clock, random: seededRandom(1), logger: silentLogger };
  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal);
  let running: Promise<unknown> = Promise.resolve();
  const informers = new InformerFactory(common);
  const world: TestWorld = {
    ...common,
    server,
    served,
    discover: () => server.discover(),
    informers,
    kinds: new ServedKinds({ ...common, informers, discover: () => world.discover() }),
    recorder: new EventRecorder({ component: 'test' }, common),
    metrics: new ControllerMetrics(createMetrics()),
    workersOf: ({ workers }) => workers,
    loops: new Map(),
    signal: stopping.signal,
    async start(...controllers) {
      const runs = controllers.map((it) => it.setUp(world));
      let synced = false;
      const starting = world.informers
        .start(stopping.signal)
        .then(() => world.kinds.start(stopping.signal))
        .then(() => {
          synced = true;
        });
      await until(() => synced, { clock });
      await starting;
      running = Promise.all(runs.map((run) => run()));
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
  return world;
}
