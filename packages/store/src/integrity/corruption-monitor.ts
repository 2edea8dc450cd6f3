import { etcd } from '@keelson/protocol';
import type { Clock, Logger, Timer } from '@keelson/service';
import { CommandKind } from '../apply/command.js';
import { raftId } from '../cluster/membership.js';
import { DamagedError } from '../errors.js';
import type { Replica } from '../replica/replica.js';
import type { Hasher, KeysHash } from './hasher.js';

/** Asks another member for its checksum. */
export interface HashLine {
  hashKeys(member: bigint, revision: number): Promise<KeysHash>;
}

export interface CorruptionOptions {
  /** Between comparisons of everything up to the latest revision; 0: none. */
  readonly checkIntervalMs: number;
  /** Between comparisons of what the last compaction left; 0: none. */
  readonly compactCheckIntervalMs: number;
}

interface Answer extends KeysHash {
  readonly member: bigint;
}

/**
 * Compares members' data, as etcd's corruption monitor does: the leader asks the others for their checksums, and a
 * member whose data differs from the majority's is named in a CORRUPT alarm, after which nothing is written any more.
 */
export class CorruptionMonitor {
  readonly #options: CorruptionOptions;
  readonly #self: bigint;
  readonly #hasher: Hasher;
  readonly #line: HashLine;
  readonly #replica: Replica;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #checking = false;

  constructor(
    options: CorruptionOptions,
    self: bigint,
    dependencies: {
      readonly hasher: Hasher;
      readonly line: HashLine;
      readonly replica: Replica;
      readonly clock: Clock;
      readonly logger: Logger;
    },
  ) {
    this.#options = options;
    this.#self = self;
    this.#hasher = dependencies.hasher;
    this.#line = dependencies.line;
    this.#replica = dependencies.replica;
    this.#clock = dependencies.clock;
    this.#logger = dependencies.logger;
  }

  start(): Timer[] {
    const { checkIntervalMs, compactCheckIntervalMs } = this.#options;
    const timers: Timer[] = [];
    if (checkIntervalMs > 0) timers.push(this.#clock.every(checkIntervalMs, () => void this.#check('latest')));
    if (compactCheckIntervalMs > 0) {
      timers.push(this.#clock.every(compactCheckIntervalMs, () => void this.#check('compacted')));
    }
    return timers;
  }

  async #check(what: 'latest' | 'compacted'): Promise<void> {
    if (this.#checking || !this.#replica.isLeader) return;
    this.#checking = true;
    try {
      await this.#compare(what);
    } catch (error) {
      this.#logger.warn({ err: error }, 'the members could not be compared');
    } finally {
      this.#checking = false;
    }
  }

  async #compare(what: 'latest' | 'compacted'): Promise<void> {
    const { mvcc } = this.#replica.machine;
    if (what === 'compacted' && mvcc.compactRevision === 0) return;
    const own = await this.#hasher.hash(what === 'compacted' ? mvcc.compactRevision : 0);
    const answers = await this.#ask(own.hashRevision);
    // Whatever they had applied is applied here after this, if this is the leader still.
    await this.#replica.linearizable();
    if (!this.#replica.isLeader) return;
    const now = this.#replica.machine.mvcc;
    const ahead = answers.filter((each) => each.revision > now.revision || each.compactRevision > now.compactRevision);
    for (const { member } of ahead) this.#alarm(member, 'it has more than its leader');
    const comparable = answers.filter((each) => each.compactRevision === own.compactRevision);
    this.#judge([{ ...own, member: this.#self }, ...comparable]);
    this.#logger.info({ revision: own.hashRevision, compared: comparable.length }, 'compared the members');
  }

  /** What most say is right. Without a majority nobody can tell who is wrong. */
  #judge(answers: readonly Answer[]): void {
    const groups = new Map<number, Answer[]>();
    for (const each of answers) groups.set(each.hash, [...(groups.get(each.hash) ?? []), each]);
    if (groups.size < 2) return;
    const size = this.#replica.machine.membership.members.length;
    const right = [...groups.values()].find((group) => group.length > size / 2);
    if (!right) this.#alarm(0n, 'the members differ, and no majority of them agrees');
    else for (const each of answers) if (!right.includes(each)) this.#alarm(each.member, 'its data differs');
  }

  #alarm(member: bigint, why: string): void {
    const { CORRUPT } = etcd.AlarmType;
    if (this.#replica.machine.alarms.has(member, CORRUPT)) return;
    this.#logger.error(
      { member: raftId(member), why },
      'found corruption: writes are refused until the alarm is disarmed',
    );
    const { ACTIVATE } = etcd.AlarmRequestAlarmAction;
    const body = etcd.AlarmRequest.encode({ action: ACTIVATE, memberID: member, alarm: CORRUPT });
    // If it does not get through, the next check finds the same.
    this.#replica.propose<'alarm'>(CommandKind.alarm, body, { author: 'system' }).catch(() => undefined);
  }

  /** Those that answer: a member that is down, or behind, says nothing about its data. */
  async #ask(revision: number): Promise<Answer[]> {
    const others = this.#replica.machine.membership.members.filter((each) => each.id !== this.#self);
    const answers = await Promise.all(
      others.map(async ({ id }) => {
        try {
          return [{ ...(await this.#line.hashKeys(id, revision)), member: id }];
        } catch (error) {
          this.#logger.debug({ err: error, member: raftId(id) }, 'a member cannot be compared');
          return [];
        }
      }),
    );
    return answers.flat();
  }

  /** Before this member serves anyone. @throws DamagedError if its data differs from the others' */
  async checkAtStart(): Promise<void> {
    const own = await this.#hasher.hash(0);
    const answers = await this.#ask(own.hashRevision);
    const comparable = answers.filter((each) => each.compactRevision === own.compactRevision);
    const different = comparable.filter((each) => each.hash !== own.hash);
    if (different.length > comparable.length - different.length) {
      throw new DamagedError(
        `found data inconsistency with peers: at revision ${own.hashRevision} this member's keys differ from those of ` +
          `${different.map((each) => raftId(each.member)).join(', ')}. Remove this member from the cluster, delete its ` +
          'data directory and add it again as a new one',
      );
    }
    this.#logger.info({ compared: comparable.length }, 'compared with the other members: no corruption');
  }
}
