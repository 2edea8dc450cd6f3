import type { PodCgroups } from './pod-cgroups.js';

/** What of this node goes into the requests to its runtime. */
export interface NodeConfig {
  logsDir: string;
  /** Where profiles of `localhostProfile` are. */
  seccompDir: string;
  /** Containers that name no seccomp profile get the runtime's instead of none. */
  seccompDefault: boolean;
  memoryBytes: number;
  /** Undefined: the runtime chooses. */
  cgroups: PodCgroups | undefined;
}
