import { type Connection, etcd } from '@keelson/protocol';
import type { Clock, Random } from '@keelson/service';
import type { StoreCluster, StoreMember } from './cluster.js';

/** One kind of trouble: begun, kept up for a while and ended. */
export interface StoreFault {
  readonly name: string;
  /** Does it, and resolves when it is over. */
  strike(): Promise<void>;
}

/** Every kind there is on this machine. */
export function storeFaults(cluster: StoreCluster, clock: Clock, random: Random): StoreFault[] {
  const someTime = () => clock.sleep(1_000 + random.integer(3_000));
  const any = () => cluster.members[random.integer(cluster.members.length)]!;
  const leader = async () => (await cluster.leader()) ?? any();
  const follower = async () => {
    const leading = await leader();
    return cluster.members.find((member) => member !== leading)!;
  };
  const others = (member: StoreMember) => cluster.members.filter((each) => each !== member);

  const killed = (name: string, whom: () => Promise<readonly StoreMember[]>): StoreFault => ({
    name,
    async strike() {
      const victims = await whom();
      await Promise.all(victims.map((member) => cluster.kill(member)));
      await clock.sleep(500 + random.integer(1_500));
      for (const member of victims) cluster.start(member);
    },
  });
  const stopped = (name: string, whom: () => Promise<StoreMember>): StoreFault => ({
    name,
    async strike() {
      const member = await whom();
      cluster.signal(member, 'SIGSTOP');
      await someTime();
      cluster.signal(member, 'SIGCONT');
    },
  });
  const cutOff = (name: string, whom: () => Promise<StoreMember>, hears: boolean, isHeard: boolean): StoreFault => ({
    name,
    async strike() {
      const member = await whom();
      for (const other of others(member)) {
        if (!hears) cluster.network.silence(other.name, member.name);
        if (!isHeard) cluster.network.silence(member.name, other.name);
      }
      await someTime();
      cluster.network.heal();
    },
  });

  const faults: StoreFault[] = [
    killed('kill -9 the leader', async () => [await leader()]),
    killed('kill -9 a follower', async () => [await follower()]),
    killed('kill -9 all members', async () => cluster.members),
    stopped('stop the leader (SIGSTOP)', leader),
    stopped('stop a follower (SIGSTOP)', follower),
    cutOff('cut the leader off', leader, false, false),
    cutOff('cut a follower off', follower, false, false),
    cutOff('the leader hears nothing', leader, false, true),
    cutOff('the leader is not heard', leader, true, false),
    { name: 'replace a member', strike: async () => void (await cluster.replace(await follower())) },
    { name: 'move leadership', strike: () => moveLeader(cluster) },
  ];
  const { smallDisk } = cluster;
  if (smallDisk) {
    faults.push({
      name: 'fill a member’s disk',
      async strike() {
        smallDisk.fill();
        await someTime();
        smallDisk.free();
      },
    });
  }
  return faults;
}

async function moveLeader(cluster: StoreCluster): Promise<void> {
  const from = await cluster.leader();
  const to = cluster.members.find((member) => member !== from);
  if (!from || !to) return;
  const [source, target] = [cluster.connect(from), cluster.connect(to)];
  const maintenance = (connection: Connection) => connection.service(etcd.MaintenanceService);
  try {
    const { header } = await maintenance(target).status({}, { timeout: 1_000 });
    await maintenance(source).moveLeader({ targetID: header!.memberId }, { timeout: 5_000 });
  } catch {
    // Leadership moved by itself meanwhile.
  } finally {
    source.close();
    target.close();
  }
}
