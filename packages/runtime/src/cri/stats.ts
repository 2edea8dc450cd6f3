import type { cri, Init } from '@keelson/protocol';
import type { Clock } from '@keelson/service';
import type { Container, Engine } from '../engine.js';
import { ProcessTable } from '../process/marks.js';
import type { SandboxRecord } from '../records.js';
import type { Usage } from '../workload.js';
import { nanoseconds } from './views.js';

interface Rate {
  readonly at: number;
  readonly cpuNanoseconds: number;
  readonly nanoCores: number;
  /** The last that was told. */
  told: number;
}

/** Two readings within a moment say nothing about a rate: clock ticks are ten milliseconds. */
const RATE_OVER_MS = 500;

const NOTHING: Usage = {
  cpuNanoseconds: 0,
  workingSetBytes: 0,
  usageBytes: 0,
  rssBytes: 0,
  minorFaults: 0,
  majorFaults: 0,
  processes: 0,
};

/** What containers and sandboxes use. The rate of CPU use is that since the last time someone asked. */
export class StatsReader {
  readonly #engine: Engine;
  readonly #clock: Clock;
  readonly #rates = new Map<string, Rate>();
  /** By sandbox: CPU time of its containers that have ended, as far as somebody had asked. */
  readonly #ended = new Map<string, number>();

  constructor(engine: Engine, clock: Clock) {
    this.#engine = engine;
    this.#clock = clock;
    engine.events.listen(({ type, containerId, sandboxId }) => {
      if (type !== 'stopped' && type !== 'deleted') return;
      const { told = 0 } = this.#rates.get(containerId) ?? {};
      this.#rates.delete(containerId);
      if (told > 0) this.#ended.set(sandboxId, (this.#ended.get(sandboxId) ?? 0) + told);
    });
  }

  container(container: Container, table = new ProcessTable()): Init<cri.ContainerStats> {
    return this.#containerView(container, container.workload.usage(table));
  }

  sandbox(
    record: SandboxRecord,
    table = new ProcessTable(),
    own: readonly Container[] = this.#engine.containersOf(record.id),
  ): Init<cri.PodSandboxStats> {
    this.#forgetRemoved();
    const used = own.flatMap((container) => {
      const usage = container.workload.usage(table);
      return usage === undefined ? [] : [{ container, usage }];
    });
    const containers = used.map(({ container, usage }) => this.#containerView(container, usage));
    const running = used.reduce((total, { usage }) => add(total, usage), NOTHING);
    const total = { ...running, cpuNanoseconds: running.cpuNanoseconds + (this.#ended.get(record.id) ?? 0) };
    return {
      attributes: {
        id: record.id,
        metadata: record.config.metadata,
        labels: record.config.labels,
        annotations: record.config.annotations,
      },
      linux: {
        ...this.#usageView(record.id, total),
        process: { timestamp: this.#timestamp(), processCount: { value: total.processes } },
        containers,
      },
    };
  }

  #containerView({ record }: Container, usage: Usage | undefined): Init<cri.ContainerStats> {
    return {
      attributes: {
        id: record.id,
        metadata: record.config.metadata,
        labels: record.config.labels,
        annotations: record.config.annotations,
      },
      ...(usage === undefined ? {} : this.#usageView(record.id, usage)),
    };
  }

  #usageView(id: string, usage: Usage): Pick<Init<cri.ContainerStats>, 'cpu' | 'memory'> {
    const timestamp = this.#timestamp();
    return {
      cpu: {
        timestamp,
        usageCoreNanoSeconds: { value: usage.cpuNanoseconds },
        usageNanoCores: { value: this.#rate(id, usage.cpuNanoseconds) },
      },
      memory: {
        timestamp,
        workingSetBytes: { value: usage.workingSetBytes },
        usageBytes: { value: usage.usageBytes },
        rssBytes: { value: usage.rssBytes },
        pageFaults: { value: usage.minorFaults },
        majorPageFaults: { value: usage.majorFaults },
      },
    };
  }

  #rate(id: string, cpuNanoseconds: number): number {
    const at = this.#clock.monotonic();
    const last = this.#rates.get(id);
    const elapsed = last === undefined ? 0 : at - last.at;
    if (last !== undefined && elapsed < RATE_OVER_MS) {
      last.told = cpuNanoseconds;
      return last.nanoCores;
    }
    const used = last === undefined ? 0 : cpuNanoseconds - last.cpuNanoseconds;
    const nanoCores = used <= 0 ? 0 : Math.round((used * 1000) / elapsed);
    this.#rates.set(id, { at, cpuNanoseconds, nanoCores, told: cpuNanoseconds });
    return nanoCores;
  }

  /** Sandboxes go without a word. */
  #forgetRemoved(): void {
    const { sandboxes, containers } = this.#engine;
    for (const id of this.#ended.keys()) if (!sandboxes.has(id)) this.#ended.delete(id);
    if (this.#rates.size <= sandboxes.size + containers.size) return;
    for (const id of this.#rates.keys()) if (!sandboxes.has(id) && !containers.has(id)) this.#rates.delete(id);
  }

  #timestamp(): bigint {
    return nanoseconds(this.#clock.now());
  }
}

function add(a: Usage, b: Usage): Usage {
  return {
    cpuNanoseconds: a.cpuNanoseconds + b.cpuNanoseconds,
    workingSetBytes: a.workingSetBytes + b.workingSetBytes,
    usageBytes: a.usageBytes + b.usageBytes,
    rssBytes: a.rssBytes + b.rssBytes,
    minorFaults: a.minorFaults + b.minorFaults,
    majorFaults: a.majorFaults + b.majorFaults,
    processes: a.processes + b.processes,
  };
}
