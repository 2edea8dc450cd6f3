import type { Clock } from '@keelson/service';
import { isRunning } from '../supervisor/process-table.js';
import type { ClusterAccess } from './access.js';
import { REPLICAS, type Workload } from './workload.js';

/** One fault: what is done, and how one sees that the part is back. */
export interface Fault {
  readonly what: string;
  /** Does it; resolves to the check whether the part itself is back. */
  strike(): Promise<() => Promise<boolean>>;
}

export interface Scenario {
  readonly about: string;
  faults(cluster: ClusterAccess, workload: Workload, clock: Clock): Fault[];
}

/** Kills processes by component name, all at the same moment; back when each has another process. */
function killed(
  cluster: ClusterAccess,
  names: () => readonly string[] | Promise<readonly string[]>,
  what: string,
): Fault {
  return {
    what,
    async strike() {
      const chosen = (await names()).map((name) => cluster.component(name)).filter((it) => isRunning(it.pid));
      if (chosen.length === 0) throw new Error(`${what}: nothing of it runs`);
      for (const { pid } of chosen) process.kill(pid, 'SIGKILL');
      return async () =>
        chosen.every(({ name, pid }) => {
          const now = cluster.component(name).pid;
          return now !== pid && isRunning(now);
        });
    },
  };
}

const leader = (cluster: ClusterAccess): Fault =>
  killed(
    cluster,
    async () => {
      const name = await cluster.storeLeader();
      if (name === undefined) throw new Error('the stores have no leader');
      return [name];
    },
    'the store’s leader',
  );

const each = (cluster: ClusterAccess, role: string): Fault[] =>
  cluster.ofRole(role).map(({ name }) => killed(cluster, () => [name], name));

const pod = (workload: Workload): Fault => ({
  what: 'a pod’s process',
  async strike() {
    const victim = workload.someProcess();
    process.kill(victim.pid, 'SIGKILL');
    return async () => {
      const pods = await workload.pods();
      return pods.some(
        (it) => it.metadata.name === victim.pod && (it.status?.containerStatuses?.[0]?.restartCount ?? 0) > 0,
      );
    };
  },
});

/** Stops a node without ending it, as a machine that hangs; its pods must run elsewhere before it comes back. */
function frozenNode(cluster: ClusterAccess, workload: Workload): Fault {
  return {
    what: 'node-0 hangs (kubelet and runtime stopped)',
    async strike() {
      const parts = ['kubelet-node-0', 'runtime-node-0'].map((name) => cluster.component(name).pid);
      for (const pid of parts) process.kill(pid, 'SIGSTOP');
      let thawed = false;
      return async () => {
        if (thawed) return true;
        const pods = await workload.pods();
        const elsewhere = pods.filter(
          (it) => it.metadata.deletionTimestamp === undefined && it.spec?.nodeName !== 'node-0',
        );
        const ready = elsewhere.filter((it) =>
          it.status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True'),
        );
        if (ready.length < REPLICAS) return false;
        for (const pid of parts) process.kill(pid, 'SIGCONT');
        thawed = true;
        return true;
      };
    },
  };
}

export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'kill-leader': { about: 'kill -9 the store’s leader', faults: (cluster) => [leader(cluster)] },
  'kill-stores': {
    about: 'kill -9 each store in turn, then all of them at once',
    faults: (cluster) => [
      ...each(cluster, 'store'),
      killed(cluster, () => cluster.ofRole('store').map((it) => it.name), 'all stores at once'),
    ],
  },
  'kill-apiserver': { about: 'kill -9 the API server', faults: (cluster) => each(cluster, 'apiserver') },
  'kill-scheduler': { about: 'kill -9 the scheduler', faults: (cluster) => each(cluster, 'scheduler') },
  'kill-controller-manager': {
    about: 'kill -9 the controller manager',
    faults: (cluster) => each(cluster, 'controller-manager'),
  },
  'kill-kubelet': { about: 'kill -9 a kubelet', faults: (cluster) => each(cluster, 'kubelet').slice(0, 1) },
  'kill-runtime': { about: 'kill -9 a runtime', faults: (cluster) => each(cluster, 'runtime').slice(0, 1) },
  'kill-pod': { about: 'kill -9 a pod’s process', faults: (_cluster, workload) => [pod(workload)] },
  'freeze-node': {
    about: 'stop a kubelet and its runtime until its pods run elsewhere, then let them go on',
    faults: (cluster, workload) => [frozenNode(cluster, workload)],
  },
  'kill-everything': {
    about: 'kill -9 every part in turn, then all of them at once',
    faults: (cluster, workload) => [
      leader(cluster),
      ...['apiserver', 'scheduler', 'controller-manager'].flatMap((role) => each(cluster, role)),
      ...each(cluster, 'kubelet').slice(0, 1),
      ...each(cluster, 'runtime').slice(0, 1),
      pod(workload),
      killed(cluster, () => cluster.ofRole('store').map((it) => it.name), 'all stores at once'),
      killed(cluster, () => cluster.cluster().components.map((it) => it.name), 'every process at once'),
    ],
  },
};
