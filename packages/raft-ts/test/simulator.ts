import { type Entry, type Message, NONE } from '../src/index.js';
import { Member, type Packet } from './member.js';

/** Chances are per message or per step, in percent; delays in steps. */
export interface Faults {
  readonly lossPercent: number;
  readonly duplicatePercent: number;
  readonly delayMax: number;
  readonly crashPercent: number;
  readonly partitionPercent: number;
  readonly slowDiskPercent: number;
  readonly compactPercent: number;
}

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
 * A cluster under random faults, driven by one seed. Checked all the time:
 * - election safety: at most one leader a term;
 * - state-machine safety: every member applies the same entry at an index;
 * - log matching: equal (index, term) in two logs means equal data and equal logs before;
 * - leader completeness: a new leader's log holds every entry that was ever applied;
 * - proposals: what is proposed in a term is appended in that term or never;
 * - reads: a ReadIndex answer is not below what was applied anywhere when the read was asked.
 * And at the end, with the faults gone: a proposal is applied by every member.
 */
export class Simulator {
  readonly #dice: (bound: number) => number;
  readonly #faults: Faults;
  readonly #members: Member[] = [];
  #flights: Flight[] = [];
  #step = 0;
  #calm = false;
  #cut = new Set<string>();
  readonly #leaders = new Map<number, string>();
  /** What was applied first at each index, anywhere. */
  readonly #applied = new Map<number, Entry>();
  #appliedMax = 0;
  #proposals = 0;
  #reads = 0;
  readonly #readFloor = new Map<string, number>();
  readonly figures = { leaders: 0, applied: 0, crashes: 0, snapshots: 0, reads: 0 };

  constructor(seed: number) {
    this.#dice = dice(seed);
    const percent = (most: number) => this.#dice(most + 1);
    this.#faults = {
      lossPercent: percent(30),
      duplicatePercent: percent(20),
      delayMax: 1 + percent(12),
      crashPercent: percent(2),
      partitionPercent: percent(2),
      slowDiskPercent: percent(80),
      compactPercent: percent(25),
    };
    const ids = Array.from({ length: 3 + this.#dice(3) }, (_, index) => String(index + 1));
    const common = {
      electionTicks: 10,
      heartbeatTicks: 2,
      random: this.#dice,
      preVote: this.#dice(4) > 0,
      checkQuorum: this.#dice(4) > 0,
      appendBytesMax: 40 + this.#dice(400),
      inflightMessagesMax: 1 + this.#dice(8),
      inflightBytesMax: 100 + this.#dice(2000),
      uncommittedBytesMax: 500 + this.#dice(5000),
      committedBytesMax: 50 + this.#dice(500),
    };
    const events = {
      send: (packet: Packet) => this.#send(packet),
      applied: (_: Member, entry: Entry) => this.#checkApplied(entry),
      restored: () => {
        this.figures.snapshots += 1;
      },
    };
    for (const id of ids) this.#members.push(new Member(id, ids, { ...common, id }, events));
  }

  run(steps: number): void {
    for (let n = 0; n < steps; n += 1) {
      this.#injectFaults();
      this.#advance();
    }
    this.#checkLogs();
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
    if (this.#chance(this.#faults.compactPercent)) this.#any().compact(this.#dice(10));
    for (const member of this.#members) if (!member.up && this.#chance(5)) member.start();
  }

  #crash(member: Member): void {
    if (!member.up) return;
    this.figures.crashes += 1;
    member.crash();
  }

  /** Cuts some links, each in one direction only, or heals all. */
  #partition(): void {
    this.#cut.clear();
    if (this.#dice(2) === 0) return;
    const lonely = this.#any();
    for (const other of this.#members) {
      if (this.#dice(4) > 0) this.#cut.add(`${lonely.id}>${other.id}`);
      if (this.#dice(4) > 0) this.#cut.add(`${other.id}>${lonely.id}`);
    }
  }

  #advance(): void {
    this.#step += 1;
    for (const member of this.#members) {
      if (member.up && this.#dice(10) > 0) member.node!.tick();
    }
    this.#offerLoad();
    this.#deliver();
    for (const member of this.#members) this.#turn(member);
  }

  #offerLoad(): void {
    if (this.#dice(3) === 0) this.#propose(this.#any());
    if (this.#dice(6) === 0) this.#read(this.#any());
  }

  #propose(member: Member): void {
    const term = member.node?.status.term;
    if (member.propose(`p${this.#proposals}@${term}`)) this.#proposals += 1;
  }

  #read(member: Member): void {
    if (!member.up || member.node!.status.leader === NONE) return;
    this.#reads += 1;
    const context = `r${this.#reads}`;
    this.#readFloor.set(context, this.#appliedMax);
    try {
      member.node!.readIndex(context);
    } catch {
      this.#readFloor.delete(context);
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
    while (member.pendingWrites > 0 && !this.#chance(this.#faults.slowDiskPercent)) {
      member.completeWrite();
      member.poll();
    }
    this.#checkMember(member);
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

  #checkApplied(entry: Entry): void {
    const proposedIn = /@(\d+)$/.exec(Buffer.from(entry.data).toString())?.[1];
    if (proposedIn !== undefined && Number(proposedIn) !== entry.term) {
      fail(`${text(entry)} was appended in another term than it was proposed in`);
    }
    const known = this.#applied.get(entry.index);
    if (!known) {
      this.#applied.set(entry.index, entry);
      this.#appliedMax = Math.max(this.#appliedMax, entry.index);
      this.figures.applied += 1;
    } else if (known.term !== entry.term || !Buffer.from(known.data).equals(entry.data)) {
      fail(`state-machine safety: index ${entry.index} was applied as ${text(known)} and as ${text(entry)}`);
    }
  }

  #checkMember(member: Member): void {
    const status = member.node?.status;
    if (status?.role === 'leader') this.#checkLeader(member, status.term);
    for (const read of member.reads.splice(0)) {
      this.figures.reads += 1;
      const floor = this.#readFloor.get(read.context) ?? 0;
      if (read.index < floor) fail(`read ${read.context} may be served at ${read.index}, but ${floor} was applied`);
    }
  }

  #checkLeader(member: Member, term: number): void {
    const known = this.#leaders.get(term);
    if (known === member.id) return;
    if (known !== undefined) fail(`election safety: ${known} and ${member.id} both lead term ${term}`);
    this.#leaders.set(term, member.id);
    this.figures.leaders += 1;
    const first = member.node!.status.firstIndex;
    for (const [index, entry] of this.#applied) {
      if (index >= first && member.node!.term(index) !== entry.term) {
        fail(`leader completeness: ${member.id} leads term ${term} without ${text(entry)}`);
      }
    }
  }

  #checkLogs(): void {
    for (const one of this.#members) {
      for (const other of this.#members) if (one.id < other.id) checkMatching(one, other);
    }
  }

  /** No more faults: the cluster must find a leader and agree, within a fair number of steps. */
  #settle(): void {
    this.#calm = true;
    this.#cut.clear();
    for (const member of this.#members) if (!member.up) member.start();
    const last = `last`;
    for (let n = 0; n < 2000; n += 1) {
      this.#advance();
      if (n % 50 === 0) this.#members.find((member) => member.node?.status.role === 'leader')?.propose(last);
      if (this.#members.every((member) => member.state.includes(last))) {
        this.#checkLogs();
        return;
      }
    }
    fail(`liveness: no agreement after the faults\n${this.#members.map(describe).join('\n')}`);
  }
}

function checkMatching(one: Member, other: Member): void {
  const theirs = new Map(other.durable.entries.map((entry) => [entry.index, entry]));
  let matched = false;
  for (const entry of [...one.durable.entries].reverse()) {
    const their = theirs.get(entry.index);
    if (!their) continue;
    const same = their.term === entry.term;
    if (matched && !same) fail(`log matching: ${one.id} and ${other.id} part at ${entry.index} but meet later`);
    if (same && !Buffer.from(their.data).equals(entry.data)) {
      fail(`log matching: ${text(their)} and ${text(entry)} differ`);
    }
    matched = same;
  }
}

function describe(member: Member): string {
  const { role, term, leader, commit, applied, lastIndex } = member.node!.status;
  const peers = [...member.node!.status.peers].map(([id, peer]) => ` ${id}:${peer.state}/${peer.match}/${peer.next}`);
  return `  ${member.id}: ${role} term ${term} leader ${leader} commit ${commit} applied ${applied} last ${lastIndex}${peers.join('')}`;
}

function text(entry: Entry): string {
  return `${entry.index}@${entry.term} "${Buffer.from(entry.data)}"`;
}

function fail(message: string): never {
  throw new Error(message);
}
