import { ApiClient, EventRecorder, InformerFactory } from '@keelson/client';
import { MemoryTransport, until } from '@keelson/client/testing';
import { createMetrics, seededRandom, silentLogger } from '@keelson/service';
import { ManualClock } from '@keelson/service/testing';
import type { Controller, ControllerContext } from '../framework/controller.js';
import { ControllerMetrics } from '../framework/metrics.js';

/** Controllers at work on an API server in memory, for tests. */
export interface TestWorld extends ControllerContext {
  readonly clock: ManualClock;
  readonly server: MemoryTransport;
  /** Starts controllers; once at most. */
  start(...controllers: readonly Controller[]): Promise<void>;
  stop(): Promise<void>;
}

export function testWorld(): TestWorld {
  const clock = new ManualClock();
  const server = new MemoryTransport({ clock });
  const client = new ApiClient(server);
  const common = { client, clock, random: seededRandom(1), logger: silentLogger };
  const stopping = new AbortController();
  let running: Promise<unknown> = Promise.resolve();
  const world: TestWorld = {
    ...common,
    server,
    informers: new InformerFactory(common),
    recorder: new EventRecorder({ component: 'test' }, common),
    metrics: new ControllerMetrics(createMetrics()),
    signal: stopping.signal,
    async start(...controllers) {
      const runs = controllers.map((it) => it.setUp(world));
      let synced = false;
      const starting = world.informers.start(stopping.signal).then(() => {
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
