import { type ConfState, type Entry, type Message, NONE, type RaftSettings } from '../src/index.js';
import { type Dice, dice } from './dice.js';
import { Member, type Packet } from './member.js';
import { Nemesis } from './nemesis.js';
import { Network } from './network.js';
import { fail, Oracle } from './oracle.js';
import type { Profile } from './profiles.js';
import { type Pace, Ticker } from './ticker.js';

/**
 * A cluster under random faults, driven by one seed and watched by an oracle. At the end, with the faults gone, a
 * proposal must be applied by every member, and so must all that followers passed on in the leader's term.
 */
export class Simulator {
  readonly #dice: Dice;
  readonly #steps: number;
  readonly #members: Member[] = [];
  readonly #tickers = new Map<Member, Ticker>();
  readonly #pace: Pace;
  readonly #network: Network;
  readonly #nemesis: Nemesis;
  #proposals = 0;
  #reads = 0;
  readonly #settings: Omit<RaftSettings, 'id'>;
  readonly #founders: readonly string[];
  #calmProposals: { readonly by: string; readonly data: string; readonly term: number }[] = [];
  readonly #oracle = new Oracle([LAST]);
  #snapshots = 0;

  constructor(seed: number, profile: Profile) {
    this.#dice = dice(seed);
    const { faults, founders, settings, pace } = profile.plan(this.#dice);
    this.#pace = pace;
    this.#steps = profile.steps;
    this.#founders = Array.from({ length: founders }, (_, index) => String(index + 1));
    this.#settings = { ...settings, random: this.#dice };
    this.#network = new Network(this.#dice, faults, ({ message }) => {
      if (message.type === 'snapshot') this.#report(message, false);
    });
    this.#nemesis = new Nemesis(this.#dice, faults, {
      network: this.#network,
      members: this.#members,
      join: (id) => this.#join(id),
      leader: () => this.#leader,
    });
    for (const id of this.#founders) this.#join(id);
  }

  /** How much of what it is about there was. */
  get figures() {
    return { ...this.#oracle.figures, ...this.#nemesis.figures, snapshots: this.#snapshots };
  }

  #join(id: string): void {
    const events = {
      send: (packet: Packet) => this.#network.send(packet),
      applied: (member: Member, entry: Entry) => this.#oracle.applied(member, entry),
      configured: (member: Member, conf: ConfState) => this.#oracle.configured(member, conf),
      restored: () => {
        this.#snapshots += 1;
      },
    };
    const member = new Member(id, this.#founders, { ...this.#settings, id }, events);
    this.#members.push(member);
    this.#tickers.set(member, new Ticker(this.#dice, this.#pace));
  }

  run(): void {
    for (let n = 0; n < this.#steps; n += 1) {
      this.#nemesis.strike();
      this.#advance();
    }
    this.#oracle.logs(this.#members);
    this.#settle();
  }

  #any(): Member {
    return this.#members[this.#dice(this.#members.length)]!;
  }

  #advance(): void {
    for (const member of this.#members) if (this.#tickers.get(member)!.step()) member.node?.tick();
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
    const { term, leader } = member.node?.softState ?? { term: 0, leader: NONE };
    // An error is dear to make; what is refused for other reasons is refused often enough.
    if (leader === NONE) return;
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
    while (member.pendingWrites > 0 && this.#nemesis.letsWrite(member)) {
      member.completeWrite();
      member.poll();
    }
    this.#oracle.turned(member);
  }

  /** No more faults: the cluster must find a leader and agree, within a fair number of steps. */
  #settle(): void {
    this.#nemesis.stop();
    for (const member of this.#members) if (!member.up) member.start();
    for (let n = 0; n < CALM_STEPS; n += 1) {
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
/** Within which a cluster without faults must agree. */
const CALM_STEPS = 20_000;

function describe(member: Member): string {
  const { role, term, leader, commit, applied, lastIndex } = member.node!.status;
  const { voters, votersOutgoing, learners } = member.node!.confState;
  const conf = `voters ${voters}${votersOutgoing.length > 0 ? ` and ${votersOutgoing}` : ''} learners ${learners}`;
  const peers = [...member.node!.status.peers].map(([id, peer]) => ` ${id}:${peer.state}/${peer.match}/${peer.next}`);
  return `  ${member.id}: ${role} term ${term} leader ${leader} commit ${commit} applied ${applied} last ${lastIndex} ${conf}${peers.join('')}`;
}
