import { etcd } from '@keelson/protocol';
import { CommandKind } from '../apply/command.js';
import type { DowngradeInfo } from '../apply/downgrade.js';
import { errors } from '../errors.js';
import type { DoorContext } from './door.js';

const CLUSTER_VERSION = '3.6';
/** A downgrade goes one minor version back. */
const TARGET_VERSION = '3.5';

/**
 * etcd's bookkeeping of a downgrade: whether one is under way, and to what. The data's format does not depend on it:
 * `keelson backup --format etcd` is how data gets to another version of etcd. @throws EtcdError
 */
export async function downgrade(context: DoorContext, request: etcd.DowngradeRequest): Promise<string> {
  const { VALIDATE, ENABLE, CANCEL } = etcd.DowngradeRequestDowngradeAction;
  await context.replica.linearizable();
  const { enabled } = context.replica.machine.downgrade.info;
  if (request.action === CANCEL) {
    if (!enabled) throw errors.noInflightDowngrade();
    await record(context, { enabled: false, targetVersion: '' });
    return CLUSTER_VERSION;
  }
  if (request.action !== VALIDATE && request.action !== ENABLE) throw errors.unknownMethod();
  const target = minorOf(request.version);
  if (target !== TARGET_VERSION) throw errors.invalidDowngradeTargetVersion();
  if (enabled) throw errors.downgradeInProcess();
  if (request.action === ENABLE) await record(context, { enabled: true, targetVersion: `${target}.0` });
  return CLUSTER_VERSION;
}

/** "3.5.1" or "3.5" → "3.5". */
function minorOf(version: string): string {
  const match = /^(\d+\.\d+)(\.\d+)?$/.exec(version);
  if (!match) throw errors.wrongDowngradeVersionFormat();
  return match[1]!;
}

async function record(context: DoorContext, info: DowngradeInfo): Promise<void> {
  await context.replica.propose<'downgradeInfo'>(CommandKind.downgradeInfo, Buffer.from(JSON.stringify(info)));
}
