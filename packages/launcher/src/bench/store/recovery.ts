import { etcd } from '@keelson/protocol';
import type { Clock } from '@keelson/service';
import { type Cluster, serving } from './members.js';
import { RawCaller } from './raw-caller.js';
import { fill } from './workloads.js';

const { KVService } = etcd;

/** Milliseconds from kill -9 of the leader to the next acknowledged write, again and again; the median and the worst. */
export async function failOver(
  cluster: Cluster,
  rounds: number,
  clock: Clock,
): Promise<{ median: number; worst: number }> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const leader = await cluster.leader();
    const others = cluster.addresses.filter((_, at) => at !== leader);
    await Promise.all(others.map((address) => serving(address, clock)));
    await clock.sleep(200 + 37 * round);
    const begin = clock.monotonic();
    const killed = cluster.kill(leader);
    await Promise.any(others.map((address) => writeUntilTaken(address, clock)));
    times.push(clock.monotonic() - begin);
    await killed;
    cluster.start(leader);
    await serving(cluster.addresses[leader]!, clock);
  }
  times.sort((a, b) => a - b);
  return { median: times[Math.floor(times.length / 2)]!, worst: times.at(-1)! };
}

async function writeUntilTaken(address: string, clock: Clock): Promise<void> {
  const request = etcd.PutRequest.encode({ key: Buffer.from('fail-over'), value: Buffer.from('x') });
  const caller = new RawCaller(address, clock);
  try {
    for (;;) {
      const taken = await Promise.race([
        caller.unary(KVService.put.path, request).then(
          () => true,
          () => false,
        ),
        clock.sleep(100).then(() => false),
      ]);
      if (taken) return;
    }
  } finally {
    caller.close();
  }
}

export interface Weight {
  readonly residentBytes: number;
  readonly restartMs: number;
  readonly fillPerSecond: number;
}

/** Fills the store with keys; then how much memory a member takes, and how long one takes from its start to a read. */
export async function weigh(
  cluster: Cluster,
  options: { readonly keys: number; readonly valueBytes: number },
  clock: Clock,
): Promise<Weight> {
  const begin = clock.monotonic();
  await fill(cluster, options);
  const fillPerSecond = (options.keys * 1000) / (clock.monotonic() - begin);
  await clock.sleep(2_000);
  const leader = await cluster.leader();
  const follower = (leader + 1) % cluster.addresses.length;
  const residentBytes = Math.max(...cluster.addresses.map((_, at) => cluster.memory(at)));
  await cluster.kill(follower);
  const restarted = clock.monotonic();
  cluster.start(follower);
  await serving(cluster.addresses[follower]!, clock);
  return { residentBytes, restartMs: clock.monotonic() - restarted, fillPerSecond };
}
