import {
  type ConfChange,
  type ConfChangeStep,
  type ConfState,
  type Entry,
  isJoint,
  type Message,
  NONE,
  type RaftNode,
  type RaftSettings,
} from '../src/index.js';
import { type Dice, dice } from './dice.js';
import { Member, type Packet } from './member.js';
import { Network } from './network.js';
import { fail, Oracle } from './oracle.js';
import type { Faults, Profile } from './profiles.js';

/** Members that there are at most, in and out of the configuration. */
const MEMBERS_MAX = 7;

/**
 * A cluster under random faults, driven by one seed and watched by an oracle. At the end, with the faults gone, a
 * proposal must be applied by every member, and so must all that followers passed on in the leader's term.
 */
export class Simulator {
  readonly #dice: Dice;
  readonly #faults: Faults;
  readonly #steps: number;
  readonly #members: Member[] = [];
  readonly #network: Network;
  #step = 0;
  #calm = false;
  #proposals = 0;
  #reads = 0;
  readonly #settings: Omit<RaftSettings, 'id'>;
  readonly #founders: readonly string[];
  readonly #stalls = new Map<string, number>();
  #calmProposals: { readonly by: string; readonly data: string; readonly term: number }[] = [];
  readonly #oracle = new Oracle([LAST]);
  readonly #figures = { crashes: 0, snapshots: 0, changes: 0, stalls: 0 };

  constructor(seed: number, profile: Profile) {
    this.#dice = dice(seed);
    const { faults, founders, settings } = profile.plan(this.#dice);
    this.#faults = faults;
    this.#steps = profile.steps;
    this.#founders = Array.from({ length: founders }, (_, index) => String(index + 1));
    this.#settings = { ...settings, random: this.#dice };
    this.#network = new Network(this.#dice, faults, ({ message }) => {
      if (message.type === 'snapshot') this.#report(message, false);
    });
    for (const id of this.#founders) this.#join(id);
  }

  /** How much of what it is about there was. */
  get figures() {
    return { ...this.#oracle.figures, ...this.#figures };
  }

  #join(id: string): void {
    const events = {
      send: (packet: Packet) => this.#network.send(packet),
      applied: (member: Member, entry: Entry) => this.#oracle.applied(member, entry),
      configured: (member: Member, conf: ConfState) => this.#oracle.configured(member, conf),
      restored: () => {
        this.#figures.snapshots += 1;
      },
    };
    this.#members.push(new Member(id, this.#founders, { ...this.#settings, id }, events));
  }

  run(): void {
    for (let n = 0; n < this.#steps; n += 1) {
      this.#injectFaults();
      this.#advance();
    }
    this.#oracle.logs(this.#members);
    this.#settle();
  }

  #chance(percent: number): boolean {
    return !this.#calm && percent > 0 && this.#dice(100) < percent;
  }

  #any(): Member {
    return this.#members[this.#dice(this.#members.length)]!;
  }

  #injectFaults(): void {
    if (this.#chance(this.#faults.crashPercent)) this.#crash(this.#any());
    if (this.#chance(this.#faults.partitionPercent)) this.#partition();
    if (this.#chance(this.#faults.transferPercent)) this.#any().node?.transferLeadership(this.#any().id);
    if (this.#chance(this.#faults.changePercent)) this.#changeConf();
    if (this.#chance(this.#faults.stallPercent)) this.#stall(this.#any());
    if (this.#chance(this.#faults.loseLeaderPercent)) this.#loseLeader(this.#any().node);
    if (this.#chance(this.#faults.compactPercent)) this.#any().compact(this.#dice(10));
    for (const member of this.#members) this.#comeAndGo(member);
  }

  #comeAndGo(member: Member): void {
    const { candidateCrashPercent, restartPercent, hastePercent } = this.#faults;
    if (member.up) {
      const writing = member.node?.softState.role === 'candidate' && member.pendingWrites > 1;
      if (writing && this.#chance(candidateCrashPercent)) this.#crash(member);
    } else if (this.#chance(restartPercent)) {
      member.start();
      if (this.#chance(hastePercent)) member.node?.campaign();
    }
  }

  /** Whoever leads proposes a change: of one member or several, at once or in two steps. */
  #changeConf(): void {
    const leader = this.#members.find((member) => member.node?.softState.role === 'leader');
    if (!leader) return;
    const conf = leader.node!.confState;
    const change: ConfChange = isJoint(conf) && this.#dice(4) > 0 ? { steps: [] } : this.#anyChange();
    if (leader.attempt((node) => node.proposeConfChange(change))) this.#figures.changes += 1;
  }

  #anyChange(): ConfChange {
    const steps = Array.from({ length: 1 + (this.#dice(2) === 0 ? this.#dice(4) : 0) }, () => this.#anyStep());
    const transition = (['auto', 'auto', 'jointImplicit', 'jointExplicit'] as const)[this.#dice(4)]!;
    return { steps, transition };
  }

  #anyStep(): ConfChangeStep {
    const id = String(1 + this.#dice(MEMBERS_MAX));
    if (!this.#members.some((member) => member.id === id)) this.#join(id);
    return { type: (['addVoter', 'addVoter', 'addLearner', 'remove'] as const)[this.#dice(4)]!, id };
  }

  /** Its disk answers nothing for a while. */
  #stall(member: Member): void {
    this.#stalls.set(member.id, this.#step + 10 + this.#dice(60));
    this.#figures.stalls += 1;
  }

  /** As a driver does whose connection to the leader broke. */
  #loseLeader(node: RaftNode | undefined): void {
    node?.forgetLeader();
    if (this.#dice(2) === 0) node?.campaign();
  }

  #crash(member: Member): void {
    if (!member.up) return;
    this.#figures.crashes += 1;
    member.crash();
    // The disk that hung is back with its machine.
    this.#stalls.delete(member.id);
    if (this.#faults.fifo) this.#disconnect(member.id);
  }

  /** Its connections break, and their other ends see it. */
  #disconnect(id: string): void {
    this.#network.disconnect(id);
    for (const { node } of this.#members) {
      if (!node) continue;
      node.reportUnreachable(id);
      if (node.softState.leader === id) this.#loseLeader(node);
    }
  }

  /**
   * Heals all links, or cuts some: around one member each direction by itself, around the leader, between the leader and
   * one other, or between halves.
   */
  #partition(): void {
    this.#network.heal();
    const kind = this.#dice(6);
    if (kind <= 1) return;
    const leader = this.#leader ?? this.#any();
    if (kind === 2) this.#cutAround(this.#any(), () => this.#dice(4) > 0);
    else if (kind === 3) this.#cutAround(leader, () => true);
    else if (kind === 4) this.#cutBetween(leader, this.#any());
    else this.#halve();
  }

  #cutBetween(one: Member, other: Member): void {
    this.#network.cut(one.id, other.id);
    this.#network.cut(other.id, one.id);
  }

  #cutAround(lonely: Member, cuts: () => boolean): void {
    for (const other of this.#members) {
      if (cuts()) this.#network.cut(lonely.id, other.id);
      if (cuts()) this.#network.cut(other.id, lonely.id);
    }
  }

  #halve(): void {
    const left = new Set(this.#members.filter(() => this.#dice(2) === 0));
    for (const one of this.#members) {
      for (const other of this.#members) if (left.has(one) !== left.has(other)) this.#network.cut(one.id, other.id);
    }
  }

  #advance(): void {
    this.#step += 1;
    for (const member of this.#members) {
      // Leases stand on clocks that run alike.
      if (member.up && (this.#settings.readOnly === 'lease' || this.#dice(10) > 0)) member.node!.tick();
    }
    this.#offerLoad();
    this.#deliver();
    for (const member of this.#members) this.#turn(member);
  }

  #offerLoad(): void {
    if (this.#dice(3) === 0) this.#propose(this.#any());
    if (this.#dice(3) === 0) this.#read(this.#any());
    for (const member of this.#members) if (member.node?.softState.role === 'leader') this.#read(member);
  }

  #propose(member: Member): void {
    const term = member.node?.softState.term;
    if (member.propose(`p${this.#proposals}@${term}`)) this.#proposals += 1;
  }

  #read(member: Member): void {
    if (!member.up || member.node!.softState.leader === NONE) return;
    this.#reads += 1;
    const context = `r${this.#reads}`;
    this.#oracle.readAsked(context);
    try {
      member.node!.readIndex(context);
    } catch {
      this.#oracle.readRefused(context);
    }
  }

  #deliver(): void {
    for (const packet of this.#network.arrivals()) {
      const target = this.#members.find((member) => member.id === packet.message.to);
      if (target?.up) target.receive(packet);
      this.#report(packet.message, target?.up === true);
    }
  }

  /** What a driver's transport tells the sender. */
  #report(message: Message, arrived: boolean): void {
    const sender = this.#members.find((member) => member.id === message.from);
    if (message.type === 'snapshot') sender?.node?.reportSnapshot(message.to, arrived);
    else if (!arrived) sender?.node?.reportUnreachable(message.to);
  }

  #turn(member: Member): void {
    member.poll();
    const stalled = !this.#calm && (this.#stalls.get(member.id) ?? 0) > this.#step;
    while (!stalled && member.pendingWrites > 0 && !this.#chance(this.#faults.slowDiskPercent)) {
      member.completeWrite();
      member.poll();
    }
    this.#oracle.turned(member);
  }

  /** No more faults: the cluster must find a leader and agree, within a fair number of steps. */
  #settle(): void {
    this.#calm = true;
    this.#network.calm = true;
    this.#network.heal();
    for (const member of this.#members) if (!member.up) member.start();
    for (let n = 0; n < 3000; n += 1) {
      this.#advance();
      if (n % 50 === 0) this.#proposeCalmly(n);
      if (this.#agree()) {
        this.#oracle.logs(this.#members);
        return;
      }
    }
    fail(`liveness: no agreement after the faults\n${this.#members.map(describe).join('\n')}`);
  }

  #proposeCalmly(n: number): void {
    this.#leader?.propose(LAST);
    if (this.#calmProposals.length > 100) return;
    for (const member of this.#members) {
      const data = `calm ${n} of ${member.id}`;
      const { term } = member.node!.softState;
      if (member.propose(data)) this.#calmProposals.push({ by: member.id, data, term });
    }
  }

  /** The one that leads the latest term. */
  get #leader(): Member | undefined {
    const leaders = this.#members.filter((member) => member.node?.softState.role === 'leader');
    return leaders.sort((a, b) => b.node!.softState.term - a.node!.softState.term)[0];
  }

  #agree(): boolean {
    const leader = this.#leader?.node;
    if (!leader) return false;
    const { voters, votersOutgoing, learners } = leader.confState;
    const ids = new Set([...voters, ...votersOutgoing, ...learners]);
    const { term } = leader.softState;
    const due = this.#calmProposals.filter((each) => each.term === term && ids.has(each.by));
    return this.#members
      .filter((member) => ids.has(member.id))
      .every((member) => member.state.includes(LAST) && due.every(({ data }) => member.state.includes(data)));
  }
}

const LAST = 'last';

function describe(member: Member): string {
  const { role, term, leader, commit, applied, lastIndex } = member.node!.status;
  const { voters, votersOutgoing, learners } = member.node!.confState;
  const conf = `voters ${voters}${votersOutgoing.length > 0 ? ` and ${votersOutgoing}` : ''} learners ${learners}`;
  const peers = [...member.node!.status.peers].map(([id, peer]) => ` ${id}:${peer.state}/${peer.match}/${peer.next}`);
  return `  ${member.id}: ${role} term ${term} leader ${leader} commit ${commit} applied ${applied} last ${lastIndex} ${conf}${peers.join('')}`;
}
