import type { Dice } from './dice.js';
import { healthyStorage } from './io.js';
import type { SimMember } from './member.js';
import { healthyNetwork, type Network } from './network.js';
import type { World } from './world.js';

export type FaultName =
  | 'kill'
  | 'kill all'
  | 'kill at a step of storage'
  | 'kill candidates'
  | 'pause'
  | 'partition'
  | 'bad network'
  | 'slow disk'
  | 'full disk'
  | 'move leader'
  | 'flip a bit';

interface Fault {
  readonly name: FaultName;
  strike(): void;
}

/** What is allowed to go wrong in one run: some seeds mix everything, others do one thing a lot. */
export class Nemesis {
  readonly #world: World;
  readonly #dice: Dice;
  readonly #network: Network;
  readonly #members: () => readonly SimMember[];
  readonly #faults: readonly Fault[];
  readonly #pauseMs: number;
  readonly counts = new Map<FaultName, number>();
  #calm = false;

  /** `names`: the faults there are; otherwise chance says. */
  constructor(
    world: World,
    network: Network,
    members: () => readonly SimMember[],
    names: readonly FaultName[] | undefined,
  ) {
    this.#world = world;
    this.#dice = world.dice.fork();
    this.#network = network;
    this.#members = members;
    const all = this.#all();
    const drawn = all.filter(() => this.#dice.chance(0.5));
    const chosen = names ? all.filter(({ name }) => names.includes(name)) : drawn;
    this.#faults = chosen.length > 0 ? chosen : all;
    this.#pauseMs = this.#dice.between(100, 1_500);
    world.note(`faults: ${this.#faults.map((each) => each.name).join(', ')}, every ${Math.round(this.#pauseMs)} ms`);
  }

  start(): void {
    this.#world.after(this.#dice.float() * 2 * this.#pauseMs, () => {
      if (this.#calm) return;
      const fault = this.#dice.pick(this.#faults);
      this.counts.set(fault.name, (this.counts.get(fault.name) ?? 0) + 1);
      fault.strike();
      this.start();
    });
  }

  /** Everything is mended and every process runs. */
  stop(): void {
    this.#calm = true;
    this.#network.heal();
    Object.assign(this.#network.faults, healthyNetwork());
    for (const member of this.#members()) {
      Object.assign(member.storage, healthyStorage());
      if (member.life?.paused) member.life.resume();
    }
    for (const member of this.#members()) {
      if (!member.running) member.mend();
      member.start();
    }
    // One that is just dying may have missed it.
    this.#world.after(1_000, () => {
      for (const member of this.#members()) member.start();
    });
  }

  #any(): SimMember {
    return this.#dice.pick(this.#members());
  }

  /** The leader, half of the time. */
  #target(): SimMember {
    const leader = this.#members().find((member) => member.core?.replica.isLeader);
    return leader && this.#dice.chance(0.5) ? leader : this.#any();
  }

  #note(text: string): void {
    this.#world.note(`FAULT ${text}`);
  }

  #startLater(member: SimMember): void {
    this.#world.after(this.#dice.between(20, 3_000), () => {
      member.start();
    });
  }

  #kill(member: SimMember): void {
    member.kill();
    this.#startLater(member);
  }

  #all(): Fault[] {
    return [
      { name: 'kill', strike: () => this.#kill(this.#target()) },
      {
        name: 'kill all',
        strike: () => {
          this.#note('power cut');
          for (const member of this.#members()) this.#kill(member);
        },
      },
      { name: 'kill at a step of storage', strike: () => this.#killAtStep() },
      { name: 'kill candidates', strike: () => this.#killCandidates() },
      { name: 'pause', strike: () => this.#pause() },
      { name: 'partition', strike: () => this.#partition() },
      { name: 'bad network', strike: () => this.#badNetwork() },
      { name: 'slow disk', strike: () => this.#slowDisk() },
      { name: 'full disk', strike: () => this.#fullDisk() },
      { name: 'move leader', strike: () => this.#moveLeader() },
      { name: 'flip a bit', strike: () => this.#flipBit() },
    ];
  }

  #killAtStep(): void {
    const member = this.#target();
    if (!member.life?.alive) return;
    const steps = 1 + this.#dice.integer(30);
    this.#note(`${member.name} dies in ${steps} steps of storage`);
    member.storage.crashInSteps = steps;
    member.onDeath(() => this.#startLater(member));
  }

  /**
   * Disks and messages are slow, the leader dies, and so does whoever stands for election in its place, to be back at
   * once: what its disk had not done is gone, and answers to what it asked may still come.
   */
  #killCandidates(): void {
    this.#note('disks and messages are slow, candidates die');
    const latencyMs = [0.2, this.#dice.between(10, 200)] as const;
    this.#network.faults.latencyMs = latencyMs;
    for (const { storage } of this.#members()) storage.latencyMs = [1, this.#dice.between(10, 300)];
    const leader = this.#members().find((member) => member.core?.replica.isLeader);
    if (leader) this.#kill(leader);
    this.#watchForCandidates(40);
  }

  #watchForCandidates(looks: number): void {
    if (this.#calm) return;
    if (looks === 0) {
      Object.assign(this.#network.faults, healthyNetwork());
      for (const { storage } of this.#members()) storage.latencyMs = healthyStorage().latencyMs;
      return;
    }
    const candidate = this.#members().find((member) => member.core?.replica.state.role === 'candidate');
    if (candidate && this.#dice.chance(0.5)) {
      candidate.kill();
      this.#world.after(this.#dice.between(1, 30), () => candidate.start());
    }
    this.#world.after(this.#dice.between(5, 100), () => this.#watchForCandidates(looks - 1));
  }

  #pause(): void {
    const member = this.#target();
    const { life } = member;
    if (!life?.alive || life.paused) return;
    const milliseconds = this.#dice.between(50, 4_000);
    this.#note(`${member.name} is stopped for ${Math.round(milliseconds)} ms`);
    life.pause();
    this.#world.after(milliseconds, () => {
      if (life.alive) life.resume();
    });
  }

  /** Cuts one member, or each direction between two by itself. */
  #partition(): void {
    this.#network.heal();
    const target = this.#target();
    const oneWay = this.#dice.integer(3);
    for (const other of this.#members()) {
      if (other === target || this.#dice.chance(0.2)) continue;
      if (oneWay !== 1) this.#network.cut(target.name, other.name);
      if (oneWay !== 2) this.#network.cut(other.name, target.name);
    }
    this.#note(`${target.name} is cut off (${['both ways', 'hears nothing', 'is not heard'][oneWay]})`);
    this.#world.after(this.#dice.between(100, 5_000), () => this.#network.heal());
  }

  #badNetwork(): void {
    const { faults } = this.#network;
    faults.lossPercent = this.#dice.integer(30);
    faults.duplicatePercent = this.#dice.integer(30);
    faults.latencyMs = [0.2, this.#dice.between(1, 200)];
    this.#note(`network loses ${faults.lossPercent} %, repeats ${faults.duplicatePercent} %`);
    this.#world.after(this.#dice.between(500, 4_000), () => Object.assign(faults, healthyNetwork()));
  }

  #slowDisk(): void {
    const { storage, name } = this.#target();
    storage.latencyMs = [1, this.#dice.between(20, 1_500)];
    this.#note(`${name} has a slow disk`);
    this.#world.after(this.#dice.between(500, 4_000), () => {
      storage.latencyMs = healthyStorage().latencyMs;
    });
  }

  #fullDisk(): void {
    const { storage, name } = this.#target();
    storage.full = true;
    this.#note(`${name} has a full disk`);
    this.#world.after(this.#dice.between(200, 3_000), () => {
      storage.full = false;
    });
  }

  #moveLeader(): void {
    const leader = this.#members().find((member) => member.running && member.core!.replica.isLeader);
    const to = this.#any();
    if (!leader || to === leader) return;
    this.#note(`${leader.name} is asked to hand over to ${to.name}`);
    leader.deliver(() => void leader.core!.replica.transferLeadership(to.name).catch(() => undefined));
  }

  /** One bit of a stopped member's log turns over. It must say so when it starts, or have lost nothing. */
  #flipBit(): void {
    const member = this.#any();
    if (!member.running || member.flip) return;
    // Starting once more tells what is in the log: nothing is written between that and the damage.
    member.kill();
    member.onOpen(() => {
      member.kill();
      this.#damage(member);
      this.#startLater(member);
    });
    this.#startLater(member);
  }

  #damage(member: SimMember): void {
    const flipped = member.disk.flipBit((files) => {
      const logs = files.filter((file) => file.name.endsWith('.wal'));
      if (logs.length === 0) return undefined;
      const { name, bytes } = this.#dice.pick(logs);
      return { name, bit: this.#dice.integer(usedBytes(bytes) * 8) };
    });
    if (!flipped) return;
    const what = `bit ${flipped.bit} of ${flipped.name} turned over`;
    this.#note(`${member.name}: ${what}`);
    member.flip = { what, lastIndex: member.openedAt, back: flipped.flipBack };
  }
}

/** Where the zeros begin that no record fills yet. */
function usedBytes(bytes: Buffer): number {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end -= 1;
  return end;
}
