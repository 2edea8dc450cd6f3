import {
  check,
  formatReport,
  type KeyValueInput,
  type KeyValueOutput,
  type KeyValueState,
  keyValue,
  type Report,
} from '@keelson/linearizability';

import { hashKeys, type Member, TUNING, type Tuning } from '@keelson/store/internal';
import { Oracle } from '../checks/oracle.js';
import { KEYS, KvClient } from '../clients/kv-client.js';
import { LeaseClient } from '../clients/lease-client.js';
import { Clients, hadNoEffect } from '../clients/session.js';
import { WatchClient } from '../clients/watch-client.js';
import type { Dice } from './dice.js';
import { type MemberOptions, SimMember } from './member.js';
import { type FaultName, Nemesis } from './nemesis.js';
import { Network } from './network.js';
import { Operator } from './operator.js';
import type { Plant } from './plant.js';
import { Violation, World } from './world.js';

export interface SimulationOptions {
  readonly seed: number;
  /** A bug to put in. */
  readonly plant?: Plant | undefined;
  /** Lines of the story to keep for a failure's report. */
  readonly traceLines?: number;
  /** How many members; otherwise the seed says. */
  readonly members?: number | undefined;
  /** How long clients rest between operations; otherwise the seed says. */
  readonly clientPauseMs?: number | undefined;
  /** How many clients hold leases; otherwise the seed says. */
  readonly leaseClients?: number | undefined;
  /** Which faults there are, by name; otherwise the seed says. */
  readonly faults?: readonly FaultName[] | undefined;
  /** Milliseconds of the world's time with faults. */
  readonly faultsMs?: number;
}

export interface SimulationResult {
  readonly seed: number;
  /** The same for two runs just when the same happened in both. */
  readonly hash: string;
  readonly failure: Error | undefined;
  readonly trace: readonly string[];
  readonly figures: {
    readonly members: number;
    readonly operations: number;
    readonly entries: number;
    readonly leaders: number;
    readonly faults: number;
    readonly events: number;
    /** Of membership. */
    readonly changes: number;
  };
}

/** How long the cluster may take to be well again once nothing is wrong any more. */
const RECOVERY_MS = 60_000;

/** A whole cluster with its clients and its troubles, from one seed. */
export class Simulation {
  readonly #options: SimulationOptions;
  readonly #world: World;
  readonly #network: Network;
  readonly #oracle: Oracle;
  readonly #clients: Clients;
  readonly #nemesis: Nemesis;
  /** Also those that were removed. */
  readonly #all: SimMember[] = [];
  readonly #operator: Operator | undefined;
  #install!: (id: bigint) => SimMember;
  readonly #kv: KvClient[] = [];
  readonly #watches: WatchClient[] = [];
  readonly #leases: LeaseClient[] = [];
  readonly #drift: number;
  #actors = 0;

  constructor(options: SimulationOptions) {
    this.#options = options;
    this.#world = new World(options.seed, { traceLines: options.traceLines ?? 60 });
    const { dice } = this.#world;
    this.#network = new Network(this.#world);
    this.#oracle = new Oracle(this.#world);
    this.#drift = dice.chance(0.5) ? dice.between(0, 0.05) : 0;
    const count = dice.pick([1, 3, 3, 3, 3, 3, 3, 5]);
    this.#addMembers(options.members ?? count);
    this.#clients = new Clients(this.#world, this.#oracle, () => this.#members);
    this.#addClients();
    const members = () => this.#members;
    const install = (id: bigint) => this.#install(id).start();
    const changing = this.#all.length >= 3 && options.faults === undefined && dice.chance(0.4);
    if (changing) this.#operator = new Operator({ clients: this.#clients, members, install });
    this.#nemesis = new Nemesis(this.#world, this.#network, () => this.#members, options.faults);
  }

  #addMembers(count: number): void {
    const members = Array.from({ length: count }, (_, at): Member => {
      const name = `m${at + 1}`;
      return { id: BigInt(at + 1), name, peerUrls: [`http://${name}:2380`], clientUrls: [], isLearner: false };
    });
    const { dice } = this.#world;
    const electionTimeoutMs = dice.pick([300, 500, 1_000]);
    const options: MemberOptions = {
      heartbeatIntervalMs: electionTimeoutMs / 10,
      electionTimeoutMs,
      snapshotCount: dice.pick([10, 50, 1_000]),
      catchUpEntries: dice.pick([1, 10, 50]),
      progressIntervalMs: 2_000,
      drift: this.#drift,
      tuning: this.#tuning(),
    };
    const dependencies = {
      world: this.#world,
      network: this.#network,
      oracle: this.#oracle,
      plant: this.#options.plant,
      peer: (name: string) => this.#all.find((member) => member.name === name),
      peers: () => this.#members,
    };
    const founders = { clusterId: 77n, members };
    this.#install = (id) => {
      const member = new SimMember(id, founders, options, dependencies);
      this.#all.push(member);
      return member;
    };
    for (const { id } of members) this.#install(id);
  }

  get #members(): readonly SimMember[] {
    return this.#all.filter((member) => !member.retired);
  }

  /** The product's numbers, made small enough that their limits are met. */
  #tuning(): Tuning {
    const { dice } = this.#world;
    return {
      ...TUNING,
      walSegmentBytes: dice.pick([1_024, 8 * 1_024, 64 * 1_024]),
      logBytesMax: dice.pick([4_096, 1024 * 1024]),
      commitIntervalMs: dice.pick([5, 50, 400]),
      diskRetryMs: 100,
      readRetryMs: 200,
      unitsPerStep: dice.pick([2, 20, 1_000]),
      watch: {
        watcherBytesMax: dice.pick([64, 4_096, 1024 * 1024]),
        liveChangesMax: dice.pick([1, 1_000]),
        arrivedChangesMax: dice.pick([2, 10_000]),
        sliceChanges: dice.pick([1, 3, 1_000]),
        sliceBytes: 1024,
        watchersPerRound: dice.pick([1, 512]),
        roundEventsMax: dice.pick([2, 1_000_000]),
        keptBytesMax: dice.pick([0, 4_096]),
      },
      membership: { ...TUNING.membership, healthIntervalMs: 500 },
      compaction: { sliceChanges: dice.pick([1, 5, 1_000]), pauseMs: 10 },
      lease: {
        checkIntervalMs: 200,
        revocationsMax: 10,
        checkpointIntervalMs: 1_500,
        checkpointSeconds: 1,
        checkpointsMax: 2,
      },
    };
  }

  #addClients(): void {
    const { dice } = this.#world;
    const drawn = dice.pick([20, 100, 400]);
    const pauseMs = this.#options.clientPauseMs ?? drawn;
    for (let n = 1; n <= 2 + dice.integer(4); n += 1) this.#kv.push(new KvClient(`c${n}`, this.#clients, { pauseMs }));
    const watch = (name: string, key: string, rangeEnd: string | undefined) => {
      const options = { key, rangeEnd, prevKv: dice.chance(0.6), slownessMs: dice.pick([1, 20, 300]) };
      this.#watches.push(new WatchClient(name, this.#clients, options));
    };
    watch('w1', 'k', 'm');
    watch('w2', dice.pick(KEYS), undefined);
    if (dice.chance(0.5)) watch('w3', 'l', 'm');
    const leases = this.#options.leaseClients ?? dice.pick([0, 1, 1, 3]);
    for (let n = 1; n <= leases; n += 1) {
      this.#leases.push(new LeaseClient(`x${n}`, this.#clients, { drift: this.#drift }));
    }
  }

  async run(): Promise<SimulationResult> {
    const escaped = (error: unknown) => this.#world.fail(error);
    process.on('unhandledRejection', escaped);
    let failure: Error | undefined;
    try {
      await this.#live();
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
    } finally {
      process.off('unhandledRejection', escaped);
      for (const member of this.#all) member.life?.end();
    }
    return this.#result(failure);
  }

  #result(failure: Error | undefined): SimulationResult {
    const { trace } = this.#world;
    const { figures } = this.#oracle;
    return {
      seed: this.#options.seed,
      hash: trace.hash,
      failure,
      trace: trace.last,
      figures: {
        members: this.#all.length,
        changes: this.#operator?.changes ?? 0,
        operations: this.#clients.history.operations.length,
        entries: figures.applied,
        leaders: figures.leaders,
        faults: [...this.#nemesis.counts.values()].reduce((sum, count) => sum + count, 0),
        events: this.#watches.reduce((sum, watch) => sum + watch.received, 0),
      },
    };
  }

  async #live(): Promise<void> {
    const world = this.#world;
    for (const member of this.#members) member.start();
    for (const watch of this.#watches) world.spawn(() => watch.run());
    for (const client of [...this.#kv, ...this.#leases]) this.#spawn(() => client.run());
    this.#spawn(() => this.#compactNowAndThen());
    await world.run(1_000);
    this.#nemesis.start();
    const operator = this.#operator;
    if (operator) this.#spawn(() => operator.run());
    await world.run(this.#options.faultsMs ?? 12_000);
    world.note('no more faults');
    this.#nemesis.stop();
    await this.#recover();
    this.#compareMembers();
    this.#checkHistory();
  }

  /** An actor that must come to its end once clients are told to stop. */
  #spawn(actor: () => Promise<void>): void {
    this.#actors += 1;
    this.#world.spawn(async () => {
      await actor();
      this.#actors -= 1;
    });
  }

  async #compactNowAndThen(): Promise<void> {
    const dice = this.#world.dice.fork();
    while (!this.#clients.stopped) {
      await this.#world.sleep(dice.between(200, 4_000));
      const { compacted } = this.#oracle;
      const cleared = dice.chance(0.15) ? await this.#clear(dice) : undefined;
      const latest = this.#clients.acknowledged;
      const revision = cleared ?? (dice.chance(0.3) ? latest : compacted + 1 + dice.integer(latest - compacted));
      const physical = dice.chance(0.3);
      const request = { revision, physical };
      const member = this.#clients.anyMember(dice);
      await this.#clients.call(member, dice, (door) => door.kv('compact', request)).catch(hadNoEffect);
    }
  }

  /** Deletes all keys; a compaction after that leaves nothing but the revision. */
  async #clear(dice: Dice): Promise<number | undefined> {
    const { history } = this.#clients;
    const began = KEYS.map((key) => history.begin('clear', { op: 'delete', key }));
    const request = { key: Buffer.from('k'), rangeEnd: Buffer.from('l') };
    try {
      const member = this.#clients.anyMember(dice);
      const { header } = await this.#clients.call(member, dice, (door) => door.kv('deleteRange', request));
      const { revision } = header!;
      for (const operation of began) operation.ok({ revision });
      this.#clients.saw(revision);
      return revision;
    } catch (error) {
      if (hadNoEffect(error)) for (const operation of began) operation.failed();
      return undefined;
    }
  }

  /** Liveness: every client is served again, every lease that was let go ends, every watch and member catches up. */
  async #recover(): Promise<void> {
    const world = this.#world;
    const served = this.#kv.map((client) => client.done + 3);
    await this.#must('clients are not served', () => this.#kv.every((client, at) => client.done >= served[at]!));
    this.#clients.stopped = true;
    if (this.#operator) this.#operator.finishing = true;
    await this.#must('clients do not come to an end', () => this.#actors === 0);
    await this.#must('leases do not end', () => this.#everyMember((member) => this.#leasesLeft(member) === 0));
    await this.#must('members do not agree', () => {
      const [first] = this.#members;
      return this.#everyMember((member) => {
        const { machine } = member.core!.replica;
        const same = machine.applied === first!.core?.replica.machine.applied;
        return same && machine.mvcc.revision === this.#oracle.timeline.revision && !machine.mvcc.compactor.pending;
      });
    });
    await this.#must('watches do not catch up', () => this.#watches.every((watch) => watch.isCurrent));
    world.note('all is well');
    const last = new KvClient('last', this.#clients, { pauseMs: 0 });
    let read = false;
    world.spawn(async () => {
      for (const key of KEYS) while (!(await last.get(key)));
      read = true;
    });
    await this.#must('the last reads are not answered', () => read);
  }

  #leasesLeft(member: SimMember): number {
    return member.core!.replica.machine.lessor.ids().length;
  }

  #everyMember(holds: (member: SimMember) => boolean): boolean {
    return this.#members.every((member) => member.running && holds(member));
  }

  async #must(otherwise: string, done: () => boolean): Promise<void> {
    if (await this.#world.run(RECOVERY_MS, done)) return;
    const states = this.#members.map((member) => describe(member)).join('; ');
    throw new Violation(`liveness: ${otherwise} within ${RECOVERY_MS / 1000} s of no faults: ${states}`);
  }

  #compareMembers(): void {
    const { revision } = this.#oracle.timeline;
    const hashes = this.#members.map(({ core }) => hashKeys(core!.replica.machine.mvcc, revision));
    const same = hashes.every((hash) => hash === hashes[0]);
    this.#world.require(same, () => {
      const kept = this.#members.map((member) => `${member.name} keeps ${changesOf(member)}`);
      return `members differ: HashKV ${hashes.join(', ')} at revision ${revision}: ${kept.join('; ')}`;
    });
    this.#world.note(`hash ${hashes[0]}`);
  }

  #checkHistory(): void {
    const report: Report<KeyValueState, KeyValueInput, KeyValueOutput> = check(
      keyValue,
      this.#clients.history.operations,
      { stepsMax: 2_000_000 },
    );
    this.#world.require(report.verdict !== 'illegal', () => `not linearizable: ${formatReport(keyValue, report)}`);
  }
}

function describe(member: SimMember): string {
  if (!member.core) return `${member.name} is ${member.life?.alive ? 'opening' : 'down'}`;
  const { role, term, leader, commit, applied, lastIndex } = member.core.replica.status;
  const { revision, compactor } = member.core.replica.machine.mvcc;
  return (
    `${member.name} ${role} term ${term} leader ${leader} commit ${commit} applied ${applied} last ${lastIndex} ` +
    `revision ${revision}${compactor.pending ? ', compacting' : ''}`
  );
}

function changesOf(member: SimMember): string {
  const { mvcc } = member.core!.replica.machine;
  const changes = [...mvcc.history.scan({ main: 0, sub: 0 }, mvcc.revision)];
  const list = changes.map(({ main, sub, deleted }) => `${main}.${sub}${deleted ? '-' : ''}`);
  return `${list.join(' ')} (compacted at ${mvcc.compactRevision})`;
}
