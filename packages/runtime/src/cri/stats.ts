import type { cri, Init } from '@keelson/protocol';
import type { Clock } from '@keelson/service';
import type { Container, Engine } from '../engine.js';
import { ProcessTable } from '../process/marks.js';
import type { SandboxRecord } from '../records.js';
import type { Usage } from '../workload.js';
import { nanoseconds } from './views.js';

/** Resource use from /proc. The rate of CPU use is that since the last time someone asked. */
export class StatsReader {
  readonly #engine: Engine;
  readonly #clock: Clock;
  readonly #last = new Map<string, { at: number; cpuNanoseconds: number; nanoCores: number }>();

  constructor(engine: Engine, clock: Clock) {
    this.#engine = engine;
    this.#clock = clock;
    engine.events.listen(({ type, containerId }) => {
      if (type === 'stopped' || type === 'deleted') this.#last.delete(containerId);
    });
  }

  container(container: Container, table = new ProcessTable()): Init<cri.ContainerStats> {
    const { record, workload } = container;
    const usage = workload.usage(table);
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

  sandbox(record: SandboxRecord, table = new ProcessTable()): Init<cri.PodSandboxStats> {
    const running = this.#engine.containersOf(record.id).filter(({ workload }) => workload.status.state === 'running');
    const usages = running.map(({ workload }) => workload.usage(table)).filter((usage) => usage !== undefined);
    const total = usages.reduce(add, { cpuNanoseconds: 0, rssBytes: 0, minorFaults: 0, majorFaults: 0, processes: 0 });
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
        containers: running.map((container) => this.container(container, table)),
      },
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
        workingSetBytes: { value: usage.rssBytes },
        usageBytes: { value: usage.rssBytes },
        rssBytes: { value: usage.rssBytes },
        pageFaults: { value: usage.minorFaults },
        majorPageFaults: { value: usage.majorFaults },
      },
    };
  }

  #rate(id: string, cpuNanoseconds: number): number {
    const at = this.#clock.monotonic();
    const last = this.#last.get(id);
    const seconds = last === undefined ? 0 : (at - last.at) / 1000;
    // Two readings within a moment say nothing about a rate: clock ticks are ten milliseconds.
    if (last !== undefined && seconds < 0.5) return last.nanoCores;
    const nanoCores =
      last === undefined ? 0 : Math.max(0, Math.round((cpuNanoseconds - last.cpuNanoseconds) / seconds));
    this.#last.set(id, { at, cpuNanoseconds, nanoCores });
    return nanoCores;
  }

  #timestamp(): bigint {
    return nanoseconds(this.#clock.now());
  }
}

function add(a: Usage, b: Usage): Usage {
  return {
    cpuNanoseconds: a.cpuNanoseconds + b.cpuNanoseconds,
    rssBytes: a.rssBytes + b.rssBytes,
    minorFaults: a.minorFaults + b.minorFaults,
    majorFaults: a.majorFaults + b.majorFaults,
    processes: a.processes + b.processes,
  };
}
