import { etcd } from '@keelson/protocol';
import type { Clock } from '@keelson/service';
import { type ConfChange, type ConfState, decodeConfChange, type Entry } from 'raft-ts';
import { AuthStore, type TokenBook } from '../auth/auth-store.js';
import { AccessChecks } from '../auth/checks.js';
import type { Backend } from '../backend/backend.js';
import { type ClusterState, Membership, memberId, type NewMember } from '../cluster/membership.js';
import { EtcdError, errors } from '../errors.js';
import { LeaseKeys } from '../lease/lease-keys.js';
import { Lessor, type LessorOptions } from '../lease/lessor.js';
import { Meta } from '../mvcc/meta.js';
import { type ChangeEvent, type DeleteResult, Mvcc, type PutResult, type WriteTransaction } from '../mvcc/mvcc.js';
import { PrefixQuotas } from '../quota/prefix-quotas.js';
import { AT_ONCE, finish, type Pace, type Steps } from '../steps.js';
import { Alarms } from './alarms.js';
import { type AuthKind, applyAuth, isAuthKind } from './auth.js';
import { type Authorship, type Command, CommandKind, decodeCommand } from './command.js';
import { Downgrade } from './downgrade.js';
import type { TxnResult } from './results.js';
import { checkPut, isShort, runTxn } from './txn.js';

/** What applying a command came to, by its kind. */
export interface Outcomes extends Record<AuthKind, undefined> {
  readonly put: PutResult;
  readonly deleteRange: DeleteResult;
  readonly txn: TxnResult;
  readonly compact: undefined;
  readonly leaseGrant: { readonly ttl: number };
  readonly leaseRevoke: undefined;
  readonly leaseCheckpoint: undefined;
  readonly alarm: readonly etcd.AlarmMember[];
  readonly memberAttributes: undefined;
  readonly memberAdd: undefined;
  readonly memberRemove: undefined;
  readonly memberPromote: undefined;
  readonly memberUpdate: undefined;
  readonly memberReplace: undefined;
  readonly downgradeInfo: undefined;
  readonly quotaRules: undefined;
  /** The token. */
  readonly authenticate: string;
}

/** The outcome, or why it failed, at the revision that the store then had. */
export type Applied =
  | { readonly ok: true; readonly revision: number; readonly outcome: Outcomes[keyof Outcomes] }
  | { readonly ok: false; readonly error: EtcdError };

export interface MachineEvents {
  /** A command is applied; called for every member's. */
  applied(command: Command, result: Applied): void;
  changed(revision: number, events: readonly ChangeEvent[]): void;
  compacted(revision: number): void;
  /** Members came, went or moved. */
  membersChanged(membership: Membership): void;
}

/** Everything that is the same on every member: applies committed entries in order, deterministically. */
export class StateMachine {
  readonly mvcc: Mvcc;
  readonly lessor: Lessor;
  readonly membership: Membership;
  readonly alarms: Alarms;
  readonly downgrade: Downgrade;
  readonly quotas: PrefixQuotas;
  readonly auth: AuthStore;
  readonly access: AccessChecks;
  readonly #backend: Backend;
  readonly #meta: Meta;
  readonly #events: MachineEvents;
  #applied: number;
  #appliedTerm: number;
  #durable: number;
  #commits: Promise<void> = Promise.resolve();

  constructor(
    options: LessorOptions,
    dependencies: {
      readonly backend: Backend;
      readonly clock: Pick<Clock, 'monotonic'>;
      readonly tokens: TokenBook;
    },
    initial: ClusterState,
    events: MachineEvents,
  ) {
    const { backend, clock, tokens } = dependencies;
    this.#backend = backend;
    this.#events = events;
    this.#meta = new Meta(backend);
    this.mvcc = new Mvcc(backend, this.#meta);
    this.lessor = new Lessor(options, backend, clock);
    this.membership = new Membership(this.#meta, initial);
    this.alarms = new Alarms(this.#meta);
    this.downgrade = new Downgrade(this.#meta);
    this.quotas = new PrefixQuotas(this.#meta, this.mvcc);
    this.auth = new AuthStore(backend, this.#meta, tokens);
    this.access = new AccessChecks(this.auth, this.lessor);
    this.#applied = this.#meta.readNumber('applied');
    this.#appliedTerm = this.#meta.readNumber('appliedTerm');
    this.#durable = this.#applied;
  }

  get applied(): number {
    return this.#applied;
  }

  get appliedTerm(): number {
    return this.#appliedTerm;
  }

  /** Applied up to here, and on disk. */
  get durable(): number {
    return this.#durable;
  }

  get pendingBytes(): number {
    return this.#backend.pendingBytes;
  }

  get confState(): ConfState {
    return this.membership.confState;
  }

  /** Returns the change of the Raft configuration that the entry makes, if it makes one. */
  apply(entry: Entry): ConfChange | undefined {
    return finish(this.applySteps(entry, AT_ONCE));
  }

  /** The same in steps. What it changes shows at once, after the last; until then other entries have to wait. */
  *applySteps(entry: Entry, pace: Pace): Steps<ConfChange | undefined> {
    if (entry.data.length === 0) {
      this.#advance(entry);
      return undefined;
    }
    const change = entry.type === 'confChange' ? decodeConfChange(entry.data) : undefined;
    const command = decodeCommand(change ? change.context! : entry.data);
    const result = yield* this.#run(command, entry, pace);
    this.#advance(entry);
    this.#events.applied(command, result);
    // A change that the members refuse leaves the configuration as it is.
    return result.ok ? change : undefined;
  }

  #advance({ index, term }: Entry): void {
    this.#applied = index;
    this.#appliedTerm = term;
  }

  *#run(command: Command, { index }: Entry, pace: Pace): Steps<Applied> {
    try {
      const work = this.#carryOut(command, index, pace);
      const outcome = isSteps(work) ? yield* work : work;
      return { ok: true, revision: this.mvcc.revision, outcome };
    } catch (error) {
      // Only what a request may rightly meet; anything else means that the members may come to differ.
      if (error instanceof EtcdError) return { ok: false, error };
      throw error;
    }
  }

  #carryOut({ kind, body, author }: Command, index: number, pace: Pace): Work {
    if (isAuthKind(kind)) return applyAuth(this.auth, author, kind, body);
    if (this.alarms.corrupt && REFUSED_WHEN_CORRUPT.has(kind)) throw errors.corrupt();
    switch (kind) {
      case CommandKind.put:
        return this.#put(author, etcd.PutRequest.decode(body));
      case CommandKind.deleteRange:
        return this.#deleteRange(author, etcd.DeleteRangeRequest.decode(body), pace);
      case CommandKind.txn:
        return this.#txn(author, etcd.TxnRequest.decode(body), pace);
      case CommandKind.compact:
        return this.#compact(etcd.CompactionRequest.decode(body).revision);
      case CommandKind.leaseGrant:
        return this.#leaseGrant(etcd.LeaseGrantRequest.decode(body));
      case CommandKind.leaseRevoke:
        return this.#leaseRevoke(author, etcd.LeaseRevokeRequest.decode(body).ID, pace);
      case CommandKind.leaseCheckpoint:
        for (const { ID, remaining_TTL } of etcd.LeaseCheckpointRequest.decode(body).checkpoints) {
          this.lessor.checkpoint(ID, remaining_TTL);
        }
        return undefined;
      case CommandKind.alarm:
        return this.alarms.apply(etcd.AlarmRequest.decode(body));
      case CommandKind.memberAttributes:
        this.membership.setAttributes(JSON.parse(body.toString('utf8')));
        return undefined;
      case CommandKind.downgradeInfo:
        this.downgrade.set(JSON.parse(body.toString('utf8')));
        return undefined;
      case CommandKind.memberAdd:
      case CommandKind.memberRemove:
      case CommandKind.memberPromote:
      case CommandKind.memberUpdate:
      case CommandKind.memberReplace:
        return this.#changeMember(kind, JSON.parse(body.toString('utf8')));
      case CommandKind.quotaRules:
        return this.quotas.setSteps(JSON.parse(body.toString('utf8')), pace);
      case CommandKind.authenticate:
        return this.#authenticate(JSON.parse(body.toString('utf8')), index);
      default:
        throw new Error(`the log asks for command ${kind}: it was written by a newer version`);
    }
  }

  #put(author: Authorship, request: etcd.PutRequest): PutResult {
    this.access.put(author, request);
    this.#requireSpace();
    checkPut(this.mvcc, this.lessor, request);
    this.quotas.require([request]);
    const write = this.mvcc.write(this.lessor);
    const result = write.put(request);
    this.#publish(write.end());
    return result;
  }

  #deleteRange(author: Authorship, request: etcd.DeleteRangeRequest, pace: Pace): DeleteResult | Steps<DeleteResult> {
    this.access.deleteRange(author, request);
    if (request.rangeEnd.length > 0) return this.#aside((write) => write.deleteSteps(request, pace), pace);
    const write = this.mvcc.write(this.lessor);
    const result = write.deleteRange(request);
    this.#publish(write.end());
    return result;
  }

  #txn(author: Authorship, request: etcd.TxnRequest, pace: Pace): TxnResult | Steps<TxnResult> {
    this.access.txn(author, request);
    if (this.alarms.noSpace && putsAnything(request)) throw errors.noSpace();
    const { mvcc, lessor, quotas } = this;
    if (!isShort(request)) return this.#aside((write) => runTxn(mvcc, lessor, write, request, pace, quotas), pace);
    const write = mvcc.write(lessor);
    const result = finish(runTxn(mvcc, lessor, write, request, AT_ONCE, quotas));
    this.#publish(write.end());
    return result;
  }

  /** Carries out a transaction that may be large: nobody sees anything of it before it is done. */
  *#aside<T>(carryOut: (write: WriteTransaction) => Steps<T>, pace: Pace, atEnd?: () => void): Steps<T> {
    const write = this.mvcc.writeAside((map) => new LeaseKeys(map));
    const result = yield* carryOut(write);
    const tally = yield* this.quotas.tally(write.events, write.history, pace);
    const events = write.end();
    atEnd?.();
    this.quotas.add(tally);
    if (events.length > 0) this.#events.changed(this.mvcc.revision, events);
    return result;
  }

  #compact(revision: number): undefined {
    this.mvcc.compactor.schedule(revision, this.mvcc.revision);
    this.#events.compacted(revision);
    return undefined;
  }

  #leaseGrant(request: etcd.LeaseGrantRequest): { ttl: number } {
    this.#requireSpace();
    return { ttl: this.lessor.grant(request.ID, request.TTL).ttl };
  }

  #leaseRevoke(author: Authorship, id: bigint, pace: Pace): Steps<undefined> {
    this.access.leaseWrite(author, id);
    if (!this.lessor.get(id)) throw errors.leaseNotFound();
    return this.#aside(
      (write) => this.#deleteAttached(id, write, pace),
      pace,
      () => this.lessor.remove(id),
    );
  }

  *#deleteAttached(id: bigint, write: WriteTransaction, pace: Pace): Steps<undefined> {
    for (const key of yield* this.lessor.attached.keys(id, pace)) {
      write.deleteRange({ key, rangeEnd: NO_BYTES, prevKv: false });
      if (pace.spend(REVOKED_KEY_UNITS)) yield;
    }
    return undefined;
  }

  /** The token's number is that of the entry: a member that has applied it knows the token. */
  #authenticate({ user, random }: { readonly user: string; readonly random: string }, index: number): string {
    return this.auth.beginSession(user, `${random}.${index}`);
  }

  #changeMember(kind: CommandKind, change: NewMember & { readonly by: string }): undefined {
    const id = memberId(change.id);
    if (kind === CommandKind.memberAdd) this.membership.add(change);
    else if (kind === CommandKind.memberRemove) this.membership.remove(id);
    else if (kind === CommandKind.memberPromote) this.membership.promote(id);
    else if (kind === CommandKind.memberReplace) this.membership.replace(id, change.by);
    else this.membership.update(id, change.peerUrls);
    this.#events.membersChanged(this.membership);
    return undefined;
  }

  #requireSpace(): void {
    if (this.alarms.noSpace) throw errors.noSpace();
  }

  #publish(events: readonly ChangeEvent[]): void {
    if (events.length === 0) return;
    this.quotas.changed(events);
    this.#events.changed(this.mvcc.revision, events);
  }

  /** Makes what is applied durable, together with how far that is. */
  commit(): Promise<void> {
    // One after another: what a commit takes and the applied index it takes with it must belong together.
    const done = this.#commits.then(() => this.#commitNow());
    this.#commits = done.catch(() => undefined);
    return done;
  }

  async #commitNow(): Promise<void> {
    const applied = this.#applied;
    if (applied > this.#durable) {
      this.#meta.writeNumber('applied', applied);
      this.#meta.writeNumber('appliedTerm', this.#appliedTerm);
      this.mvcc.save();
      this.quotas.save();
    }
    await this.#backend.commit();
    this.#durable = Math.max(this.#durable, applied);
  }
}

const NO_BYTES = Buffer.alloc(0);
const REVOKED_KEY_UNITS = 2;

/** An outcome, or how it is come to. */
type Work = Outcomes[keyof Outcomes] | Steps<Outcomes[keyof Outcomes]>;

function isSteps(work: Work): work is Steps<Outcomes[keyof Outcomes]> {
  return typeof work === 'object' && 'next' in work;
}

/** While members differ, nothing of what they differ in is changed; reads go on. */
const REFUSED_WHEN_CORRUPT: ReadonlySet<CommandKind> = new Set([
  ...[CommandKind.put, CommandKind.deleteRange, CommandKind.txn, CommandKind.compact],
  ...[CommandKind.leaseGrant, CommandKind.leaseRevoke],
]);

function putsAnything(request: etcd.TxnRequest): boolean {
  return [...request.success, ...request.failure].some(
    (op) => op.requestPut !== undefined || (op.requestTxn !== undefined && putsAnything(op.requestTxn)),
  );
}
