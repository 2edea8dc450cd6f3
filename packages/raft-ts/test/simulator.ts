import {
  type ConfChange,
  type ConfChangeStep,
  type ConfState,
  type Entry,
  isJoint,
  type Message,
  NONE,
  type RaftSettings,
} from '../src/index.js';
import { Member, type Packet } from './member.js';
import { fail, Oracle } from './oracle.js';

/** Chances are per message or per step, in percent; delays in steps. */
export interface Faults {
  readonly lossPercent: number;
  readonly duplicatePercent: number;
  readonly delayMax: number;
  readonly crashPercent: number;
  readonly partitionPercent: number;
  readonly slowDiskPercent: number;
  readonly compactPercent: number;
  readonly stallPercent: number;
  readonly changePercent: number;
}

/** Members that there are at most, in and out of the configuration. */
const MEMBERS_MAX = 7;

/** The same numbers for the same seed (mulberry32). */
export function dice(seed: number): (bound: number) => number {
  let state = seed >>> 0;
  return (bound) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * bound);
  };
}

interface Flight {
  readonly packet: Packet;
  readonly arrives: number;
}

/**
 * A cluster under random faults, driven by one seed and watched by an oracle. At the end, with the faults gone, a
 * proposal must be applied by every member, and so must all that followers passed on in the leader's term.
 */
export class Simulator {
  readonly #dice: (bound: number) => number;
  readonly #faults: Faults;
  readonly #members: Member[] = [];
  #flights: Flight[] = [];
  #step = 0;
  #calm = false;
  #cut = new Set<string>();
  #proposals = 0;
  #reads = 0;
  readonly #settings: Omit<RaftSettings, 'id'>;
  readonly #founders: readonly string[];
  readonly #stalls = new Map<string, number>();
  #calmProposals: { readonly by: string; readonly data: string; readonly term: number }[] = [];
  readonly #oracle = new Oracle([LAST]);
  readonly #figures = { crashes: 0, snapshots: 0, changes: 0, stalls: 0 };

  constructor(seed: number) {
    this.#dice = dice(seed);
    const percent = (most: number) => this.#dice(most + 1);
    const readOnly = this.#dice(3) === 0 ? 'lease' : 'safe';
    // A lease is short: only on a quick network can another lead before it is over.
    const quick = readOnly === 'lease' && this.#dice(4) > 0;
    this.#faults = {
      lossPercent: percent(quick ? 3 : 30),
      duplicatePercent: percent(20),
      delayMax: 1 + percent(quick ? 1 : 12),
      crashPercent: percent(2),
      partitionPercent: percent(4),
      slowDiskPercent: percent(quick ? 10 : 80),
      compactPercent: percent(25),
      stallPercent: percent(2),
      changePercent: percent(15),
    };
    this.#founders = Array.from({ length: 3 + this.#dice(3) }, (_, index) => String(index + 1));
    this.#settings = {
      electionTicks: 10,
      heartbeatTicks: 2,
      random: this.#dice,
      preVote: this.#dice(4) > 0,
      checkQuorum: readOnly === 'lease' || this.#dice(4) > 0,
      readOnly,
      diskStallTicks: this.#dice(3) * 4,
      appendBytesMax: 40 + this.#dice(400),
      inflightMessagesMax: 1 + this.#dice(8),
      inflightBytesMax: 100 + this.#dice(2000),
      uncommittedBytesMax: 500 + this.#dice(5000),
      committedBytesMax: 50 + this.#dice(500),
    };
    for (const id of this.#founders) this.#join(id);
  }

  /** How much of what it is about there was. */
  get figures() {
    return { ...this.#oracle.figures, ...this.#figures };
  }

  #join(id: string): void {
    const events = {
      send: (packet: Packet) => this.#send(packet),
      applied: (member: Member, entry: Entry) => this.#oracle.applied(member, entry),
      configured: (member: Member, conf: ConfState) => this.#oracle.configured(member, conf),
      restored: () => {
        this.#figures.snapshots += 1;
      },
    };
    this.#members.push(new Member(id, this.#founders, { ...this.#settings, id }, events));
  }

  run(steps: number): void {
    for (let n = 0; n < steps; n += 1) {
      this.#injectFaults();
      this.#advance();
    }
    this.#oracle.logs(this.#members);
    this.#settle();
  }

  #chance(percent: number): boolean {
    return !this.#calm && this.#dice(100) < percent;
  }

  #any(): Member {
    return this.#members[this.#dice(this.#members.length)]!;
  }

  #injectFaults(): void {
    if (this.#chance(this.#faults.crashPercent)) this.#crash(this.#any());
    if (this.#chance(this.#faults.partitionPercent)) this.#partition();
    if (this.#chance(1)) this.#any().node?.transferLeadership(this.#any().id);
    if (this.#chance(this.#faults.changePercent)) this.#changeConf();
    if (this.#chance(this.#faults.stallPercent)) this.#stall(this.#any());
    if (this.#chance(1)) this.#loseLeader(this.#any());
    if (this.#chance(this.#faults.compactPercent)) this.#any().compact(this.#dice(10));
    for (const member of this.#members) if (!member.up && this.#chance(5)) member.start();
  }

  /** Whoever leads proposes a change: of one member or several, at once or in two steps. */
  #changeConf(): void {
    const leader = this.#members.find((member) => member.node?.status.role === 'leader');
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
  #loseLeader(member: Member): void {
    member.node?.forgetLeader();
    if (this.#dice(2) === 0) member.node?.campaign();
  }

  #crash(member: Member): void {
    if (!member.up) return;
    this.#figures.crashes += 1;
    member.crash();
  }

  /** Heals all links, or cuts some: around one member each direction by itself, around the leader, or between halves. */
  #partition(): void {
    this.#cut.clear();
    const kind = this.#dice(5);
    if (kind <= 1) return;
    if (kind === 2) this.#cutAround(this.#any(), () => this.#dice(4) > 0);
    else if (kind === 3) this.#cutAround(this.#leader ?? this.#any(), () => true);
    else this.#halve();
  }

  #cutAround(lonely: Member, cuts: () => boolean): void {
    for (const other of this.#members) {
      if (cuts()) this.#cut.add(`${lonely.id}>${other.id}`);
      if (cuts()) this.#cut.add(`${other.id}>${lonely.id}`);
    }
  }

  #halve(): void {
    const left = new Set(this.#members.filter(() => this.#dice(2) === 0));
    for (const one of this.#members) {
      for (const other of this.#members) if (left.has(one) !== left.has(other)) this.#cut.add(`${one.id}>${other.id}`);
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
    for (const member of this.#members) if (member.node?.status.role === 'leader') this.#read(member);
  }

  #propose(member: Member): void {
    const term = member.node?.status.term;
    if (member.propose(`p${this.#proposals}@${term}`)) this.#proposals += 1;
  }

  #read(member: Member): void {
    if (!member.up || member.node!.status.leader === NONE) return;
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
    const due = this.#flights.filter((flight) => flight.arrives <= this.#step);
    this.#flights = this.#flights.filter((flight) => flight.arrives > this.#step);
    for (const { packet } of due) {
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

  #send(packet: Packet): void {
    const { message } = packet;
    if (this.#cut.has(`${message.from}>${message.to}`) || this.#chance(this.#faults.lossPercent)) {
      if (message.type === 'snapshot') this.#report(message, false);
      return;
    }
    this.#launch(packet);
    if (this.#chance(this.#faults.duplicatePercent)) this.#launch(packet);
  }

  #launch(packet: Packet): void {
    const delay = this.#calm ? 1 : 1 + this.#dice(this.#faults.delayMax);
    this.#flights.push({ packet, arrives: this.#step + delay });
  }

  /** No more faults: the cluster must find a leader and agree, within a fair number of steps. */
  #settle(): void {
    this.#calm = true;
    this.#cut.clear();
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
      const { term } = member.node!.status;
      if (member.propose(data)) this.#calmProposals.push({ by: member.id, data, term });
    }
  }

  /** The one that leads the latest term. */
  get #leader(): Member | undefined {
    const leaders = this.#members.filter((member) => member.node?.status.role === 'leader');
    return leaders.sort((a, b) => b.node!.status.term - a.node!.status.term)[0];
  }

  #agree(): boolean {
    const leader = this.#leader?.node;
    if (!leader) return false;
    const { voters, votersOutgoing, learners } = leader.confState;
    const ids = new Set([...voters, ...votersOutgoing, ...learners]);
    const { term } = leader.status;
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
