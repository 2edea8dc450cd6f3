import { seededRandom, silentLogger } from '@keelson/service';
import {
  type ClusterState,
  Core,
  type CoreOptions,
  Gate,
  Hasher,
  isDiskFull,
  LeaseIds,
  Passwords,
  raftId,
  SimpleTokenProvider,
  StoreError,
  TUNING,
} from '@keelson/store/internal';
import type { Oracle } from '../checks/oracle.js';
import { SimDatabases } from './databases.js';
import type { Dice } from './dice.js';
import { SimDisk } from './disk.js';
import { Door } from './door.js';
import { healthyStorage, Io } from './io.js';
import { Life } from './life.js';
import type { Network } from './network.js';
import type { Plant } from './plant.js';
import { SimWire } from './wire.js';
import { Violation, type World } from './world.js';

export interface MemberOptions
  extends Pick<
    CoreOptions,
    'heartbeatIntervalMs' | 'electionTimeoutMs' | 'snapshotCount' | 'catchUpEntries' | 'tuning'
  > {
  /** Clocks run between 1 - drift and 1 + drift of the world's. */
  readonly drift: number;
  readonly progressIntervalMs: number;
}

export interface MemberDependencies {
  readonly world: World;
  readonly network: Network;
  readonly oracle: Oracle;
  readonly peer: (id: string) => SimMember | undefined;
  readonly peers: () => readonly SimMember[];
  readonly plant: Plant | undefined;
}

/** A bit of a member's log that was turned over, and the last entry that the log had before. */
export interface Flip {
  readonly what: string;
  readonly lastIndex: number;
  readonly back: () => void;
}

/** A machine with a member on it: its storage stays, its process comes and goes. */
export class SimMember {
  readonly id: bigint;
  readonly name: string;
  readonly world: World;
  readonly oracle: Oracle;
  readonly storage = healthyStorage();
  readonly disk: SimDisk;
  readonly databases = new SimDatabases();
  readonly #options: MemberOptions;
  readonly #deps: MemberDependencies;
  readonly #cluster: ClusterState;
  readonly #dice: Dice;
  /** Calls to tell when the process dies: their connections break. */
  readonly #onDeath = new Set<() => void>();
  life: Life | undefined;
  io: Io | undefined;
  core: Core | undefined;
  door: Door | undefined;
  wire: SimWire | undefined;
  retired = false;
  /** Damage done to its log that it has not met yet. */
  flip: Flip | undefined;
  /** The last entry of its log when it started last. */
  openedAt = 0;
  readonly #onOpen: (() => void)[] = [];

  constructor(id: bigint, cluster: ClusterState, options: MemberOptions, dependencies: MemberDependencies) {
    this.id = id;
    this.name = raftId(id);
    this.world = dependencies.world;
    this.oracle = dependencies.oracle;
    this.#options = options;
    this.#deps = dependencies;
    this.#cluster = cluster;
    this.#dice = dependencies.world.dice.fork();
    this.disk = new SimDisk(this.#dice.fork());
  }

  get running(): boolean {
    return this.life?.alive === true && this.core !== undefined;
  }

  start(): void {
    if (this.life?.alive || this.retired) return;
    const { drift } = this.#options;
    const life = new Life(this.world, 1 + this.#dice.between(-drift, drift), () => this.#observe());
    this.life = life;
    this.world.note(`${this.name} starts`);
    this.#open(life).catch((error: unknown) => {
      if (error instanceof StoreError) this.#refuse(error);
      else if (isDiskFull(error)) this.#tryAgain();
      else this.world.fail(error);
    });
  }

  /** A log that is damaged must be refused; no other may be. */
  #refuse(error: StoreError): void {
    this.world.note(`${this.name} does not start: ${error.message}`);
    this.kill();
    if (!this.flip) {
      this.world.fail(new Violation(`${this.name} does not start, and nothing was done to its log: ${error.message}`));
      return;
    }
    this.mend();
    this.world.after(this.#dice.between(10, 1_000), () => this.start());
  }

  /** As whoever supervises processes would. */
  #tryAgain(): void {
    this.kill();
    this.world.after(this.#dice.between(100, 1_000), () => this.start());
  }

  /** It is a member no more: its process ends for good. */
  retire(): void {
    this.retired = true;
    this.kill();
  }

  /** Turns the bit back, as one would replace the log with an undamaged copy. */
  mend(): void {
    this.flip?.back();
    this.flip = undefined;
  }

  /** Started after damage without a word: then nothing may be missing. */
  #requireWhole(): void {
    const { flip, openedAt, name } = this;
    this.flip = undefined;
    const whole = flip === undefined || openedAt >= flip.lastIndex;
    this.world.require(
      whole,
      () => `${name} started without a word after ${flip?.what}: at entry ${openedAt}, it had ${flip?.lastIndex}`,
    );
  }

  /** Called once, when its log is open and before anything else happens. */
  onOpen(run: () => void): void {
    this.#onOpen.push(run);
  }

  async #open(life: Life): Promise<void> {
    const io = new Io(life, this.storage, this.#dice.fork(), () => this.kill());
    this.io = io;
    const random = seededRandom(this.#dice.integer(2 ** 32));
    const { plant, network, peer } = this.#deps;
    const disk = this.disk.open(io);
    const databases = this.databases.open(io);
    const core = await Core.open(
      { ...this.#options, cluster: this.#cluster, self: this.id, walDirectory: '/wal' },
      {
        clock: life,
        random,
        logger: silentLogger,
        defer: (run) => void life.post(0, run),
        disk: plant?.disk?.(disk, io) ?? disk,
        databases: plant?.databases?.(databases, io) ?? databases,
        wire: (_, events) => {
          this.wire = new SimWire(this, life, { network, peer }, events);
          return this.wire;
        },
        observer: {
          applied: (index, command, result, revision) => this.oracle.applied(this, index, command, result, revision),
          changed: (revision, events) => this.oracle.changed(this, revision, events),
        },
        onRemoved: () => void life.post(0, () => this.retire()),
        onFailure: (error) => this.world.fail(error),
      },
    );
    plant?.core?.(core, life);
    this.core = core;
    this.openedAt = core.replica.status.lastIndex;
    this.#requireWhole();
    this.oracle.opened(this);
    for (const run of this.#onOpen.splice(0)) run();
    if (!life.alive) return;
    this.door = this.#newDoor(core, life, random);
    core.start();
  }

  #newDoor(core: Core, life: Life, random: ReturnType<typeof seededRandom>): Door {
    const { replica, compactions, desk, hub, members, tokens } = core;
    const passwords = new Passwords({ ...TUNING.passwords, cost: 4 }, { random });
    const gate = new Gate(
      { certificateNames: false },
      { replica, passwords, tokens: new SimpleTokenProvider({ tokens, replica, random }) },
    );
    const limits = { txnOpsMax: 128, requestBytesMax: 1.5 * 1024 * 1024 };
    const { clusterId } = this.#cluster;
    return new Door(
      { replica, gate, compactions, clusterId, memberId: this.id, limits, logger: silentLogger },
      { ...TUNING, ...this.#options },
      {
        desk,
        hub,
        members,
        hasher: new Hasher(TUNING.hash, { replica, compactions, clock: life }),
        clock: life,
        random,
        leaseIds: new LeaseIds(this.id, Math.floor(life.now())),
        database: {
          size: () => core.backend.size(),
          quotaBytes: Infinity,
          commit: () => core.replica.machine.commit(),
          copy: () => Promise.reject(new Error('no backups in a simulation')),
        },
      },
    );
  }

  #observe(): void {
    if (this.core) this.oracle.observe(this);
  }

  /** Runs something as a message that reaches the process, if there is one. */
  deliver(run: (wire: SimWire) => void): void {
    this.life?.post(0, () => {
      if (this.core) run(this.wire!);
    });
  }

  /** Told once when the process that runs now is dead. @returns a way not to be */
  onDeath(run: () => void): () => void {
    this.#onDeath.add(run);
    return () => void this.#onDeath.delete(run);
  }

  /** kill -9, and power off for what the disk had not yet. */
  kill(): void {
    if (!this.life?.alive) return;
    this.world.note(`${this.name} dies`);
    this.life.end();
    this.core = undefined;
    this.door = undefined;
    this.wire = undefined;
    this.storage.crashInSteps = undefined;
    this.disk.crash();
    this.databases.crash();
    const told = [...this.#onDeath];
    this.#onDeath.clear();
    for (const run of told) this.world.after(this.#dice.between(0.1, 5), run);
    const { network, peers } = this.#deps;
    for (const peer of peers()) {
      if (peer === this || network.isCut(this.name, peer.name)) continue;
      this.world.after(this.#dice.between(0.1, 5), () => peer.deliver((wire) => wire.events.disconnected(this.name)));
    }
  }
}
