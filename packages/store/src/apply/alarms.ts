import { etcd } from '@keelson/protocol';
import type { Meta } from '../mvcc/meta.js';

interface StoredAlarm {
  readonly member: string;
  readonly alarm: etcd.AlarmType;
}

/** Raised alarms: by member and kind. */
export class Alarms {
  readonly #meta: Meta;
  #raised: readonly StoredAlarm[];

  constructor(meta: Meta) {
    this.#meta = meta;
    this.#raised = meta.readJson<StoredAlarm[]>('alarms') ?? [];
  }

  /** Some member is out of space: nothing that takes space is accepted. */
  get noSpace(): boolean {
    return this.#raised.some((each) => each.alarm === etcd.AlarmType.NOSPACE);
  }

  /** Some member's data differs from the others'. */
  get corrupt(): boolean {
    return this.#raised.some((each) => each.alarm === etcd.AlarmType.CORRUPT);
  }

  list(alarm: etcd.AlarmType = etcd.AlarmType.NONE): etcd.AlarmMember[] {
    return this.#raised.filter((each) => isOf(each, alarm)).map(toMember);
  }

  has(member: bigint, alarm: etcd.AlarmType): boolean {
    return this.#raised.some((each) => each.member === member.toString(16) && each.alarm === alarm);
  }

  /** Answers with the alarms that the request asks for, raises or ends. */
  apply(request: etcd.AlarmRequest): etcd.AlarmMember[] {
    const { GET, ACTIVATE } = etcd.AlarmRequestAlarmAction;
    if (request.action === GET) return this.list(request.alarm);
    const wanted: StoredAlarm = { member: request.memberID.toString(16), alarm: request.alarm };
    if (request.action === ACTIVATE) return this.#activate(wanted);
    return this.#deactivate(wanted);
  }

  #activate(wanted: StoredAlarm): etcd.AlarmMember[] {
    if (wanted.alarm === etcd.AlarmType.NONE) return [];
    if (!this.#raised.some((each) => same(each, wanted))) this.#store([...this.#raised, wanted]);
    return [toMember(wanted)];
  }

  #deactivate(wanted: StoredAlarm): etcd.AlarmMember[] {
    if (!this.#raised.some((each) => same(each, wanted))) return [];
    this.#store(this.#raised.filter((each) => !same(each, wanted)));
    return [toMember(wanted)];
  }

  #store(alarms: readonly StoredAlarm[]): void {
    this.#raised = alarms;
    this.#meta.writeJson('alarms', alarms);
  }
}

function isOf(each: StoredAlarm, alarm: etcd.AlarmType): boolean {
  return alarm === etcd.AlarmType.NONE || each.alarm === alarm;
}

function same(a: StoredAlarm, b: StoredAlarm): boolean {
  return a.member === b.member && a.alarm === b.alarm;
}

function toMember(each: StoredAlarm): etcd.AlarmMember {
  return { memberID: BigInt(`0x${each.member}`), alarm: each.alarm };
}
