import { type ConfState, type Entry, isJoint } from '../src/index.js';
import type { Member } from './member.js';

/**
 * Watches a cluster and fails as soon as it is not what Raft promises:
 * - election safety: at most one leader a term;
 * - state-machine safety: every member applies the same entry at an index;
 * - log matching: equal (index, term) in two logs means equal data and equal logs before;
 * - leader completeness: a new leader's log holds every entry that was applied in an earlier term;
 * - proposals: what is proposed in a term is appended in that term or never, and once, however often its message comes;
 * - reads: a ReadIndex answer is not below what was applied anywhere when the read was asked;
 * - configurations: every member that applies a change comes to the same.
 */
export class Oracle {
  readonly #leaders = new Map<number, string>();
  /** What was applied first at each index, anywhere, and the term of whoever applied it. */
  readonly #applied = new Map<number, Entry & { readonly by: number }>();
  #appliedMax = 0;
  readonly #readFloor = new Map<string, number>();
  /** The configuration that each change came to, and where each proposal is, by index. */
  readonly #confs = new Map<number, string>();
  readonly #places = new Map<string, number>();
  readonly #repeated: ReadonlySet<string>;
  readonly figures = { leaders: 0, applied: 0, reads: 0, joint: 0 };

  /** `repeated` are proposed more than once. */
  constructor(repeated: readonly string[]) {
    this.#repeated = new Set(repeated);
  }

  readAsked(context: string): void {
    this.#readFloor.set(context, this.#appliedMax);
  }

  readRefused(context: string): void {
    this.#readFloor.delete(context);
  }

  /** Every member that applies a change must come to the same configuration. */
  configured(member: Member, conf: ConfState): void {
    const index = member.applied;
    const text = JSON.stringify(conf);
    const known = this.#confs.get(index);
    if (known !== undefined && known !== text)
      fail(`configurations: the change at ${index} came to ${known} and ${text}`);
    if (known === undefined && isJoint(conf)) this.figures.joint += 1;
    this.#confs.set(index, text);
  }

  #checkOnce(entry: Entry): void {
    if (entry.type !== 'normal' || entry.data.length === 0) return;
    const data = Buffer.from(entry.data).toString();
    const place = this.#places.get(data);
    if (place !== undefined && place !== entry.index && !this.#repeated.has(data)) {
      fail(`forwarding: "${data}" was appended at ${place} and at ${entry.index}`);
    }
    this.#places.set(data, entry.index);
  }

  applied(member: Member, entry: Entry): void {
    this.#checkOnce(entry);
    const proposedIn = /@(\d+)$/.exec(Buffer.from(entry.data).toString())?.[1];
    if (proposedIn !== undefined && Number(proposedIn) !== entry.term) {
      fail(`${text(entry)} was appended in another term than it was proposed in`);
    }
    const known = this.#applied.get(entry.index);
    if (!known) {
      this.#applied.set(entry.index, { ...entry, by: member.node!.softState.term });
      this.#appliedMax = Math.max(this.#appliedMax, entry.index);
      this.figures.applied += 1;
    } else if (known.term !== entry.term || !Buffer.from(known.data).equals(entry.data)) {
      fail(`state-machine safety: index ${entry.index} was applied as ${text(known)} and as ${text(entry)}`);
    }
  }

  /** To be called after each of its turns. */
  turned(member: Member): void {
    const status = member.node?.softState;
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
      if (entry.by < term && index >= first && member.node!.term(index) !== entry.term) {
        fail(`leader completeness: ${member.id} leads term ${term} without ${text(entry)}`);
      }
    }
  }

  logs(members: readonly Member[]): void {
    for (const one of members) {
      for (const other of members) if (one.id < other.id) checkMatching(one, other);
    }
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

function text(entry: Entry): string {
  return `${entry.index}@${entry.term} "${Buffer.from(entry.data)}"`;
}

export function fail(message: string): never {
  throw new Error(message);
}
