import {
  type ConfChange,
  type ConfChangeStep,
  type ConfChangeTransition,
  decodeConfChange,
  type Entry,
  type Message,
  type RaftSettings,
} from '../src/index.js';
import { Member, type Packet } from './member.js';

/**
 * Runs the commands of a transcript on a small cluster whose network and disks do only what they are told:
 *
 *     cluster 3 [option=value ..]   start members 1..3 (options as RaftOptions; every election timeout is 15 ticks)
 *     tick 1 [n]     campaign 1     propose 1 data     read 1 context
 *     elect 1                       campaign and deliver everything, printing nothing
 *     deliver [1->2] [n]            deliver messages, and what they cause, until none is left (or n of them)
 *     drop [1->2]                   lose what is on its way
 *     hold 1->2    release          set aside what is on its way; send it now, after everything else
 *     partition 1 | 2 3    heal     lose from now on what crosses the line
 *     stall 1    resume 1 [n]       writes to the disk stay undone; do all (or n of) them and go on
 *     crash 1    restart 1          lose what is not durable; start from what is
 *     compact 1 [keep]              make a snapshot and drop all but `keep` entries before it
 *     transfer 1 2                  member 1 hands leadership to 2
 *     join 4                        start a member that the others do not know yet
 *     change 1 +4 ~5 -2 [how]       propose voters (+), learners (~), removals (-); how: jointImplicit, jointExplicit
 *     step-down 1    stand-up 1     as a driver does whose disk is full
 *     unreachable 1 2               tell member 1 that messages to 2 got lost
 *     snapshot-arrived 1 2          tell member 1 that its snapshot for 2 is there
 *     status    log 1    applied
 */
export class Transcript {
  readonly #members = new Map<string, Member>();
  readonly #stalled = new Set<string>();
  #network: Packet[] = [];
  readonly #held: Packet[] = [];
  #sides: Set<string>[] = [];
  #founders: string[] = [];
  #options: Partial<RaftSettings> = {};
  #starts = 0;
  #out: string[] = [];

  run(line: string): string {
    this.#out = [];
    const [command, ...args] = line.trim().split(/\s+/);
    const run = this.#commands[command!];
    if (!run) throw new Error(`unknown command: ${line}`);
    run(args);
    this.#settle();
    return this.#out.length === 0 ? 'ok' : this.#out.join('\n');
  }

  readonly #commands: Record<string, (args: string[]) => void> = {
    cluster: ([size, ...settings]) => this.#cluster(Number(size), settings),
    tick: ([id, count]) => {
      for (let n = 0; n < Number(count ?? 1); n += 1) {
        this.#member(id).node?.tick();
        this.#settle();
      }
    },
    campaign: ([id]) => this.#member(id).node?.campaign(),
    elect: ([id]) => {
      this.#member(id).node?.campaign();
      this.#settle();
      this.#deliver([]);
      this.#out = [];
    },
    propose: ([id, ...data]) => this.#attempt(() => this.#member(id).node?.propose(Buffer.from(data.join(' ')))),
    read: ([id, context]) => this.#attempt(() => this.#member(id).node?.readIndex(context!)),
    deliver: (args) => this.#deliver(args),
    drop: ([link]) => {
      this.#network = this.#network.filter((packet) => !this.#isOn(packet, link));
    },
    hold: ([link]) => {
      this.#held.push(...this.#network.filter((packet) => this.#isOn(packet, link)));
      this.#network = this.#network.filter((packet) => !this.#isOn(packet, link));
    },
    release: () => {
      this.#network.push(...this.#held.splice(0));
    },
    partition: (args) => {
      this.#sides = args
        .join(' ')
        .split('|')
        .map((side) => new Set(side.trim().split(/\s+/)));
    },
    heal: () => {
      this.#sides = [];
    },
    stall: ([id]) => {
      this.#stalled.add(id!);
    },
    resume: ([id, count]) => this.#resume(id!, count),
    crash: ([id]) => this.#member(id).crash(),
    restart: ([id]) => this.#member(id).start(),
    transfer: ([id, to]) => {
      this.#member(id).node?.transferLeadership(to!);
    },
    join: ([id]) => this.#start(id!),
    change: ([id, ...words]) => this.#attempt(() => this.#member(id).node?.proposeConfChange(parseChange(words))),
    'step-down': ([id]) => this.#member(id).node?.stepDown(),
    'stand-up': ([id]) => this.#member(id).node?.standUp(),
    unreachable: ([id, of]) => this.#member(id).node?.reportUnreachable(of!),
    compact: ([id, keep]) => this.#member(id).compact(Number(keep ?? 0)),
    'snapshot-arrived': ([from, to]) => this.#member(from).node?.reportSnapshot(to!, true),
    status: () => {
      for (const member of this.#members.values()) this.#out.push(describeStatus(member));
    },
    log: ([id]) => this.#out.push(...describeLog(this.#member(id))),
    applied: () => {
      for (const member of this.#members.values()) this.#out.push(`${member.id}: ${member.state.join(' ')}`.trim());
    },
  };

  #cluster(size: number, given: string[]): void {
    this.#founders = Array.from({ length: size }, (_, index) => String(index + 1));
    this.#options = Object.fromEntries(
      given.map((each) => each.split('=')).map(([name, value]) => [name, parse(value!)]),
    );
    for (const id of this.#founders) this.#start(id);
  }

  #start(id: string): void {
    // Small numbers are election timeouts; large ones name a start of the member, and no two may be the same.
    const random = (bound: number) => {
      if (bound < 1000) return 5;
      this.#starts += 1;
      return this.#starts;
    };
    const settings: RaftSettings = { electionTicks: 10, heartbeatTicks: 1, random, ...this.#options, id };
    const events = {
      send: (packet: Packet) => this.#send(packet),
      applied: () => {},
      configured: (member: Member) => this.#out.push(`${member.id} has ${describeConf(member)}`),
    };
    this.#members.set(id, new Member(id, this.#founders, settings, events));
  }

  #member(id: string | undefined): Member {
    const member = this.#members.get(id ?? '');
    if (!member) throw new Error(`no member ${id}`);
    return member;
  }

  #attempt(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#out.push(String(error));
    }
  }

  #send(packet: Packet): void {
    const { from, to } = packet.message;
    const cut = this.#sides.some((side) => side.has(from) !== side.has(to));
    this.#out.push(`${describeMessage(packet.message)}${cut ? ' (lost)' : ''}`);
    if (!cut) this.#network.push(packet);
  }

  #isOn({ message }: Packet, link: string | undefined): boolean {
    return link === undefined || link === `${message.from}->${message.to}`;
  }

  #deliver(args: string[]): void {
    const link = args.find((arg) => arg.includes('->'));
    let left = Number(args.find((arg) => /^\d+$/.test(arg)) ?? Infinity);
    for (; left > 0; left -= 1) {
      const at = this.#network.findIndex((packet) => this.#isOn(packet, link));
      if (at < 0) return;
      const [packet] = this.#network.splice(at, 1);
      this.#members.get(packet!.message.to)?.receive(packet!);
      this.#settle();
    }
  }

  #resume(id: string, count: string | undefined): void {
    const member = this.#member(id);
    if (count === undefined) this.#stalled.delete(id);
    else for (let n = 0; n < Number(count); n += 1) member.completeWrite();
  }

  /** Lets every member do what its node asks for, until none asks. */
  #settle(): void {
    for (const member of this.#members.values()) {
      member.poll();
      while (!this.#stalled.has(member.id) && member.pendingWrites > 0) {
        member.completeWrite();
        member.poll();
      }
      this.#describeChange(member);
      for (const read of member.reads.splice(0))
        this.#out.push(`${member.id} may read ${read.context} at ${read.index}`);
    }
  }

  readonly #roles = new Map<string, string>();

  #describeChange(member: Member): void {
    const status = member.node?.status;
    const now = status ? `${status.role} at term ${status.term}` : 'down';
    const reason = status?.steppedDown === undefined ? '' : ` (${status.steppedDown})`;
    const before = this.#roles.get(member.id);
    if (before !== undefined && before !== now) {
      this.#out.push(`${member.id} is ${now}${before.startsWith('leader') ? reason : ''}`);
    }
    this.#roles.set(member.id, now);
  }
}

function parse(value: string): string | number | boolean {
  if (value === 'on' || value === 'off') return value === 'on';
  return /^\d+$/.test(value) ? Number(value) : value;
}

function describeStatus(member: Member): string {
  const status = member.node?.status;
  if (!status) return `${member.id}: down`;
  const { role, term, leader, commit, applied, firstIndex, lastIndex } = status;
  const peers = [...status.peers].map(([id, peer]) => ` ${id}:${peer.state}/${peer.match}/${peer.next}`).join('');
  const base = `${member.id}: ${role} term=${term} leader=${leader || '-'} log=${firstIndex}..${lastIndex}`;
  return `${base} commit=${commit} applied=${applied}${peers}`;
}

function describeLog(member: Member): string[] {
  return member.durable.entries.map((entry) => `${entry.index}@${entry.term} ${describeData(entry)}`.trim());
}

function describeData(entry: Entry): string {
  if (entry.type === 'normal') return Buffer.from(entry.data).toString();
  const { steps } = decodeConfChange(entry.data);
  return steps.length === 0 ? 'leave joint' : steps.map(({ type, id }) => `${type} ${id}`).join(', ');
}

function describeEntry({ index, term, type }: Entry): string {
  return `${index}@${term}${type === 'confChange' ? ' change' : ''}`;
}

function describeConf(member: Member): string {
  const { voters, votersOutgoing, learners, learnersNext, autoLeave } = member.node!.confState;
  const parts = [`voters ${voters.join(' ')}`];
  if (votersOutgoing.length > 0) parts.push(`outgoing ${votersOutgoing.join(' ')}`);
  if (learners.length > 0) parts.push(`learners ${learners.join(' ')}`);
  if (learnersNext.length > 0) parts.push(`learners next ${learnersNext.join(' ')}`);
  return `${parts.join(', ')}${autoLeave ? ' (leaves by itself)' : ''}`;
}

const SIGNS: Record<string, ConfChangeStep['type']> = { '+': 'addVoter', '~': 'addLearner', '-': 'remove' };

/** Words with a sign are steps; one without says how; none at all leaves the joint configuration. */
function parseChange(words: readonly string[]): ConfChange {
  const steps = words.filter((word) => SIGNS[word[0]!]).map((word) => ({ type: SIGNS[word[0]!]!, id: word.slice(1) }));
  const how = words.find((word) => !SIGNS[word[0]!]) as ConfChangeTransition | undefined;
  return how === undefined ? { steps } : { steps, transition: how };
}

function describeMessage(message: Message): string {
  const head = `${message.from}->${message.to} ${message.type}${message.term > 0 ? `@${message.term}` : ''}`;
  return `${head} ${describeBody(message)}`.trim();
}

function describeBody(message: Message): string {
  switch (message.type) {
    case 'vote':
    case 'preVote':
      return `last=${message.lastIndex}@${message.lastTerm}`;
    case 'voteResponse':
    case 'preVoteResponse':
      return message.reject ? 'no' : 'yes';
    case 'append': {
      const entries = message.entries.map(describeEntry).join(',');
      return `prev=${message.prevIndex}@${message.prevTerm} commit=${message.commit} [${entries}]`;
    }
    case 'appendResponse':
      return message.reject
        ? `refused ${message.index}, hint ${message.hintIndex}@${message.hintTerm}`
        : `matches ${message.index}`;
    case 'heartbeat':
      return `commit=${message.commit} round=${message.round}`;
    case 'heartbeatResponse':
      return `round=${message.round}`;
    case 'timeoutNow':
      return '';
    case 'snapshot':
      return `${message.snapshot.index}@${message.snapshot.term}`;
    case 'propose':
      return `#${message.sequence} ${message.data.map((data) => Buffer.from(data).toString()).join(',')}`;
    case 'proposeResponse':
      return `taken ${message.sequence}`;
    case 'readIndex':
      return message.context;
    case 'readIndexResponse':
      return `${message.context} at ${message.index}`;
  }
}
