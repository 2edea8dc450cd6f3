import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type ServerWritableStream, status } from '@grpc/grpc-js';
import { etcd, type Handlers } from '@keelson/protocol';
import { writeTo } from '@keelson/service';
import { CommandKind } from '../apply/command.js';
import type { Caller } from '../auth/gate.js';
import { memberId, raftId } from '../cluster/membership.js';
import { EtcdError, errors } from '../errors.js';
import type { Hasher } from '../integrity/hasher.js';
import { ETCD_VERSION } from '../version.js';
import { type DoorContext, header, toStatus } from './door.js';
import { downgrade } from './downgrade.js';

/** The database, for sizes and copies. */
export interface DatabaseFace {
  size(): { readonly total: number; readonly inUse: number };
  readonly quotaBytes: number;
  /** Makes everything applied durable. */
  commit(): Promise<void>;
  /** A durable copy of everything applied, to be removed by the caller. */
  copy(): Promise<{ readonly file: string; readonly bytes: number; remove(): Promise<void> }>;
}

const SNAPSHOT_CHUNK = 32 * 1024;

type SnapshotCall = ServerWritableStream<etcd.SnapshotRequest, Partial<etcd.SnapshotResponse>>;

/** etcd's Maintenance service. */
export function maintenanceService(
  context: DoorContext,
  dependencies: { readonly database: DatabaseFace; readonly hasher: Hasher },
): Handlers<typeof etcd.MaintenanceService> {
  const { gate, replica } = context;
  const { database, hasher } = dependencies;
  const current = () => header(context, replica.machine.mvcc.revision);
  /** For what etcd refuses in the words of its auth store. */
  const requireAdmin = (call: Caller) =>
    gate.requireAdmin(call).catch((error: unknown) => Promise.reject(plain(error)));

  return {
    async status(_, call) {
      await gate.requireAdmin(call);
      const { status: raft, machine } = replica;
      const size = database.size();
      return {
        header: current(),
        version: ETCD_VERSION,
        dbSize: size.total,
        dbSizeInUse: size.inUse,
        leader: memberId(raft.leader),
        raftIndex: raft.commit,
        raftTerm: raft.term,
        raftAppliedIndex: machine.applied,
        errors: statusErrors(context),
        isLearner: machine.membership.get(context.memberId)?.isLearner ?? false,
        storageVersion: ETCD_VERSION,
        dbSizeQuota: database.quotaBytes,
        downgradeInfo: machine.downgrade.info,
      };
    },

    async alarm(request, call) {
      const body = etcd.AlarmRequest.encode(request);
      if (request.action === etcd.AlarmRequestAlarmAction.GET) {
        await gate.requireUser(call);
        return { header: current(), alarms: replica.machine.alarms.list(request.alarm) };
      }
      // An alarm stops everyone's writes.
      await gate.requireAdmin(call);
      const { outcome } = await replica.propose<'alarm'>(CommandKind.alarm, body);
      return { header: current(), alarms: [...outcome] };
    },

    /**
     * What compactions let go is freed, and pages that are free are written again before the file grows: while serving.
     * There is nothing to stop for, and the file keeps its size.
     */
    async defragment(_, call) {
      await requireAdmin(call);
      await context.compactions.done();
      await database.commit();
      return {};
    },

    async moveLeader({ targetID }, call) {
      await gate.requireAdmin(call);
      await replica.transferLeadership(raftId(targetID));
      return {};
    },

    async hash(_, call) {
      await requireAdmin(call);
      return { header: current(), hash: (await hasher.hash(0)).hash };
    },

    async hashKV(request, call) {
      await requireAdmin(call);
      const { hash, compactRevision, hashRevision } = await hasher.hash(request.revision);
      return { header: current(), hash, compactRevision, hashRevision };
    },

    async downgrade(request, call) {
      await gate.requireAdmin(call);
      const version = await downgrade(context, request);
      return { header: current(), version };
    },

    snapshot(call) {
      const stream = call as unknown as SnapshotCall;
      requireAdmin(stream)
        .then(() => sendSnapshot(stream, database, current))
        .catch((error: unknown) => {
          if (!stream.destroyed) stream.emit('error', toStatus(context.logger)(error));
        });
    },
  };
}

/** As etcd's auth store says it where nothing translates. */
const PLAIN = new Map([
  [errors.userEmpty().details, 'auth: user name is empty'],
  [errors.userNotFound().details, 'auth: user not found'],
  [errors.permissionDenied().details, 'auth: permission denied'],
  [errors.invalidAuthToken().details, 'auth: invalid auth token'],
]);

function plain(error: unknown): unknown {
  const text = error instanceof EtcdError ? PLAIN.get(error.details) : undefined;
  return text === undefined ? error : new EtcdError(status.UNKNOWN, text);
}

function statusErrors(context: DoorContext): string[] {
  const { replica } = context;
  const found: string[] = [];
  if (!replica.hasLeader) found.push(errors.noLeader().details);
  for (const { memberID, alarm } of replica.machine.alarms.list()) {
    const name = alarm === etcd.AlarmType.NOSPACE ? 'NOSPACE' : 'CORRUPT';
    found.push(`memberID:${memberID} alarm:${name} `);
  }
  return found;
}

/** The database in chunks, then its SHA-256. */
async function sendSnapshot(
  call: SnapshotCall,
  database: DatabaseFace,
  current: () => etcd.ResponseHeader,
): Promise<void> {
  const copy = await database.copy();
  try {
    const hash = createHash('sha256');
    let remaining = copy.bytes;
    for await (const chunk of createReadStream(copy.file, { highWaterMark: SNAPSHOT_CHUNK })) {
      const blob = chunk as Buffer;
      hash.update(blob);
      remaining -= blob.length;
      await writeTo(call, { header: current(), blob, remainingBytes: remaining, version: ETCD_VERSION });
    }
    await writeTo(call, { header: current(), blob: hash.digest(), remainingBytes: 0, version: ETCD_VERSION });
    call.end();
  } finally {
    await copy.remove();
  }
}
