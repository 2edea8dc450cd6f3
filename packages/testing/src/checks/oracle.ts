import { etcd } from '@keelson/protocol';
import { type Applied, type ChangeEvent, type Command, CommandKind } from '@keelson/store/internal';
import type { AppendRequest, Entry } from 'raft-ts';
import type { SimMember } from '../sim/member.js';
import type { World } from '../sim/world.js';
import { Timeline } from './timeline.js';

/**
 * Compares members with each other all the time:
 * - election safety: a term has one leader;
 * - log matching: entries of one index and term are the same and follow the same entry;
 * - leader completeness: a new leader's log reaches as far as anything that was applied;
 * - state-machine safety: what is applied at an index is the same everywhere, makes the same changes and brings the
 *   store to the same revision, also when it is applied again after a crash;
 * - revisions follow each other without gaps.
 */
export class Oracle {
  readonly #world: World;
  readonly timeline = new Timeline();
  readonly #leaders = new Map<number, string>();
  readonly #entries = new Map<string, string>();
  readonly #applied = new Map<number, string>();
  /** By lease: when the store may end it, by the world's clock. */
  readonly leaseEnds = new Map<bigint, { notBefore: number; ttlMs: number }>();
  readonly revoked = new Set<bigint>();
  appliedMax = 0;
  compacted = 0;
  readonly figures = { applied: 0, leaders: 0, snapshots: 0 };

  constructor(world: World) {
    this.#world = world;
  }

  opened(member: SimMember): void {
    const { applied, mvcc } = member.core!.replica.machine;
    this.#world.note(`${member.name} is open at entry ${applied}, revision ${mvcc.revision}`);
  }

  observe(member: SimMember): void {
    const { role, term } = member.core!.replica.state;
    if (role !== 'leader' || this.#leaders.get(term) === member.name) return;
    const known = this.#leaders.get(term);
    this.#world.require(known === undefined, () => `election safety: ${known} and ${member.name} lead term ${term}`);
    this.#leaders.set(term, member.name);
    this.figures.leaders += 1;
    this.#world.note(`${member.name} leads term ${term}`);
    const { lastIndex } = member.core!.replica.status;
    this.#world.require(
      lastIndex >= this.appliedMax,
      () => `leader completeness: ${member.name} leads with ${lastIndex} entries, but ${this.appliedMax} was applied`,
    );
  }

  appended({ from, prevIndex, prevTerm, entries }: AppendRequest): void {
    let before = `${prevIndex}@${prevTerm}`;
    for (const entry of entries) {
      const place = `${entry.index}@${entry.term}`;
      const content = `${before} ${digest(entry)}`;
      const known = this.#entries.get(place);
      this.#world.require(
        known === undefined || known === content,
        () => `log matching: ${from} sends entry ${place} as "${content}", it was "${known}"`,
      );
      this.#entries.set(place, content);
      before = place;
    }
  }

  applied(member: SimMember, index: number, command: Command, result: Applied, revision: number): void {
    const outcome = result.ok ? 'ok' : result.error.details;
    const text = `${command.kind} of ${command.origin.toString(16)}/${command.sequence}: ${outcome}, revision ${revision}`;
    const known = this.#applied.get(index);
    this.#world.require(
      known === undefined || known === text,
      () => `state-machine safety: ${member.name} applies entry ${index} as "${text}", it was "${known}"`,
    );
    if (known !== undefined) return;
    this.#applied.set(index, text);
    this.appliedMax = Math.max(this.appliedMax, index);
    this.figures.applied += 1;
    this.#world.note(`entry ${index} is applied first by ${member.name}: ${text}`);
    if (result.ok) this.#first(command);
  }

  /** What an entry means, where it is applied for the first time. */
  #first({ kind, body, author }: Command): void {
    if (kind === CommandKind.compact) this.compacted = etcd.CompactionRequest.decode(body).revision;
    if (kind !== CommandKind.leaseRevoke) return;
    const { ID } = etcd.LeaseRevokeRequest.decode(body);
    this.revoked.add(ID);
    if (author !== 'system') return;
    const lease = this.leaseEnds.get(ID);
    this.#world.require(
      lease === undefined || this.#world.now >= lease.notBefore,
      () => `lease ${ID.toString(16)} is revoked at ${this.#world.now}, but it was promised until ${lease?.notBefore}`,
    );
  }

  changed(member: SimMember, revision: number, events: readonly ChangeEvent[]): void {
    const { timeline } = this;
    this.#world.require(
      revision <= timeline.revision + 1,
      () => `${member.name} goes to revision ${revision}, but ${timeline.revision} was the last anywhere`,
    );
    if (revision === timeline.revision + 1) {
      timeline.add(events);
      return;
    }
    const known = timeline.at(revision);
    const same =
      known.length === events.length &&
      known.every((change, at) => change.deleted === events[at]!.deleted && change.kv.equals(events[at]!.kv));
    this.#world.require(same, () => `${member.name} made other changes in revision ${revision} than were made before`);
  }
}

function digest({ type, data }: Entry): string {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return `${type} ${bytes.length} ${bytes.length > 200 ? bytes.subarray(0, 200).toString('base64') : bytes.toString('base64')}`;
}
