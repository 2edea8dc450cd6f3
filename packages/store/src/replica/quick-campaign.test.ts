import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { seededRandom } from '@keelson/service';
import { ManualClock } from '@keelson/service/testing';
import { confState, type Message, NONE, RaftNode, type Ready } from 'raft-ts';
import { TUNING } from '../config.js';
import { QuickCampaign } from './quick-campaign.js';

interface World {
  readonly size: number;
  readonly diskMs: number;
  readonly networkMs: number;
  /** Between the first member that notices and the last. */
  readonly noticeMs: number;
}

/** Voters in term 1, whose leader is '1'. Time, disks and network are drawn from a seed. */
class Voters {
  readonly clock = new ManualClock();
  readonly #world: World;
  readonly #random;
  readonly #ids: string[];
  readonly nodes = new Map<string, RaftNode>();
  readonly #campaigns = new Map<string, QuickCampaign>();
  readonly #disks = new Map<string, { busy: boolean; waiting: Ready[] }>();
  readonly #cut = new Set<string>();

  constructor(seed: number, world: World) {
    this.#world = world;
    this.#random = seededRandom(seed);
    this.#ids = Array.from({ length: world.size }, (_, at) => String(at + 1));
    for (const id of this.#ids) this.#add(id);
  }

  #add(id: string): void {
    const entries = Array.from({ length: 10 + this.#random.integer(2) }, (_, at) => ({
      index: at + 1,
      term: 1,
      type: 'normal' as const,
      data: new Uint8Array(0),
    }));
    const random = (bound: number) => this.#random.integer(bound);
    const node = new RaftNode(
      { id, electionTicks: 10, heartbeatTicks: 1, random },
      {
        hardState: { term: 1, vote: '1', commit: 9 },
        snapshot: { index: 0, term: 0, confState: confState(this.#ids) },
        entries,
        applied: 9,
      },
    );
    this.nodes.set(id, node);
    this.#disks.set(id, { busy: false, waiting: [] });
    const dependencies = { clock: this.clock, random: this.#random, node };
    this.#campaigns.set(id, new QuickCampaign(TUNING.quickCampaign, dependencies, () => this.#turn(id)));
    node.step({ type: 'heartbeat', from: '1', to: id, term: 1, commit: 9, commitTerm: 1, round: 0 });
    this.clock.after(this.#random.integer(100), () => this.clock.every(100, () => this.#tick(id)));
    this.#turn(id);
  }

  #tick(id: string): void {
    this.nodes.get(id)?.tick();
    this.#turn(id);
  }

  #turn(id: string): void {
    const node = this.nodes.get(id);
    for (let ready = node?.ready(); ready; ready = node?.ready()) {
      this.#send(ready.messages);
      this.#disks.get(id)!.waiting.push(ready);
      const last = ready.committedEntries.at(-1);
      if (last) node!.applied(last.index);
    }
    this.#write(id);
  }

  #write(id: string): void {
    const disk = this.#disks.get(id)!;
    if (disk.busy || disk.waiting.length === 0) return;
    disk.busy = true;
    const batch = disk.waiting.splice(0);
    const delay = batch.some((ready) => ready.mustSync) ? 1 + this.#random.integer(this.#world.diskMs) : 0;
    this.clock.after(delay, () => {
      disk.busy = false;
      for (const ready of batch) {
        this.nodes.get(id)?.persisted(ready);
        this.#send(ready.messagesAfterPersist);
      }
      this.#turn(id);
    });
  }

  #send(messages: readonly Message[]): void {
    for (const message of messages) {
      const { from, to } = message;
      if (this.#cut.has(`${from}-${to}`)) continue;
      this.clock.after(1 + this.#random.integer(this.#world.networkMs), () => {
        this.nodes.get(to)?.step(message);
        this.#turn(to);
      });
    }
  }

  /** Leader and followers learn that their connection is no more. */
  loseLink(id: string): void {
    this.#cut.add(`1-${id}`).add(`${id}-1`);
    this.clock.after(this.#random.integer(this.#world.noticeMs), () => {
      if (this.nodes.get(id)?.status.leader !== '1') return;
      this.nodes.get(id)?.forgetLeader();
      this.#campaigns.get(id)?.begin('1');
      this.#turn(id);
    });
  }

  killLeader(): void {
    this.nodes.delete('1');
    for (const id of this.nodes.keys()) this.loseLink(id);
  }

  get leader(): string | undefined {
    return [...this.nodes.values()].find(({ status }) => status.role === 'leader')?.status.id;
  }

  /** How long it takes until somebody leads; at most three seconds. */
  timeToLeader(): number {
    let waited = 0;
    for (; this.leader === undefined && waited < 3_000; waited += 5) this.clock.advance(5);
    return waited;
  }
}

const SEEDS = 300;

function times(world: World): number[] {
  return Array.from({ length: SEEDS }, (_, seed) => {
    const voters = new Voters(seed, world);
    voters.killLeader();
    return voters.timeToLeader();
  }).sort((a, b) => a - b);
}

describe('when the leader is known to be gone', () => {
  for (const size of [3, 5]) {
    test(`one of ${size - 1} others leads soon, and always before the election timeout`, () => {
      const all = times({ size, diskMs: 10, networkMs: 3, noticeMs: 20 });
      assert.ok(all[SEEDS / 2]! < 100, `median ${all[SEEDS / 2]}`);
      assert.ok(all.at(-1)! < 700, `slowest ${all.at(-1)}`);
    });
  }

  test('slow disks delay votes, but do not make candidates depose each other for long', () => {
    const all = times({ size: 3, diskMs: 120, networkMs: 3, noticeMs: 60 });
    assert.ok(all.at(-1)! < 1_500, `slowest ${all.at(-1)}`);
  });

  test('one whose connection alone broke deposes nobody, on a slow network either', () => {
    let tried = 0;
    for (let seed = 0; seed < 50; seed += 1) {
      const voters = new Voters(seed, { size: 3, diskMs: 10, networkMs: 300, noticeMs: 5 });
      voters.nodes.get('1')!.campaign();
      voters.timeToLeader();
      voters.clock.advance(1_000);
      const leader = voters.leader;
      if (leader !== '1') continue;
      tried += 1;
      const { term } = voters.nodes.get('1')!.status;
      voters.loseLink('3');
      voters.clock.advance(3_000);
      assert.deepEqual([voters.leader, voters.nodes.get('1')!.status.term], ['1', term]);
      assert.equal(voters.nodes.get('3')!.status.leader, NONE);
    }
    assert.ok(tried > 10, `only ${tried}`);
  });
});
