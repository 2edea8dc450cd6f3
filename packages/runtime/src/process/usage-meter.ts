import type { Usage } from '../workload.js';
import type { ContainerProcesses } from './container-processes.js';
import { CpuAccount } from './cpu-account.js';
import type { ProcessTable } from './marks.js';
import { type ProcessStat, TICKS_PER_SECOND } from './proc.js';

/** What one container uses: by its control group where that counts, else by its processes. */
export class UsageMeter {
  readonly #account = new CpuAccount();
  #cpuNanoseconds = 0;

  read(processes: ContainerProcesses, table: ProcessTable): Usage {
    const { group } = processes;
    const living = processes.list(table);
    const sum = (value: (stat: ProcessStat) => number) => living.reduce((total, stat) => total + value(stat), 0);
    const rssBytes = sum((stat) => stat.rssBytes);
    const memory = group?.memory ?? { usageBytes: rssBytes, inactiveFileBytes: 0 };
    const cpu = group?.cpuNanoseconds ?? this.#account.look(living) * (1e9 / TICKS_PER_SECOND);
    this.#cpuNanoseconds = Math.max(this.#cpuNanoseconds, cpu);
    return {
      cpuNanoseconds: this.#cpuNanoseconds,
      workingSetBytes: Math.max(0, memory.usageBytes - memory.inactiveFileBytes),
      usageBytes: memory.usageBytes,
      rssBytes,
      minorFaults: sum((stat) => stat.minorFaults),
      majorFaults: sum((stat) => stat.majorFaults),
      processes: living.length,
    };
  }
}
