import { type ConfChange, type ConfChangeStep, isJoint, type RaftNode } from '../src/index.js';
import type { Dice } from './dice.js';
import type { Member } from './member.js';
import type { Network } from './network.js';
import type { Faults } from './profiles.js';

/** Members that there are at most, in and out of the configuration. */
const MEMBERS_MAX = 7;

export interface Victims {
  readonly network: Network;
  readonly members: readonly Member[];
  /** Starts a member that the others do not know yet. */
  join(id: string): void;
  leader(): Member | undefined;
}

/** Does to a cluster what its faults allow, step by step. */
export class Nemesis {
  readonly #dice: Dice;
  readonly #faults: Faults;
  readonly #victims: Victims;
  readonly #stalls = new Map<string, number>();
  /** Until when members that crashed stay away. */
  readonly #away = new Map<string, number>();
  readonly #later = new Map<number, () => void>();
  #step = 0;
  #calm = false;
  readonly figures = { crashes: 0, changes: 0, stalls: 0 };

  constructor(dice: Dice, faults: Faults, victims: Victims) {
    this.#dice = dice;
    this.#faults = faults;
    this.#victims = victims;
  }

  /** No more faults. */
  stop(): void {
    const { network } = this.#victims;
    this.#calm = true;
    network.calm = true;
    network.heal();
  }

  #chance(percent: number): boolean {
    return percent > 0 && this.#dice(10_000) < percent * 100;
  }

  get #any(): Member {
    const { members } = this.#victims;
    return members[this.#dice(members.length)]!;
  }

  /** Whether the member's disk does a write now. */
  letsWrite({ id }: Member): boolean {
    if (this.#calm) return true;
    return (this.#stalls.get(id) ?? 0) <= this.#step && !this.#chance(this.#faults.slowDiskPercent);
  }

  /** What happens in one step. */
  strike(): void {
    this.#step += 1;
    const { crashPercent, partitionPercent, transferPercent, changePercent, compactPercent } = this.#faults;
    if (this.#chance(crashPercent)) this.#crash(this.#any);
    if (this.#chance(partitionPercent)) this.#partition();
    if (this.#chance(this.#faults.isolatePercent)) this.#isolate();
    if (this.#chance(transferPercent)) this.#any.node?.transferLeadership(this.#any.id);
    if (this.#chance(changePercent)) this.#changeConf();
    if (this.#chance(this.#faults.stallPercent)) this.#stall(this.#any, 10 + this.#dice(60));
    if (this.#chance(this.#faults.loseLeaderPercent)) this.#loseLeader(this.#any.node);
    if (this.#chance(compactPercent)) this.#any.compact(this.#dice(10));
    if (this.#chance(this.#faults.stormPercent)) this.#storm();
    this.#later.get(this.#step)?.();
    for (const member of this.#victims.members) this.#comeAndGo(member);
  }

  #comeAndGo(member: Member): void {
    const { candidateCrashPercent, restartPercent, hastePercent } = this.#faults;
    if (member.up) {
      const losing = member.node?.softState.role === 'candidate' && member.pendingWrites > 1;
      if (losing && this.#chance(candidateCrashPercent)) this.#crash(member);
      if (member.node && this.#isEager(member.node)) member.node.campaign();
    } else if ((this.#away.get(member.id) ?? 0) <= this.#step && this.#chance(restartPercent)) {
      member.start();
      if (this.#chance(hastePercent)) member.node?.campaign();
    }
  }

  /** An election that is under way is not begun anew at once. */
  #isEager(node: RaftNode): boolean {
    const { eagerPercent } = this.#faults;
    if (eagerPercent === 0 || node.softState.role === 'leader') return false;
    return this.#chance(node.softState.role === 'follower' ? eagerPercent : eagerPercent / 5);
  }

  /**
   * Much at once, as when the machines' power fails: one member is cut off from the leader, the disks of two others
   * hang, then the leader goes, and one of those two stands for election with what it has not on its disk.
   */
  #storm(): void {
    const { members, network } = this.#victims;
    const leader = this.#victims.leader();
    const others = members.filter((member) => member !== leader && member.up);
    if (!leader || others.length < 3) return;
    const [remote, candidate, voter] = this.#shuffled(others) as [Member, Member, Member];
    network.heal();
    this.#cutBetween(leader, remote);
    const gone = this.#step + 2 + this.#dice(12);
    this.#stall(candidate, 60);
    this.#later.set(gone - 1, () => this.#stall(voter, 5 + this.#dice(30)));
    this.#later.set(gone, () => {
      network.heal();
      this.#crash(leader);
      this.#away.set(leader.id, this.#step + this.#dice(60));
      candidate.node?.campaign();
    });
  }

  #shuffled<T>(list: readonly T[]): T[] {
    return list
      .map((item) => ({ item, place: this.#dice(1000) }))
      .sort((a, b) => a.place - b.place)
      .map(({ item }) => item);
  }

  /** Whoever leads proposes a change: of one member or several, at once or in two steps. */
  #changeConf(): void {
    const leader = this.#victims.members.find((member) => member.node?.softState.role === 'leader');
    if (!leader) return;
    const conf = leader.node!.confState;
    const change: ConfChange = isJoint(conf) && this.#dice(4) > 0 ? { steps: [] } : this.#anyChange();
    if (leader.attempt((node) => node.proposeConfChange(change))) this.figures.changes += 1;
  }

  #anyChange(): ConfChange {
    const steps = Array.from({ length: 1 + (this.#dice(2) === 0 ? this.#dice(4) : 0) }, () => this.#anyStep());
    const transition = (['auto', 'auto', 'jointImplicit', 'jointExplicit'] as const)[this.#dice(4)]!;
    return { steps, transition };
  }

  #anyStep(): ConfChangeStep {
    const id = String(1 + this.#dice(MEMBERS_MAX));
    if (!this.#victims.members.some((member) => member.id === id)) this.#victims.join(id);
    return { type: (['addVoter', 'addVoter', 'addLearner', 'remove'] as const)[this.#dice(4)]!, id };
  }

  /** Its disk answers nothing for a while. */
  #stall({ id }: Member, steps: number): void {
    this.#stalls.set(id, this.#step + steps);
    this.figures.stalls += 1;
  }

  /** As a driver does whose connection to the leader broke: it may campaign, if it is its turn. */
  #loseLeader(node: RaftNode | undefined, turn = 50): void {
    node?.forgetLeader();
    if (this.#chance(turn)) node?.campaign();
  }

  #crash(member: Member): void {
    if (!member.up) return;
    this.figures.crashes += 1;
    member.crash();
    // A disk that hung is back with its machine.
    this.#stalls.delete(member.id);
    if (this.#faults.fifo) this.#disconnect(member.id);
  }

  /** Its connections break, and their other ends see it. */
  #disconnect(id: string): void {
    this.#victims.network.disconnect(id);
    for (const { node } of this.#victims.members) {
      if (!node) continue;
      node.reportUnreachable(id);
      if (node.softState.leader === id) this.#loseLeader(node, 100 / this.#victims.members.length / 2);
    }
  }

  /**
   * Heals all links, or cuts some: around one member each direction by itself, around the leader, between the leader and
   * one other, or between halves.
   */
  #partition(): void {
    this.#victims.network.heal();
    const kind = this.#dice(6);
    if (kind <= 1) return;
    const leader = this.#victims.leader() ?? this.#any;
    if (kind === 2) this.#cutAround(this.#any, () => this.#dice(4) > 0);
    else if (kind === 3) this.#cutAround(leader, () => true);
    else if (kind === 4) this.#cutBetween(leader, this.#any);
    else this.#halve();
  }

  /** Nobody hears of the leader, nor it of anybody. */
  #isolate(): void {
    this.#victims.network.heal();
    const leader = this.#victims.leader();
    if (leader) this.#cutAround(leader, () => true);
  }

  #cutBetween(one: Member, other: Member): void {
    this.#victims.network.cut(one.id, other.id);
    this.#victims.network.cut(other.id, one.id);
  }

  #cutAround(lonely: Member, cuts: () => boolean): void {
    const { members, network } = this.#victims;
    for (const other of members) {
      if (cuts()) network.cut(lonely.id, other.id);
      if (cuts()) network.cut(other.id, lonely.id);
    }
  }

  #halve(): void {
    const { members, network } = this.#victims;
    const left = new Set(members.filter(() => this.#dice(2) === 0));
    for (const one of members) {
      for (const other of members) if (left.has(one) !== left.has(other)) network.cut(one.id, other.id);
    }
  }
}
