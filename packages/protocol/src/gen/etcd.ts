// Generated from proto/etcd by scripts/generate-protocol.mjs. Do not edit.
import { EMPTY, readBigInt64, readBigUint64, readBytes, readInt64, readUint64, writeBigInt, codec, method, type Codec, type Init, type Reader, type Writer } from '../codec.js';

export const PermissionType = {
  READ: 0,
  WRITE: 1,
  READWRITE: 2,
} as const;
export type PermissionType = (typeof PermissionType)[keyof typeof PermissionType];

export const RangeRequestSortOrder = {
  NONE: 0,
  ASCEND: 1,
  DESCEND: 2,
} as const;
export type RangeRequestSortOrder = (typeof RangeRequestSortOrder)[keyof typeof RangeRequestSortOrder];

export const RangeRequestSortTarget = {
  KEY: 0,
  VERSION: 1,
  CREATE: 2,
  MOD: 3,
  VALUE: 4,
} as const;
export type RangeRequestSortTarget = (typeof RangeRequestSortTarget)[keyof typeof RangeRequestSortTarget];

export const CompareResult = {
  EQUAL: 0,
  GREATER: 1,
  LESS: 2,
  NOT_EQUAL: 3,
} as const;
export type CompareResult = (typeof CompareResult)[keyof typeof CompareResult];

export const CompareTarget = {
  VERSION: 0,
  CREATE: 1,
  MOD: 2,
  VALUE: 3,
  LEASE: 4,
} as const;
export type CompareTarget = (typeof CompareTarget)[keyof typeof CompareTarget];

export const WatchCreateRequestFilterType = {
  NOPUT: 0,
  NODELETE: 1,
} as const;
export type WatchCreateRequestFilterType = (typeof WatchCreateRequestFilterType)[keyof typeof WatchCreateRequestFilterType];

export const AlarmType = {
  NONE: 0,
  NOSPACE: 1,
  CORRUPT: 2,
} as const;
export type AlarmType = (typeof AlarmType)[keyof typeof AlarmType];

export const AlarmRequestAlarmAction = {
  GET: 0,
  ACTIVATE: 1,
  DEACTIVATE: 2,
} as const;
export type AlarmRequestAlarmAction = (typeof AlarmRequestAlarmAction)[keyof typeof AlarmRequestAlarmAction];

export const DowngradeRequestDowngradeAction = {
  VALIDATE: 0,
  ENABLE: 1,
  CANCEL: 2,
} as const;
export type DowngradeRequestDowngradeAction = (typeof DowngradeRequestDowngradeAction)[keyof typeof DowngradeRequestDowngradeAction];

export const EventType = {
  PUT: 0,
  DELETE: 1,
} as const;
export type EventType = (typeof EventType)[keyof typeof EventType];

export interface UserAddOptions {
  noPassword: boolean;
}

export function encodeUserAddOptions(m: Init<UserAddOptions>, w: Writer): Writer {
  if (m.noPassword !== undefined && m.noPassword) w.uint32(8).bool(m.noPassword);
  return w;
}

export function decodeUserAddOptions(r: Reader, end: number): UserAddOptions {
  const m: UserAddOptions = {
    noPassword: false,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.noPassword = r.bool();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const UserAddOptions: Codec<UserAddOptions> = codec(encodeUserAddOptions, decodeUserAddOptions);

export interface User {
  name: Buffer;
  password: Buffer;
  roles: string[];
  options: UserAddOptions | undefined;
}

export function encodeUser(m: Init<User>, w: Writer): Writer {
  if (m.name !== undefined && m.name.length > 0) w.uint32(10).bytes(m.name);
  if (m.password !== undefined && m.password.length > 0) w.uint32(18).bytes(m.password);
  if (m.roles !== undefined) for (const item of m.roles) w.uint32(26).string(item);
  if (m.options !== undefined) encodeUserAddOptions(m.options, w.uint32(34).fork()).ldelim();
  return w;
}

export function decodeUser(r: Reader, end: number): User {
  const m: User = {
    name: EMPTY,
    password: EMPTY,
    roles: [],
    options: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.name = readBytes(r);
        break;
      case 2:
        m.password = readBytes(r);
        break;
      case 3:
        m.roles.push(r.string());
        break;
      case 4:
        m.options = decodeUserAddOptions(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const User: Codec<User> = codec(encodeUser, decodeUser);

export interface Permission {
  permType: PermissionType;
  key: Buffer;
  rangeEnd: Buffer;
}

export function encodePermission(m: Init<Permission>, w: Writer): Writer {
  if (m.permType !== undefined && m.permType !== 0) w.uint32(8).int32(m.permType);
  if (m.key !== undefined && m.key.length > 0) w.uint32(18).bytes(m.key);
  if (m.rangeEnd !== undefined && m.rangeEnd.length > 0) w.uint32(26).bytes(m.rangeEnd);
  return w;
}

export function decodePermission(r: Reader, end: number): Permission {
  const m: Permission = {
    permType: PermissionType.READ,
    key: EMPTY,
    rangeEnd: EMPTY,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.permType = r.int32() as PermissionType;
        break;
      case 2:
        m.key = readBytes(r);
        break;
      case 3:
        m.rangeEnd = readBytes(r);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const Permission: Codec<Permission> = codec(encodePermission, decodePermission);

export interface Role {
  name: Buffer;
  keyPermission: Permission[];
}

export function encodeRole(m: Init<Role>, w: Writer): Writer {
  if (m.name !== undefined && m.name.length > 0) w.uint32(10).bytes(m.name);
  if (m.keyPermission !== undefined) for (const item of m.keyPermission) encodePermission(item, w.uint32(18).fork()).ldelim();
  return w;
}

export function decodeRole(r: Reader, end: number): Role {
  const m: Role = {
    name: EMPTY,
    keyPermission: [],
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.name = readBytes(r);
        break;
      case 2:
        m.keyPermission.push(decodePermission(r, r.uint32() + r.pos));
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const Role: Codec<Role> = codec(encodeRole, decodeRole);

export interface CampaignRequest {
  name: Buffer;
  lease: bigint;
  value: Buffer;
}

export function encodeCampaignRequest(m: Init<CampaignRequest>, w: Writer): Writer {
  if (m.name !== undefined && m.name.length > 0) w.uint32(10).bytes(m.name);
  if (m.lease !== undefined && m.lease !== 0n) w.uint32(16).int64(writeBigInt(m.lease));
  if (m.value !== undefined && m.value.length > 0) w.uint32(26).bytes(m.value);
  return w;
}

export function decodeCampaignRequest(r: Reader, end: number): CampaignRequest {
  const m: CampaignRequest = {
    name: EMPTY,
    lease: 0n,
    value: EMPTY,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.name = readBytes(r);
        break;
      case 2:
        m.lease = readBigInt64(r);
        break;
      case 3:
        m.value = readBytes(r);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const CampaignRequest: Codec<CampaignRequest> = codec(encodeCampaignRequest, decodeCampaignRequest);

export interface CampaignResponse {
  header: ResponseHeader | undefined;
  leader: LeaderKey | undefined;
}

export function encodeCampaignResponse(m: Init<CampaignResponse>, w: Writer): Writer {
  if (m.header !== undefined) encodeResponseHeader(m.header, w.uint32(10).fork()).ldelim();
  if (m.leader !== undefined) encodeLeaderKey(m.leader, w.uint32(18).fork()).ldelim();
  return w;
}

export function decodeCampaignResponse(r: Reader, end: number): CampaignResponse {
  const m: CampaignResponse = {
    header: undefined,
    leader: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.header = decodeResponseHeader(r, r.uint32() + r.pos);
        break;
      case 2:
        m.leader = decodeLeaderKey(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const CampaignResponse: Codec<CampaignResponse> = codec(encodeCampaignResponse, decodeCampaignResponse);

export interface LeaderKey {
  name: Buffer;
  key: Buffer;
  rev: number;
  lease: bigint;
}

export function encodeLeaderKey(m: Init<LeaderKey>, w: Writer): Writer {
  if (m.name !== undefined && m.name.length > 0) w.uint32(10).bytes(m.name);
  if (m.key !== undefined && m.key.length > 0) w.uint32(18).bytes(m.key);
  if (m.rev !== undefined && m.rev !== 0) w.uint32(24).int64(m.rev);
  if (m.lease !== undefined && m.lease !== 0n) w.uint32(32).int64(writeBigInt(m.lease));
  return w;
}

export function decodeLeaderKey(r: Reader, end: number): LeaderKey {
  const m: LeaderKey = {
    name: EMPTY,
    key: EMPTY,
    rev: 0,
    lease: 0n,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.name = readBytes(r);
        break;
      case 2:
        m.key = readBytes(r);
        break;
      case 3:
        m.rev = readInt64(r);
        break;
      case 4:
        m.lease = readBigInt64(r);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const LeaderKey: Codec<LeaderKey> = codec(encodeLeaderKey, decodeLeaderKey);

export interface LeaderRequest {
  name: Buffer;
}

export function encodeLeaderRequest(m: Init<LeaderRequest>, w: Writer): Writer {
  if (m.name !== undefined && m.name.length > 0) w.uint32(10).bytes(m.name);
  return w;
}

export function decodeLeaderRequest(r: Reader, end: number): LeaderRequest {
  const m: LeaderRequest = {
    name: EMPTY,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.name = readBytes(r);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const LeaderRequest: Codec<LeaderRequest> = codec(encodeLeaderRequest, decodeLeaderRequest);

export interface LeaderResponse {
  header: ResponseHeader | undefined;
  kv: KeyValue | undefined;
}

export function encodeLeaderResponse(m: Init<LeaderResponse>, w: Writer): Writer {
  if (m.header !== undefined) encodeResponseHeader(m.header, w.uint32(10).fork()).ldelim();
  if (m.kv !== undefined) encodeKeyValue(m.kv, w.uint32(18).fork()).ldelim();
  return w;
}

export function decodeLeaderResponse(r: Reader, end: number): LeaderResponse {
  const m: LeaderResponse = {
    header: undefined,
    kv: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.header = decodeResponseHeader(r, r.uint32() + r.pos);
        break;
      case 2:
        m.kv = decodeKeyValue(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const LeaderResponse: Codec<LeaderResponse> = codec(encodeLeaderResponse, decodeLeaderResponse);

export interface ResignRequest {
  leader: LeaderKey | undefined;
}

export function encodeResignRequest(m: Init<ResignRequest>, w: Writer): Writer {
  if (m.leader !== undefined) encodeLeaderKey(m.leader, w.uint32(10).fork()).ldelim();
  return w;
}

export function decodeResignRequest(r: Reader, end: number): ResignRequest {
  const m: ResignRequest = {
    leader: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.leader = decodeLeaderKey(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const ResignRequest: Codec<ResignRequest> = codec(encodeResignRequest, decodeResignRequest);

export interface ResignResponse {
  header: ResponseHeader | undefined;
}

export function encodeResignResponse(m: Init<ResignResponse>, w: Writer): Writer {
  if (m.header !== undefined) encodeResponseHeader(m.header, w.uint32(10).fork()).ldelim();
  return w;
}

export function decodeResignResponse(r: Reader, end: number): ResignResponse {
  const m: ResignResponse = {
    header: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.header = decodeResponseHeader(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const ResignResponse: Codec<ResignResponse> = codec(encodeResignResponse, decodeResignResponse);

export interface ProclaimRequest {
  leader: LeaderKey | undefined;
  value: Buffer;
}

export function encodeProclaimRequest(m: Init<ProclaimRequest>, w: Writer): Writer {
  if (m.leader !== undefined) encodeLeaderKey(m.leader, w.uint32(10).fork()).ldelim();
  if (m.value !== undefined && m.value.length > 0) w.uint32(18).bytes(m.value);
  return w;
}

export function decodeProclaimRequest(r: Reader, end: number): ProclaimRequest {
  const m: ProclaimRequest = {
    leader: undefined,
    value: EMPTY,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.leader = decodeLeaderKey(r, r.uint32() + r.pos);
        break;
      case 2:
        m.value = readBytes(r);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const ProclaimRequest: Codec<ProclaimRequest> = codec(encodeProclaimRequest, decodeProclaimRequest);

export interface ProclaimResponse {
  header: ResponseHeader | undefined;
}

export function encodeProclaimResponse(m: Init<ProclaimResponse>, w: Writer): Writer {
  if (m.header !== undefined) encodeResponseHeader(m.header, w.uint32(10).fork()).ldelim();
  return w;
}

export function decodeProclaimResponse(r: Reader, end: number): ProclaimResponse {
  const m: ProclaimResponse = {
    header: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.header = decodeResponseHeader(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const ProclaimResponse: Codec<ProclaimResponse> = codec(encodeProclaimResponse, decodeProclaimResponse);

export interface ResponseHeader {
  clusterId: bigint;
  memberId: bigint;
  revision: number;
  raftTerm: number;
}

export function encodeResponseHeader(m: Init<ResponseHeader>, w: Writer): Writer {
  if (m.clusterId !== undefined && m.clusterId !== 0n) w.uint32(8).uint64(writeBigInt(m.clusterId));
  if (m.memberId !== undefined && m.memberId !== 0n) w.uint32(16).uint64(writeBigInt(m.memberId));
  if (m.revision !== undefined && m.revision !== 0) w.uint32(24).int64(m.revision);
  if (m.raftTerm !== undefined && m.raftTerm !== 0) w.uint32(32).uint64(m.raftTerm);
  return w;
}

export function decodeResponseHeader(r: Reader, end: number): ResponseHeader {
  const m: ResponseHeader = {
    clusterId: 0n,
    memberId: 0n,
    revision: 0,
    raftTerm: 0,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.clusterId = readBigUint64(r);
        break;
      case 2:
        m.memberId = readBigUint64(r);
        break;
      case 3:
        m.revision = readInt64(r);
        break;
      case 4:
        m.raftTerm = readUint64(r);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const ResponseHeader: Codec<ResponseHeader> = codec(encodeResponseHeader, decodeResponseHeader);

export interface RangeRequest {
  key: Buffer;
  rangeEnd: Buffer;
  limit: number;
  revision: number;
  sortOrder: RangeRequestSortOrder;
  sortTarget: RangeRequestSortTarget;
  serializable: boolean;
  keysOnly: boolean;
  countOnly: boolean;
  minModRevision: number;
  maxModRevision: number;
  minCreateRevision: number;
  maxCreateRevision: number;
}

export function encodeRangeRequest(m: Init<RangeRequest>, w: Writer): Writer {
  if (m.key !== undefined && m.key.length > 0) w.uint32(10).bytes(m.key);
  if (m.rangeEnd !== undefined && m.rangeEnd.length > 0) w.uint32(18).bytes(m.rangeEnd);
  if (m.limit !== undefined && m.limit !== 0) w.uint32(24).int64(m.limit);
  if (m.revision !== undefined && m.revision !== 0) w.uint32(32).int64(m.revision);
  if (m.sortOrder !== undefined && m.sortOrder !== 0) w.uint32(40).int32(m.sortOrder);
  if (m.sortTarget !== undefined && m.sortTarget !== 0) w.uint32(48).int32(m.sortTarget);
  if (m.serializable !== undefined && m.serializable) w.uint32(56).bool(m.serializable);
  if (m.keysOnly !== undefined && m.keysOnly) w.uint32(64).bool(m.keysOnly);
  if (m.countOnly !== undefined && m.countOnly) w.uint32(72).bool(m.countOnly);
  if (m.minModRevision !== undefined && m.minModRevision !== 0) w.uint32(80).int64(m.minModRevision);
  if (m.maxModRevision !== undefined && m.maxModRevision !== 0) w.uint32(88).int64(m.maxModRevision);
  if (m.minCreateRevision !== undefined && m.minCreateRevision !== 0) w.uint32(96).int64(m.minCreateRevision);
  if (m.maxCreateRevision !== undefined && m.maxCreateRevision !== 0) w.uint32(104).int64(m.maxCreateRevision);
  return w;
}

export function decodeRangeRequest(r: Reader, end: number): RangeRequest {
  const m: RangeRequest = {
    key: EMPTY,
    rangeEnd: EMPTY,
    limit: 0,
    revision: 0,
    sortOrder: RangeRequestSortOrder.NONE,
    sortTarget: RangeRequestSortTarget.KEY,
    serializable: false,
    keysOnly: false,
    countOnly: false,
    minModRevision: 0,
    maxModRevision: 0,
    minCreateRevision: 0,
    maxCreateRevision: 0,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.key = readBytes(r);
        break;
      case 2:
        m.rangeEnd = readBytes(r);
        break;
      case 3:
        m.limit = readInt64(r);
        break;
      case 4:
        m.revision = readInt64(r);
        break;
      case 5:
        m.sortOrder = r.int32() as RangeRequestSortOrder;
        break;
      case 6:
        m.sortTarget = r.int32() as RangeRequestSortTarget;
        break;
      case 7:
        m.serializable = r.bool();
        break;
      case 8:
        m.keysOnly = r.bool();
        break;
      case 9:
        m.countOnly = r.bool();
        break;
      case 10:
        m.minModRevision = readInt64(r);
        break;
      case 11:
        m.maxModRevision = readInt64(r);
        break;
      case 12:
        m.minCreateRevision = readInt64(r);
        break;
      case 13:
        m.maxCreateRevision = readInt64(r);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const RangeRequest: Codec<RangeRequest> = codec(encodeRangeRequest, decodeRangeRequest);

export interface RangeResponse {
  header: ResponseHeader | undefined;
  kvs: KeyValue[];
  more: boolean;
  count: number;
}

export function encodeRangeResponse(m: Init<RangeResponse>, w: Writer): Writer {
  if (m.header !== undefined) encodeResponseHeader(m.header, w.uint32(10).fork()).ldelim();
  if (m.kvs !== undefined) for (const item of m.kvs) encodeKeyValue(item, w.uint32(18).fork()).ldelim();
  if (m.more !== undefined && m.more) w.uint32(24).bool(m.more);
  if (m.count !== undefined && m.count !== 0) w.uint32(32).int64(m.count);
  return w;
}

export function decodeRangeResponse(r: Reader, end: number): RangeResponse {
  const m: RangeResponse = {
    header: undefined,
    kvs: [],
    more: false,
    count: 0,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.header = decodeResponseHeader(r, r.uint32() + r.pos);
        break;
      case 2:
        m.kvs.push(decodeKeyValue(r, r.uint32() + r.pos));
        break;
      case 3:
        m.more = r.bool();
        break;
      case 4:
        m.count = readInt64(r);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const RangeResponse: Codec<RangeResponse> = codec(encodeRangeResponse, decodeRangeResponse);

export interface PutRequest {
  key: Buffer;
  value: Buffer;
  lease: bigint;
  prevKv: boolean;
  ignoreValue: boolean;
  ignoreLease: boolean;
}

export function encodePutRequest(m: Init<PutRequest>, w: Writer): Writer {
  if (m.key !== undefined && m.key.length > 0) w.uint32(10).bytes(m.key);
  if (m.value !== undefined && m.value.length > 0) w.uint32(18).bytes(m.value);
  if (m.lease !== undefined && m.lease !== 0n) w.uint32(24).int64(writeBigInt(m.lease));
  if (m.prevKv !== undefined && m.prevKv) w.uint32(32).bool(m.prevKv);
  if (m.ignoreValue !== undefined && m.ignoreValue) w.uint32(40).bool(m.ignoreValue);
  if (m.ignoreLease !== undefined && m.ignoreLease) w.uint32(48).bool(m.ignoreLease);
  return w;
}

export function decodePutRequest(r: Reader, end: number): PutRequest {
  const m: PutRequest = {
    key: EMPTY,
    value: EMPTY,
    lease: 0n,
    prevKv: false,
    ignoreValue: false,
    ignoreLease: false,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.key = readBytes(r);
        break;
      case 2:
        m.value = readBytes(r);
        break;
      case 3:
        m.lease = readBigInt64(r);
        break;
      case 4:
        m.prevKv = r.bool();
        break;
      case 5:
        m.ignoreValue = r.bool();
        break;
      case 6:
        m.ignoreLease = r.bool();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const PutRequest: Codec<PutRequest> = codec(encodePutRequest, decodePutRequest);

export interface PutResponse {
  header: ResponseHeader | undefined;
  prevKv: KeyValue | undefined;
}

export function encodePutResponse(m: Init<PutResponse>, w: Writer): Writer {
  if (m.header !== undefined) encodeResponseHeader(m.header, w.uint32(10).fork()).ldelim();
  if (m.prevKv !== undefined) encodeKeyValue(m.prevKv, w.uint32(18).fork()).ldelim();
  return w;
}

export function decodePutResponse(r: Reader, end: number): PutResponse {
  const m: PutResponse = {
    header: undefined,
    prevKv: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.header = decodeResponseHeader(r, r.uint32() + r.pos);
        break;
      case 2:
        m.prevKv = decodeKeyValue(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const PutResponse: Codec<PutResponse> = codec(encodePutResponse, decodePutResponse);

export interface DeleteRangeRequest {
  key: Buffer;
  rangeEnd: Buffer;
  prevKv: boolean;
}

export function encodeDeleteRangeRequest(m: Init<DeleteRangeRequest>, w: Writer): Writer {
  if (m.key !== undefined && m.key.length > 0) w.uint32(10).bytes(m.key);
  if (m.rangeEnd !== undefined && m.rangeEnd.length > 0) w.uint32(18).bytes(m.rangeEnd);
  if (m.prevKv !== undefined && m.prevKv) w.uint32(24).bool(m.prevKv);
  return w;
}

export function decodeDeleteRangeRequest(r: Reader, end: number): DeleteRangeRequest {
  const m: DeleteRangeRequest = {
    key: EMPTY,
    rangeEnd: EMPTY,
    prevKv: false,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.key = readBytes(r);
        break;
      case 2:
        m.rangeEnd = readBytes(r);
        break;
      case 3:
        m.prevKv = r.bool();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const DeleteRangeRequest: Codec<DeleteRangeRequest> = codec(encodeDeleteRangeRequest, decodeDeleteRangeRequest);

export interface DeleteRangeResponse {
  header: ResponseHeader | undefined;
  deleted: number;
  prevKvs: KeyValue[];
}

export function encodeDeleteRangeResponse(m: Init<DeleteRangeResponse>, w: Writer): Writer {
  if (m.header !== undefined) encodeResponseHeader(m.header, w.uint32(10).fork()).ldelim();
  if (m.deleted !== undefined && m.deleted !== 0) w.uint32(16).int64(m.deleted);
  if (m.prevKvs !== undefined) for (const item of m.prevKvs) encodeKeyValue(item, w.uint32(26).fork()).ldelim();
  return w;
}

export function decodeDeleteRangeResponse(r: Reader, end: number): DeleteRangeResponse {
  const m: DeleteRangeResponse = {
    header: undefined,
    deleted: 0,
    prevKvs: [],
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.header = decodeResponseHeader(r, r.uint32() + r.pos);
        break;
      case 2:
        m.deleted = readInt64(r);
        break;
      case 3:
        m.prevKvs.push(decodeKeyValue(r, r.uint32() + r.pos));
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const DeleteRangeResponse: Codec<DeleteRangeResponse> = codec(encodeDeleteRangeResponse, decodeDeleteRangeResponse);

export interface RequestOp {
  requestRange: RangeRequest | undefined;
  requestPut: PutRequest | undefined;
  requestDeleteRange: DeleteRangeRequest | undefined;
  requestTxn: TxnRequest | undefined;
}

export function encodeRequestOp(m: Init<RequestOp>, w: Writer): Writer {
  if (m.requestRange !== undefined) encodeRangeRequest(m.requestRange, w.uint32(10).fork()).ldelim();
  if (m.requestPut !== undefined) encodePutRequest(m.requestPut, w.uint32(18).fork()).ldelim();
  if (m.requestDeleteRange !== undefined) encodeDeleteRangeRequest(m.requestDeleteRange, w.uint32(26).fork()).ldelim();
  if (m.requestTxn !== undefined) encodeTxnRequest(m.requestTxn, w.uint32(34).fork()).ldelim();
  return w;
}

export function decodeRequestOp(r: Reader, end: number): RequestOp {
  const m: RequestOp = {
    requestRange: undefined,
    requestPut: undefined,
    requestDeleteRange: undefined,
    requestTxn: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.requestRange = decodeRangeRequest(r, r.uint32() + r.pos);
        break;
      case 2:
        m.requestPut = decodePutRequest(r, r.uint32() + r.pos);
        break;
      case 3:
        m.requestDeleteRange = decodeDeleteRangeRequest(r, r.uint32() + r.pos);
        break;
      case 4:
        m.requestTxn = decodeTxnRequest(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const RequestOp: Codec<RequestOp> = codec(encodeRequestOp, decodeRequestOp);

export interface ResponseOp {
  responseRange: RangeResponse | undefined;
  responsePut: PutResponse | undefined;
  responseDeleteRange: DeleteRangeResponse | undefined;
  responseTxn: TxnResponse | undefined;
}

export function encodeResponseOp(m: Init<ResponseOp>, w: Writer): Writer {
  if (m.responseRange !== undefined) encodeRangeResponse(m.responseRange, w.uint32(10).fork()).ldelim();
  if (m.responsePut !== undefined) encodePutResponse(m.responsePut, w.uint32(18).fork()).ldelim();
  if (m.responseDeleteRange !== undefined) encodeDeleteRangeResponse(m.responseDeleteRange, w.uint32(26).fork()).ldelim();
  if (m.responseTxn !== undefined) encodeTxnResponse(m.responseTxn, w.uint32(34).fork()).ldelim();
  return w;
}

export function decodeResponseOp(r: Reader, end: number): ResponseOp {
  const m: ResponseOp = {
    responseRange: undefined,
    responsePut: undefined,
    responseDeleteRange: undefined,
    responseTxn: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.responseRange = decodeRangeResponse(r, r.uint32() + r.pos);
        break;
      case 2:
        m.responsePut = decodePutResponse(r, r.uint32() + r.pos);
        break;
      case 3:
        m.responseDeleteRange = decodeDeleteRangeResponse(r, r.uint32() + r.pos);
        break;
      case 4:
        m.responseTxn = decodeTxnResponse(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const ResponseOp: Codec<ResponseOp> = codec(encodeResponseOp, decodeResponseOp);

export interface Compare {
  result: CompareResult;
  target: CompareTarget;
  key: Buffer;
  version: number | undefined;
  createRevision: number | undefined;
  modRevision: number | undefined;
  value: Buffer | undefined;
  lease: bigint | undefined;
  rangeEnd: Buffer;
}

export function encodeCompare(m: Init<Compare>, w: Writer): Writer {
  if (m.result !== undefined && m.result !== 0) w.uint32(8).int32(m.result);
  if (m.target !== undefined && m.target !== 0) w.uint32(16).int32(m.target);
  if (m.key !== undefined && m.key.length > 0) w.uint32(26).bytes(m.key);
  if (m.version !== undefined) w.uint32(32).int64(m.version);
  if (m.createRevision !== undefined) w.uint32(40).int64(m.createRevision);
  if (m.modRevision !== undefined) w.uint32(48).int64(m.modRevision);
  if (m.value !== undefined) w.uint32(58).bytes(m.value);
  if (m.lease !== undefined) w.uint32(64).int64(writeBigInt(m.lease));
  if (m.rangeEnd !== undefined && m.rangeEnd.length > 0) w.uint32(514).bytes(m.rangeEnd);
  return w;
}

export function decodeCompare(r: Reader, end: number): Compare {
  const m: Compare = {
    result: CompareResult.EQUAL,
    target: CompareTarget.VERSION,
    key: EMPTY,
    version: undefined,
    createRevision: undefined,
    modRevision: undefined,
    value: undefined,
    lease: undefined,
    rangeEnd: EMPTY,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.result = r.int32() as CompareResult;
        break;
      case 2:
        m.target = r.int32() as CompareTarget;
        break;
      case 3:
        m.key = readBytes(r);
        break;
      case 4:
        m.version = readInt64(r);
        break;
      case 5:
        m.createRevision = readInt64(r);
        break;
      case 6:
        m.modRevision = readInt64(r);
        break;
      case 7:
        m.value = readBytes(r);
        break;
      case 8:
        m.lease = readBigInt64(r);
        break;
      case 64:
        m.rangeEnd = readBytes(r);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const Compare: Codec<Compare> = codec(encodeCompare, decodeCompare);

export interface TxnRequest {
  compare: Compare[];
  success: RequestOp[];
  failure: RequestOp[];
}

export function encodeTxnRequest(m: Init<TxnRequest>, w: Writer): Writer {
  if (m.compare !== undefined) for (const item of m.compare) encodeCompare(item, w.uint32(10).fork()).ldelim();
  if (m.success !== undefined) for (const item of m.success) encodeRequestOp(item, w.uint32(18).fork()).ldelim();
  if (m.failure !== undefined) for (const item of m.failure) encodeRequestOp(item, w.uint32(26).fork()).ldelim();
  return w;
}

export function decodeTxnRequest(r: Reader, end: number): TxnRequest {
  const m: TxnRequest = {
    compare: [],
    success: [],
    failure: [],
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.compare.push(decodeCompare(r, r.uint32() + r.pos));
        break;
      case 2:
        m.success.push(decodeRequestOp(r, r.uint32() + r.pos));
        break;
      case 3:
        m.failure.push(decodeRequestOp(r, r.uint32() + r.pos));
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const TxnRequest: Codec<TxnRequest> = codec(encodeTxnRequest, decodeTxnRequest);

export interface TxnResponse {
  header: ResponseHeader | undefined;
  succeeded: boolean;
  responses: ResponseOp[];
}

export function encodeTxnResponse(m: Init<TxnResponse>, w: Writer): Writer {
  if (m.header !== undefined) encodeResponseHeader(m.header, w.uint32(10).fork()).ldelim();
  if (m.succeeded !== undefined && m.succeeded) w.uint32(16).bool(m.succeeded);
  if (m.responses !== undefined) for (const item of m.responses) encodeResponseOp(item, w.uint32(26).fork()).ldelim();
  return w;
}

export function decodeTxnResponse(r: Reader, end: number): TxnResponse {
  const m: TxnResponse = {
    header: undefined,
    succeeded: false,
    responses: [],
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.header = decodeResponseHeader(r, r.uint32() + r.pos);
        break;
      case 2:
        m.succeeded = r.bool();
        break;
      case 3:
        m.responses.push(decodeResponseOp(r, r.uint32() + r.pos));
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const TxnResponse: Codec<TxnResponse> = codec(encodeTxnResponse, decodeTxnResponse);

export interface CompactionRequest {
  revision: number;
  physical: boolean;
}

export function encodeCompactionRequest(m: Init<CompactionRequest>, w: Writer): Writer {
  if (m.revision !== undefined && m.revision !== 0) w.uint32(8).int64(m.revision);
  if (m.physical !== undefined && m.physical) w.uint32(16).bool(m.physical);
  return w;
}

export function decodeCompactionRequest(r: Reader, end: number): CompactionRequest {
  const m: CompactionRequest = {
    revision: 0,
    physical: false,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.revision = readInt64(r);
        break;
      case 2:
        m.physical = r.bool();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const CompactionRequest: Codec<CompactionRequest> = codec(encodeCompactionRequest, decodeCompactionRequest);

export interface CompactionResponse {
  header: ResponseHeader | undefined;
}

export function encodeCompactionResponse(m: Init<CompactionResponse>, w: Writer): Writer {
  if (m.header !== undefined) encodeResponseHeader(m.header, w.uint32(10).fork()).ldelim();
  return w;
}

export function decodeCompactionResponse(r: Reader, end: number): CompactionResponse {
  const m: CompactionResponse = {
    header: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.header = decodeResponseHeader(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const CompactionResponse: Codec<CompactionResponse> = codec(encodeCompactionResponse, decodeCompactionResponse);

export interface HashRequest {

}

export function encodeHashRequest(_m: Init<HashRequest>, w: Writer): Writer {

  return w;
}

export function decodeHashRequest(r: Reader, end: number): HashRequest {
  const m: HashRequest = {

  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {

      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const HashRequest: Codec<HashRequest> = codec(encodeHashRequest, decodeHashRequest);

export interface HashKVRequest {
  revision: number;
}

export function encodeHashKVRequest(m: Init<HashKVRequest>, w: Writer): Writer {
  if (m.revision !== undefined && m.revision !== 0) w.uint32(8).int64(m.revision);
  return w;
}

export function decodeHashKVRequest(r: Reader, end: number): HashKVRequest {
  const m: HashKVRequest = {
    revision: 0,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.revision = readInt64(r);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const HashKVRequest: Codec<HashKVRequest> = codec(encodeHashKVRequest, decodeHashKVRequest);

export interface HashKVResponse {
  header: ResponseHeader | undefined;
  hash: number;
  compactRevision: number;
}

export function encodeHashKVResponse(m: Init<HashKVResponse>, w: Writer): Writer {
  if (m.header !== undefined) encodeResponseHeader(m.header, w.uint32(10).fork()).ldelim();
  if (m.hash !== undefined && m.hash !== 0) w.uint32(16).uint32(m.hash);
  if (m.compactRevision !== undefined && m.compactRevision !== 0) w.uint32(24).int64(m.compactRevision);
  return w;
}

export function decodeHashKVResponse(r: Reader, end: number): HashKVResponse {
  const m: HashKVResponse = {
    header: undefined,
    hash: 0,
    compactRevision: 0,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.header = decodeResponseHeader(r, r.uint32() + r.pos);
        break;
      case 2:
        m.hash = r.uint32();
        break;
      case 3:
        m.compactRevision = readInt64(r);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const HashKVResponse: Codec<HashKVResponse> = codec(encodeHashKVResponse, decodeHashKVResponse);

export interface HashResponse {
  header: ResponseHeader | undefined;
  hash: number;
}

export function encodeHashResponse(m: Init<HashResponse>, w: Writer): Writer {
  if (m.header !== undefined) encodeResponseHeader(m.header, w.uint32(10).fork()).ldelim();
  if (m.hash !== undefined && m.hash !== 0) w.uint32(16).uint32(m.hash);
  return w;
}

export function decodeHashResponse(r: Reader, end: number): HashResponse {
  const m: HashResponse = {
    header: undefined,
    hash: 0,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.header = decodeResponseHeader(r, r.uint32() + r.pos);
        break;
      case 2:
        m.hash = r.uint32();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const HashResponse: Codec<HashResponse> = codec(encodeHashResponse, decodeHashResponse);

export interface SnapshotRequest {

}

export function encodeSnapshotRequest(_m: Init<SnapshotRequest>, w: Writer): Writer {

  return w;
}

export function decodeSnapshotRequest(r: Reader, end: number): SnapshotRequest {
  const m: SnapshotRequest = {

  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {

      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const SnapshotRequest: Codec<SnapshotRequest> = codec(encodeSnapshotRequest, decodeSnapshotRequest);

export interface SnapshotResponse {
  header: ResponseHeader | undefined;
  remainingBytes: number;
  blob: Buffer;
}

export function encodeSnapshotResponse(m: Init<SnapshotResponse>, w: Writer): Writer {
  if (m.header !== undefined) encodeResponseHeader(m.header, w.uint32(10).fork()).ldelim();
  if (m.remainingBytes !== undefined && m.remainingBytes !== 0) w.uint32(16).uint64(m.remainingBytes);
  if (m.blob !== undefined && m.blob.length > 0) w.uint32(26).bytes(m.blob);
  return w;
}

export function decodeSnapshotResponse(r: Reader, end: number): SnapshotResponse {
  const m: SnapshotResponse = {
    header: undefined,
    remainingBytes: 0,
    blob: EMPTY,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.header = decodeResponseHeader(r, r.uint32() + r.pos);
        break;
      case 2:
        m.remainingBytes = readUint64(r);
        break;
      case 3:
        m.blob = readBytes(r);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const SnapshotResponse: Codec<SnapshotResponse> = codec(encodeSnapshotResponse, decodeSnapshotResponse);

export interface WatchRequest {
  createRequest: WatchCreateRequest | undefined;
  cancelRequest: WatchCancelRequest | undefined;
  progressRequest: WatchProgressRequest | undefined;
}

export function encodeWatchRequest(m: Init<WatchRequest>, w: Writer): Writer {
  if (m.createRequest !== undefined) encodeWatchCreateRequest(m.createRequest, w.uint32(10).fork()).ldelim();
  if (m.cancelRequest !== undefined) encodeWatchCancelRequest(m.cancelRequest, w.uint32(18).fork()).ldelim();
  if (m.progressRequest !== undefined) encodeWatchProgressRequest(m.progressRequest, w.uint32(26).fork()).ldelim();
  return w;
}

export function decodeWatchRequest(r: Reader, end: number): WatchRequest {
  const m: WatchRequest = {
    createRequest: undefined,
    cancelRequest: undefined,
    progressRequest: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.createRequest = decodeWatchCreateRequest(r, r.uint32() + r.pos);
        break;
      case 2:
        m.cancelRequest = decodeWatchCancelRequest(r, r.uint32() + r.pos);
        break;
      case 3:
        m.progressRequest = decodeWatchProgressRequest(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const WatchRequest: Codec<WatchRequest> = codec(encodeWatchRequest, decodeWatchRequest);

export interface WatchCreateRequest {
  key: Buffer;
  rangeEnd: Buffer;
  startRevision: number;
  progressNotify: boolean;
  filters: WatchCreateRequestFilterType[];
  prevKv: boolean;
  watchId: number;
  fragment: boolean;
}

export function encodeWatchCreateRequest(m: Init<WatchCreateRequest>, w: Writer): Writer {
  if (m.key !== undefined && m.key.length > 0) w.uint32(10).bytes(m.key);
  if (m.rangeEnd !== undefined && m.rangeEnd.length > 0) w.uint32(18).bytes(m.rangeEnd);
  if (m.startRevision !== undefined && m.startRevision !== 0) w.uint32(24).int64(m.startRevision);
  if (m.progressNotify !== undefined && m.progressNotify) w.uint32(32).bool(m.progressNotify);
  if (m.filters !== undefined && m.filters.length > 0) {
    w.uint32(42).fork();
    for (const item of m.filters) w.int32(item);
    w.ldelim();
  }
  if (m.prevKv !== undefined && m.prevKv) w.uint32(48).bool(m.prevKv);
  if (m.watchId !== undefined && m.watchId !== 0) w.uint32(56).int64(m.watchId);
  if (m.fragment !== undefined && m.fragment) w.uint32(64).bool(m.fragment);
  return w;
}

export function decodeWatchCreateRequest(r: Reader, end: number): WatchCreateRequest {
  const m: WatchCreateRequest = {
    key: EMPTY,
    rangeEnd: EMPTY,
    startRevision: 0,
    progressNotify: false,
    filters: [],
    prevKv: false,
    watchId: 0,
    fragment: false,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.key = readBytes(r);
        break;
      case 2:
        m.rangeEnd = readBytes(r);
        break;
      case 3:
        m.startRevision = readInt64(r);
        break;
      case 4:
        m.progressNotify = r.bool();
        break;
      case 5:
        if ((tag & 7) === 2) {
          const packedEnd = r.uint32() + r.pos;
          while (r.pos < packedEnd) m.filters.push(r.int32() as WatchCreateRequestFilterType);
        } else m.filters.push(r.int32() as WatchCreateRequestFilterType);
        break;
      case 6:
        m.prevKv = r.bool();
        break;
      case 7:
        m.watchId = readInt64(r);
        break;
      case 8:
        m.fragment = r.bool();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const WatchCreateRequest: Codec<WatchCreateRequest> = codec(encodeWatchCreateRequest, decodeWatchCreateRequest);

export interface WatchCancelRequest {
  watchId: number;
}

export function encodeWatchCancelRequest(m: Init<WatchCancelRequest>, w: Writer): Writer {
  if (m.watchId !== undefined && m.watchId !== 0) w.uint32(8).int64(m.watchId);
  return w;
}

export function decodeWatchCancelRequest(r: Reader, end: number): WatchCancelRequest {
  const m: WatchCancelRequest = {
    watchId: 0,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.watchId = readInt64(r);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const WatchCancelRequest: Codec<WatchCancelRequest> = codec(encodeWatchCancelRequest, decodeWatchCancelRequest);

export interface WatchProgressRequest {

}

export function encodeWatchProgressRequest(_m: Init<WatchProgressRequest>, w: Writer): Writer {

  return w;
}

export function decodeWatchProgressRequest(r: Reader, end: number): WatchProgressRequest {
  const m: WatchProgressRequest = {

  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {

      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const WatchProgressRequest: Codec<WatchProgressRequest> = codec(encodeWatchProgressRequest, decodeWatchProgressRequest);

export interface WatchResponse {
  header: ResponseHeader | undefined;
  watchId: number;
  created: boolean;
  canceled: boolean;
  compactRevision: number;
  cancelReason: string;
  fragment: boolean;
  events: Event[];
}

export function encodeWatchResponse(m: Init<WatchResponse>, w: Writer): Writer {
  if (m.header !== undefined) encodeResponseHeader(m.header, w.uint32(10).fork()).ldelim();
  if (m.watchId !== undefined && m.watchId !== 0) w.uint32(16).int64(m.watchId);
  if (m.created !== undefined && m.created) w.uint32(24).bool(m.created);
  if (m.canceled !== undefined && m.canceled) w.uint32(32).bool(m.canceled);
  if (m.compactRevision !== undefined && m.compactRevision !== 0) w.uint32(40).int64(m.compactRevision);
  if (m.cancelReason !== undefined && m.cancelReason.length > 0) w.uint32(50).string(m.cancelReason);
  if (m.fragment !== undefined && m.fragment) w.uint32(56).bool(m.fragment);
  if (m.events !== undefined) for (const item of m.events) encodeEvent(item, w.uint32(90).fork()).ldelim();
  return w;
}

export function decodeWatchResponse(r: Reader, end: number): WatchResponse {
  const m: WatchResponse = {
    header: undefined,
    watchId: 0,
    created: false,
    canceled: false,
    compactRevision: 0,
    cancelReason: '',
    fragment: false,
    events: [],
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.header = decodeResponseHeader(r, r.uint32() + r.pos);
        break;
      case 2:
        m.watchId = readInt64(r);
        break;
      case 3:
        m.created = r.bool();
        break;
      case 4:
        m.canceled = r.bool();
        break;
      case 5:
        m.compactRevision = readInt64(r);
        break;
      case 6:
        m.cancelReason = r.string();
        break;
      case 7:
        m.fragment = r.bool();
        break;
      case 11:
        m.events.push(decodeEvent(r, r.uint32() + r.pos));
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const WatchResponse: Codec<WatchResponse> = codec(encodeWatchResponse, decodeWatchResponse);

export interface LeaseGrantRequest {
  TTL: number;
  ID: bigint;
}

export function encodeLeaseGrantRequest(m: Init<LeaseGrantRequest>, w: Writer): Writer {
  if (m.TTL !== undefined && m.TTL !== 0) w.uint32(8).int64(m.TTL);
  if (m.ID !== undefined && m.ID !== 0n) w.uint32(16).int64(writeBigInt(m.ID));
  return w;
}

export function decodeLeaseGrantRequest(r: Reader, end: number): LeaseGrantRequest {
  const m: LeaseGrantRequest = {
    TTL: 0,
    ID: 0n,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.TTL = readInt64(r);
        break;
      case 2:
        m.ID = readBigInt64(r);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const LeaseGrantRequest: Codec<LeaseGrantRequest> = codec(encodeLeaseGrantRequest, decodeLeaseGrantRequest);

export interface LeaseGrantResponse {
  header: ResponseHeader | undefined;
  ID: bigint;
  TTL: number;
  error: string;
}

export function encodeLeaseGrantResponse(m: Init<LeaseGrantResponse>, w: Writer): Writer {
  if (m.header !== undefined) encodeResponseHeader(m.header, w.uint32(10).fork()).ldelim();
  if (m.ID !== undefined && m.ID !== 0n) w.uint32(16).int64(writeBigInt(m.ID));
  if (m.TTL !== undefined && m.TTL !== 0) w.uint32(24).int64(m.TTL);
  if (m.error !== undefined && m.error.length > 0) w.uint32(34).string(m.error);
  return w;
}

export function decodeLeaseGrantResponse(r: Reader, end: number): LeaseGrantResponse {
  const m: LeaseGrantResponse = {
    header: undefined,
    ID: 0n,
    TTL: 0,
    error: '',
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.header = decodeResponseHeader(r, r.uint32() + r.pos);
        break;
      case 2:
        m.ID = readBigInt64(r);
        break;
      case 3:
        m.TTL = readInt64(r);
        break;
      case 4:
        m.error = r.string();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const LeaseGrantResponse: Codec<LeaseGrantResponse> = codec(encodeLeaseGrantResponse, decodeLeaseGrantResponse);

export interface LeaseRevokeRequest {
  ID: bigint;
}

export function encodeLeaseRevokeRequest(m: Init<LeaseRevokeRequest>, w: Writer): Writer {
  if (m.ID !== undefined && m.ID !== 0n) w.uint32(8).int64(writeBigInt(m.ID));
  return w;
}

export function decodeLeaseRevokeRequest(r: Reader, end: number): LeaseRevokeRequest {
  const m: LeaseRevokeRequest = {
    ID: 0n,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.ID = readBigInt64(r);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const LeaseRevokeRequest: Codec<LeaseRevokeRequest> = codec(encodeLeaseRevokeRequest, decodeLeaseRevokeRequest);

export interface LeaseRevokeResponse {
  header: ResponseHeader | undefined;
}

export function encodeLeaseRevokeResponse(m: Init<LeaseRevokeResponse>, w: Writer): Writer {
  if (m.header !== undefined) encodeResponseHeader(m.header, w.uint32(10).fork()).ldelim();
  return w;
}

export function decodeLeaseRevokeResponse(r: Reader, end: number): LeaseRevokeResponse {
  const m: LeaseRevokeResponse = {
    header: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.header = decodeResponseHeader(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const LeaseRevokeResponse: Codec<LeaseRevokeResponse> = codec(encodeLeaseRevokeResponse, decodeLeaseRevokeResponse);

export interface LeaseCheckpoint {
  ID: bigint;
  remaining_TTL: number;
}

export function encodeLeaseCheckpoint(m: Init<LeaseCheckpoint>, w: Writer): Writer {
  if (m.ID !== undefined && m.ID !== 0n) w.uint32(8).int64(writeBigInt(m.ID));
  if (m.remaining_TTL !== undefined && m.remaining_TTL !== 0) w.uint32(16).int64(m.remaining_TTL);
  return w;
}

export function decodeLeaseCheckpoint(r: Reader, end: number): LeaseCheckpoint {
  const m: LeaseCheckpoint = {
    ID: 0n,
    remaining_TTL: 0,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.ID = readBigInt64(r);
        break;
      case 2:
        m.remaining_TTL = readInt64(r);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const LeaseCheckpoint: Codec<LeaseCheckpoint> = codec(encodeLeaseCheckpoint, decodeLeaseCheckpoint);

export interface LeaseCheckpointRequest {
  checkpoints: LeaseCheckpoint[];
}

export function encodeLeaseCheckpointRequest(m: Init<LeaseCheckpointRequest>, w: Writer): Writer {
  if (m.checkpoints !== undefined) for (const item of m.checkpoints) encodeLeaseCheckpoint(item, w.uint32(10).fork()).ldelim();
  return w;
}

export function decodeLeaseCheckpointRequest(r: Reader, end: number): LeaseCheckpointRequest {
  const m: LeaseCheckpointRequest = {
    checkpoints: [],
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.checkpoints.push(decodeLeaseCheckpoint(r, r.uint32() + r.pos));
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const LeaseCheckpointRequest: Codec<LeaseCheckpointRequest> = codec(encodeLeaseCheckpointRequest, decodeLeaseCheckpointRequest);

export interface LeaseCheckpointResponse {
  header: ResponseHeader | undefined;
}

export function encodeLeaseCheckpointResponse(m: Init<LeaseCheckpointResponse>, w: Writer): Writer {
  if (m.header !== undefined) encodeResponseHeader(m.header, w.uint32(10).fork()).ldelim();
  return w;
}

export function decodeLeaseCheckpointResponse(r: Reader, end: number): LeaseCheckpointResponse {
  const m: LeaseCheckpointResponse = {
    header: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.header = decodeResponseHeader(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const LeaseCheckpointResponse: Codec<LeaseCheckpointResponse> = codec(encodeLeaseCheckpointResponse, decodeLeaseCheckpointResponse);

export interface LeaseKeepAliveRequest {
  ID: bigint;
}

export function encodeLeaseKeepAliveRequest(m: Init<LeaseKeepAliveRequest>, w: Writer): Writer {
  if (m.ID !== undefined && m.ID !== 0n) w.uint32(8).int64(writeBigInt(m.ID));
  return w;
}

export function decodeLeaseKeepAliveRequest(r: Reader, end: number): LeaseKeepAliveRequest {
  const m: LeaseKeepAliveRequest = {
    ID: 0n,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.ID = readBigInt64(r);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const LeaseKeepAliveRequest: Codec<LeaseKeepAliveRequest> = codec(encodeLeaseKeepAliveRequest, decodeLeaseKeepAliveRequest);

export interface LeaseKeepAliveResponse {
  header: ResponseHeader | undefined;
  ID: bigint;
  TTL: number;
}

export function encodeLeaseKeepAliveResponse(m: Init<LeaseKeepAliveResponse>, w: Writer): Writer {
  if (m.header !== undefined) encodeResponseHeader(m.header, w.uint32(10).fork()).ldelim();
  if (m.ID !== undefined && m.ID !== 0n) w.uint32(16).int64(writeBigInt(m.ID));
  if (m.TTL !== undefined && m.TTL !== 0) w.uint32(24).int64(m.TTL);
  return w;
}

export function decodeLeaseKeepAliveResponse(r: Reader, end: number): LeaseKeepAliveResponse {
  const m: LeaseKeepAliveResponse = {
    header: undefined,
    ID: 0n,
    TTL: 0,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.header = decodeResponseHeader(r, r.uint32() + r.pos);
        break;
      case 2:
        m.ID = readBigInt64(r);
        break;
      case 3:
        m.TTL = readInt64(r);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const LeaseKeepAliveResponse: Codec<LeaseKeepAliveResponse> = codec(encodeLeaseKeepAliveResponse, decodeLeaseKeepAliveResponse);

export interface LeaseTimeToLiveRequest {
  ID: bigint;
  keys: boolean;
}

export function encodeLeaseTimeToLiveRequest(m: Init<LeaseTimeToLiveRequest>, w: Writer): Writer {
  if (m.ID !== undefined && m.ID !== 0n) w.uint32(8).int64(writeBigInt(m.ID));
  if (m.keys !== undefined && m.keys) w.uint32(16).bool(m.keys);
  return w;
}

export function decodeLeaseTimeToLiveRequest(r: Reader, end: number): LeaseTimeToLiveRequest {
  const m: LeaseTimeToLiveRequest = {
    ID: 0n,
    keys: false,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.ID = readBigInt64(r);
        break;
      case 2:
        m.keys = r.bool();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const LeaseTimeToLiveRequest: Codec<LeaseTimeToLiveRequest> = codec(encodeLeaseTimeToLiveRequest, decodeLeaseTimeToLiveRequest);

export interface LeaseTimeToLiveResponse {
  header: ResponseHeader | undefined;
  ID: bigint;
  TTL: number;
  grantedTTL: number;
  keys: Buffer[];
}

export function encodeLeaseTimeToLiveResponse(m: Init<LeaseTimeToLiveResponse>, w: Writer): Writer {
  if (m.header !== undefined) encodeResponseHeader(m.header, w.uint32(10).fork()).ldelim();
  if (m.ID !== undefined && m.ID !== 0n) w.uint32(16).int64(writeBigInt(m.ID));
  if (m.TTL !== undefined && m.TTL !== 0) w.uint32(24).int64(m.TTL);
  if (m.grantedTTL !== undefined && m.grantedTTL !== 0) w.uint32(32).int64(m.grantedTTL);
  if (m.keys !== undefined) for (const item of m.keys) w.uint32(42).bytes(item);
  return w;
}

export function decodeLeaseTimeToLiveResponse(r: Reader, end: number): LeaseTimeToLiveResponse {
  const m: LeaseTimeToLiveResponse = {
    header: undefined,
    ID: 0n,
    TTL: 0,
    grantedTTL: 0,
    keys: [],
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.header = decodeResponseHeader(r, r.uint32() + r.pos);
        break;
      case 2:
        m.ID = readBigInt64(r);
        break;
      case 3:
        m.TTL = readInt64(r);
        break;
      case 4:
        m.grantedTTL = readInt64(r);
        break;
      case 5:
        m.keys.push(readBytes(r));
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const LeaseTimeToLiveResponse: Codec<LeaseTimeToLiveResponse> = codec(encodeLeaseTimeToLiveResponse, decodeLeaseTimeToLiveResponse);

export interface LeaseLeasesRequest {

}

export function encodeLeaseLeasesRequest(_m: Init<LeaseLeasesRequest>, w: Writer): Writer {

  return w;
}

export function decodeLeaseLeasesRequest(r: Reader, end: number): LeaseLeasesRequest {
  const m: LeaseLeasesRequest = {

  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {

      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const LeaseLeasesRequest: Codec<LeaseLeasesRequest> = codec(encodeLeaseLeasesRequest, decodeLeaseLeasesRequest);

export interface LeaseStatus {
  ID: bigint;
}

export function encodeLeaseStatus(m: Init<LeaseStatus>, w: Writer): Writer {
  if (m.ID !== undefined && m.ID !== 0n) w.uint32(8).int64(writeBigInt(m.ID));
  return w;
}

export function decodeLeaseStatus(r: Reader, end: number): LeaseStatus {
  const m: LeaseStatus = {
    ID: 0n,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.ID = readBigInt64(r);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const LeaseStatus: Codec<LeaseStatus> = codec(encodeLeaseStatus, decodeLeaseStatus);

export interface LeaseLeasesResponse {
  header: ResponseHeader | undefined;
  leases: LeaseStatus[];
}

export function encodeLeaseLeasesResponse(m: Init<LeaseLeasesResponse>, w: Writer): Writer {
  if (m.header !== undefined) encodeResponseHeader(m.header, w.uint32(10).fork()).ldelim();
  if (m.leases !== undefined) for (const item of m.leases) encodeLeaseStatus(item, w.uint32(18).fork()).ldelim();
  return w;
}

export function decodeLeaseLeasesResponse(r: Reader, end: number): LeaseLeasesResponse {
  const m: LeaseLeasesResponse = {
    header: undefined,
    leases: [],
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.header = decodeResponseHeader(r, r.uint32() + r.pos);
        break;
      case 2:
        m.leases.push(decodeLeaseStatus(r, r.uint32() + r.pos));
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const LeaseLeasesResponse: Codec<LeaseLeasesResponse> = codec(encodeLeaseLeasesResponse, decodeLeaseLeasesResponse);

export interface Member {
  ID: bigint;
  name: string;
  peerURLs: string[];
  clientURLs: string[];
  isLearner: boolean;
}

export function encodeMember(m: Init<Member>, w: Writer): Writer {
  if (m.ID !== undefined && m.ID !== 0n) w.uint32(8).uint64(writeBigInt(m.ID));
  if (m.name !== undefined && m.name.length > 0) w.uint32(18).string(m.name);
  if (m.peerURLs !== undefined) for (const item of m.peerURLs) w.uint32(26).string(item);
  if (m.clientURLs !== undefined) for (const item of m.clientURLs) w.uint32(34).string(item);
  if (m.isLearner !== undefined && m.isLearner) w.uint32(40).bool(m.isLearner);
  return w;
}

export function decodeMember(r: Reader, end: number): Member {
  const m: Member = {
    ID: 0n,
    name: '',
    peerURLs: [],
    clientURLs: [],
    isLearner: false,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.ID = readBigUint64(r);
        break;
      case 2:
        m.name = r.string();
        break;
      case 3:
        m.peerURLs.push(r.string());
        break;
      case 4:
        m.clientURLs.push(r.string());
        break;
      case 5:
        m.isLearner = r.bool();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const Member: Codec<Member> = codec(encodeMember, decodeMember);

export interface MemberAddRequest {
  peerURLs: string[];
  isLearner: boolean;
}

export function encodeMemberAddRequest(m: Init<MemberAddRequest>, w: Writer): Writer {
  if (m.peerURLs !== undefined) for (const item of m.peerURLs) w.uint32(10).string(item);
  if (m.isLearner !== undefined && m.isLearner) w.uint32(16).bool(m.isLearner);
  return w;
}

export function decodeMemberAddRequest(r: Reader, end: number): MemberAddRequest {
  const m: MemberAddRequest = {
    peerURLs: [],
    isLearner: false,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.peerURLs.push(r.string());
        break;
      case 2:
        m.isLearner = r.bool();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const MemberAddRequest: Codec<MemberAddRequest> = codec(encodeMemberAddRequest, decodeMemberAddRequest);

export interface MemberAddResponse {
  header: ResponseHeader | undefined;
  member: Member | undefined;
  members: Member[];
}

export function encodeMemberAddResponse(m: Init<MemberAddResponse>, w: Writer): Writer {
  if (m.header !== undefined) encodeResponseHeader(m.header, w.uint32(10).fork()).ldelim();
  if (m.member !== undefined) encodeMember(m.member, w.uint32(18).fork()).ldelim();
  if (m.members !== undefined) for (const item of m.members) encodeMember(item, w.uint32(26).fork()).ldelim();
  return w;
}

export function decodeMemberAddResponse(r: Reader, end: number): MemberAddResponse {
  const m: MemberAddResponse = {
    header: undefined,
    member: undefined,
    members: [],
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.header = decodeResponseHeader(r, r.uint32() + r.pos);
        break;
      case 2:
        m.member = decodeMember(r, r.uint32() + r.pos);
        break;
      case 3:
        m.members.push(decodeMember(r, r.uint32() + r.pos));
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const MemberAddResponse: Codec<MemberAddResponse> = codec(encodeMemberAddResponse, decodeMemberAddResponse);

export interface MemberRemoveRequest {
  ID: bigint;
}

export function encodeMemberRemoveRequest(m: Init<MemberRemoveRequest>, w: Writer): Writer {
  if (m.ID !== undefined && m.ID !== 0n) w.uint32(8).uint64(writeBigInt(m.ID));
  return w;
}

export function decodeMemberRemoveRequest(r: Reader, end: number): MemberRemoveRequest {
  const m: MemberRemoveRequest = {
    ID: 0n,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.ID = readBigUint64(r);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const MemberRemoveRequest: Codec<MemberRemoveRequest> = codec(encodeMemberRemoveRequest, decodeMemberRemoveRequest);

export interface MemberRemoveResponse {
  header: ResponseHeader | undefined;
  members: Member[];
}

export function encodeMemberRemoveResponse(m: Init<MemberRemoveResponse>, w: Writer): Writer {
  if (m.header !== undefined) encodeResponseHeader(m.header, w.uint32(10).fork()).ldelim();
  if (m.members !== undefined) for (const item of m.members) encodeMember(item, w.uint32(18).fork()).ldelim();
  return w;
}

export function decodeMemberRemoveResponse(r: Reader, end: number): MemberRemoveResponse {
  const m: MemberRemoveResponse = {
    header: undefined,
    members: [],
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.header = decodeResponseHeader(r, r.uint32() + r.pos);
        break;
      case 2:
        m.members.push(decodeMember(r, r.uint32() + r.pos));
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const MemberRemoveResponse: Codec<MemberRemoveResponse> = codec(encodeMemberRemoveResponse, decodeMemberRemoveResponse);

export interface MemberUpdateRequest {
  ID: bigint;
  peerURLs: string[];
}

export function encodeMemberUpdateRequest(m: Init<MemberUpdateRequest>, w: Writer): Writer {
  if (m.ID !== undefined && m.ID !== 0n) w.uint32(8).uint64(writeBigInt(m.ID));
  if (m.peerURLs !== undefined) for (const item of m.peerURLs) w.uint32(18).string(item);
  return w;
}

export function decodeMemberUpdateRequest(r: Reader, end: number): MemberUpdateRequest {
  const m: MemberUpdateRequest = {
    ID: 0n,
    peerURLs: [],
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.ID = readBigUint64(r);
        break;
      case 2:
        m.peerURLs.push(r.string());
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const MemberUpdateRequest: Codec<MemberUpdateRequest> = codec(encodeMemberUpdateRequest, decodeMemberUpdateRequest);

export interface MemberUpdateResponse {
  header: ResponseHeader | undefined;
  members: Member[];
}

export function encodeMemberUpdateResponse(m: Init<MemberUpdateResponse>, w: Writer): Writer {
  if (m.header !== undefined) encodeResponseHeader(m.header, w.uint32(10).fork()).ldelim();
  if (m.members !== undefined) for (const item of m.members) encodeMember(item, w.uint32(18).fork()).ldelim();
  return w;
}

export function decodeMemberUpdateResponse(r: Reader, end: number): MemberUpdateResponse {
  const m: MemberUpdateResponse = {
    header: undefined,
    members: [],
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.header = decodeResponseHeader(r, r.uint32() + r.pos);
        break;
      case 2:
        m.members.push(decodeMember(r, r.uint32() + r.pos));
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const MemberUpdateResponse: Codec<MemberUpdateResponse> = codec(encodeMemberUpdateResponse, decodeMemberUpdateResponse);

export interface MemberListRequest {
  linearizable: boolean;
}

export function encodeMemberListRequest(m: Init<MemberListRequest>, w: Writer): Writer {
  if (m.linearizable !== undefined && m.linearizable) w.uint32(8).bool(m.linearizable);
  return w;
}

export function decodeMemberListRequest(r: Reader, end: number): MemberListRequest {
  const m: MemberListRequest = {
    linearizable: false,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.linearizable = r.bool();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const MemberListRequest: Codec<MemberListRequest> = codec(encodeMemberListRequest, decodeMemberListRequest);

export interface MemberListResponse {
  header: ResponseHeader | undefined;
  members: Member[];
}

export function encodeMemberListResponse(m: Init<MemberListResponse>, w: Writer): Writer {
  if (m.header !== undefined) encodeResponseHeader(m.header, w.uint32(10).fork()).ldelim();
  if (m.members !== undefined) for (const item of m.members) encodeMember(item, w.uint32(18).fork()).ldelim();
  return w;
}

export function decodeMemberListResponse(r: Reader, end: number): MemberListResponse {
  const m: MemberListResponse = {
    header: undefined,
    members: [],
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.header = decodeResponseHeader(r, r.uint32() + r.pos);
        break;
      case 2:
        m.members.push(decodeMember(r, r.uint32() + r.pos));
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const MemberListResponse: Codec<MemberListResponse> = codec(encodeMemberListResponse, decodeMemberListResponse);

export interface MemberPromoteRequest {
  ID: bigint;
}

export function encodeMemberPromoteRequest(m: Init<MemberPromoteRequest>, w: Writer): Writer {
  if (m.ID !== undefined && m.ID !== 0n) w.uint32(8).uint64(writeBigInt(m.ID));
  return w;
}

export function decodeMemberPromoteRequest(r: Reader, end: number): MemberPromoteRequest {
  const m: MemberPromoteRequest = {
    ID: 0n,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.ID = readBigUint64(r);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const MemberPromoteRequest: Codec<MemberPromoteRequest> = codec(encodeMemberPromoteRequest, decodeMemberPromoteRequest);

export interface MemberPromoteResponse {
  header: ResponseHeader | undefined;
  members: Member[];
}

export function encodeMemberPromoteResponse(m: Init<MemberPromoteResponse>, w: Writer): Writer {
  if (m.header !== undefined) encodeResponseHeader(m.header, w.uint32(10).fork()).ldelim();
  if (m.members !== undefined) for (const item of m.members) encodeMember(item, w.uint32(18).fork()).ldelim();
  return w;
}

export function decodeMemberPromoteResponse(r: Reader, end: number): MemberPromoteResponse {
  const m: MemberPromoteResponse = {
    header: undefined,
    members: [],
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.header = decodeResponseHeader(r, r.uint32() + r.pos);
        break;
      case 2:
        m.members.push(decodeMember(r, r.uint32() + r.pos));
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const MemberPromoteResponse: Codec<MemberPromoteResponse> = codec(encodeMemberPromoteResponse, decodeMemberPromoteResponse);

export interface DefragmentRequest {

}

export function encodeDefragmentRequest(_m: Init<DefragmentRequest>, w: Writer): Writer {

  return w;
}

export function decodeDefragmentRequest(r: Reader, end: number): DefragmentRequest {
  const m: DefragmentRequest = {

  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {

      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const DefragmentRequest: Codec<DefragmentRequest> = codec(encodeDefragmentRequest, decodeDefragmentRequest);

export interface DefragmentResponse {
  header: ResponseHeader | undefined;
}

export function encodeDefragmentResponse(m: Init<DefragmentResponse>, w: Writer): Writer {
  if (m.header !== undefined) encodeResponseHeader(m.header, w.uint32(10).fork()).ldelim();
  return w;
}

export function decodeDefragmentResponse(r: Reader, end: number): DefragmentResponse {
  const m: DefragmentResponse = {
    header: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.header = decodeResponseHeader(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const DefragmentResponse: Codec<DefragmentResponse> = codec(encodeDefragmentResponse, decodeDefragmentResponse);

export interface MoveLeaderRequest {
  targetID: bigint;
}

export function encodeMoveLeaderRequest(m: Init<MoveLeaderRequest>, w: Writer): Writer {
  if (m.targetID !== undefined && m.targetID !== 0n) w.uint32(8).uint64(writeBigInt(m.targetID));
  return w;
}

export function decodeMoveLeaderRequest(r: Reader, end: number): MoveLeaderRequest {
  const m: MoveLeaderRequest = {
    targetID: 0n,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.targetID = readBigUint64(r);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const MoveLeaderRequest: Codec<MoveLeaderRequest> = codec(encodeMoveLeaderRequest, decodeMoveLeaderRequest);

export interface MoveLeaderResponse {
  header: ResponseHeader | undefined;
}

export function encodeMoveLeaderResponse(m: Init<MoveLeaderResponse>, w: Writer): Writer {
  if (m.header !== undefined) encodeResponseHeader(m.header, w.uint32(10).fork()).ldelim();
  return w;
}

export function decodeMoveLeaderResponse(r: Reader, end: number): MoveLeaderResponse {
  const m: MoveLeaderResponse = {
    header: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.header = decodeResponseHeader(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const MoveLeaderResponse: Codec<MoveLeaderResponse> = codec(encodeMoveLeaderResponse, decodeMoveLeaderResponse);

export interface AlarmRequest {
  action: AlarmRequestAlarmAction;
  memberID: bigint;
  alarm: AlarmType;
}

export function encodeAlarmRequest(m: Init<AlarmRequest>, w: Writer): Writer {
  if (m.action !== undefined && m.action !== 0) w.uint32(8).int32(m.action);
  if (m.memberID !== undefined && m.memberID !== 0n) w.uint32(16).uint64(writeBigInt(m.memberID));
  if (m.alarm !== undefined && m.alarm !== 0) w.uint32(24).int32(m.alarm);
  return w;
}

export function decodeAlarmRequest(r: Reader, end: number): AlarmRequest {
  const m: AlarmRequest = {
    action: AlarmRequestAlarmAction.GET,
    memberID: 0n,
    alarm: AlarmType.NONE,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.action = r.int32() as AlarmRequestAlarmAction;
        break;
      case 2:
        m.memberID = readBigUint64(r);
        break;
      case 3:
        m.alarm = r.int32() as AlarmType;
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const AlarmRequest: Codec<AlarmRequest> = codec(encodeAlarmRequest, decodeAlarmRequest);

export interface AlarmMember {
  memberID: bigint;
  alarm: AlarmType;
}

export function encodeAlarmMember(m: Init<AlarmMember>, w: Writer): Writer {
  if (m.memberID !== undefined && m.memberID !== 0n) w.uint32(8).uint64(writeBigInt(m.memberID));
  if (m.alarm !== undefined && m.alarm !== 0) w.uint32(16).int32(m.alarm);
  return w;
}

export function decodeAlarmMember(r: Reader, end: number): AlarmMember {
  const m: AlarmMember = {
    memberID: 0n,
    alarm: AlarmType.NONE,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.memberID = readBigUint64(r);
        break;
      case 2:
        m.alarm = r.int32() as AlarmType;
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const AlarmMember: Codec<AlarmMember> = codec(encodeAlarmMember, decodeAlarmMember);

export interface AlarmResponse {
  header: ResponseHeader | undefined;
  alarms: AlarmMember[];
}

export function encodeAlarmResponse(m: Init<AlarmResponse>, w: Writer): Writer {
  if (m.header !== undefined) encodeResponseHeader(m.header, w.uint32(10).fork()).ldelim();
  if (m.alarms !== undefined) for (const item of m.alarms) encodeAlarmMember(item, w.uint32(18).fork()).ldelim();
  return w;
}

export function decodeAlarmResponse(r: Reader, end: number): AlarmResponse {
  const m: AlarmResponse = {
    header: undefined,
    alarms: [],
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.header = decodeResponseHeader(r, r.uint32() + r.pos);
        break;
      case 2:
        m.alarms.push(decodeAlarmMember(r, r.uint32() + r.pos));
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const AlarmResponse: Codec<AlarmResponse> = codec(encodeAlarmResponse, decodeAlarmResponse);

export interface DowngradeRequest {
  action: DowngradeRequestDowngradeAction;
  version: string;
}

export function encodeDowngradeRequest(m: Init<DowngradeRequest>, w: Writer): Writer {
  if (m.action !== undefined && m.action !== 0) w.uint32(8).int32(m.action);
  if (m.version !== undefined && m.version.length > 0) w.uint32(18).string(m.version);
  return w;
}

export function decodeDowngradeRequest(r: Reader, end: number): DowngradeRequest {
  const m: DowngradeRequest = {
    action: DowngradeRequestDowngradeAction.VALIDATE,
    version: '',
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.action = r.int32() as DowngradeRequestDowngradeAction;
        break;
      case 2:
        m.version = r.string();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const DowngradeRequest: Codec<DowngradeRequest> = codec(encodeDowngradeRequest, decodeDowngradeRequest);

export interface DowngradeResponse {
  header: ResponseHeader | undefined;
  version: string;
}

export function encodeDowngradeResponse(m: Init<DowngradeResponse>, w: Writer): Writer {
  if (m.header !== undefined) encodeResponseHeader(m.header, w.uint32(10).fork()).ldelim();
  if (m.version !== undefined && m.version.length > 0) w.uint32(18).string(m.version);
  return w;
}

export function decodeDowngradeResponse(r: Reader, end: number): DowngradeResponse {
  const m: DowngradeResponse = {
    header: undefined,
    version: '',
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.header = decodeResponseHeader(r, r.uint32() + r.pos);
        break;
      case 2:
        m.version = r.string();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const DowngradeResponse: Codec<DowngradeResponse> = codec(encodeDowngradeResponse, decodeDowngradeResponse);

export interface StatusRequest {

}

export function encodeStatusRequest(_m: Init<StatusRequest>, w: Writer): Writer {

  return w;
}

export function decodeStatusRequest(r: Reader, end: number): StatusRequest {
  const m: StatusRequest = {

  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {

      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const StatusRequest: Codec<StatusRequest> = codec(encodeStatusRequest, decodeStatusRequest);

export interface StatusResponse {
  header: ResponseHeader | undefined;
  version: string;
  dbSize: number;
  leader: bigint;
  raftIndex: number;
  raftTerm: number;
  raftAppliedIndex: number;
  errors: string[];
  dbSizeInUse: number;
  isLearner: boolean;
  storageVersion: string;
  dbSizeQuota: number;
  downgradeInfo: DowngradeInfo | undefined;
}

export function encodeStatusResponse(m: Init<StatusResponse>, w: Writer): Writer {
  if (m.header !== undefined) encodeResponseHeader(m.header, w.uint32(10).fork()).ldelim();
  if (m.version !== undefined && m.version.length > 0) w.uint32(18).string(m.version);
  if (m.dbSize !== undefined && m.dbSize !== 0) w.uint32(24).int64(m.dbSize);
  if (m.leader !== undefined && m.leader !== 0n) w.uint32(32).uint64(writeBigInt(m.leader));
  if (m.raftIndex !== undefined && m.raftIndex !== 0) w.uint32(40).uint64(m.raftIndex);
  if (m.raftTerm !== undefined && m.raftTerm !== 0) w.uint32(48).uint64(m.raftTerm);
  if (m.raftAppliedIndex !== undefined && m.raftAppliedIndex !== 0) w.uint32(56).uint64(m.raftAppliedIndex);
  if (m.errors !== undefined) for (const item of m.errors) w.uint32(66).string(item);
  if (m.dbSizeInUse !== undefined && m.dbSizeInUse !== 0) w.uint32(72).int64(m.dbSizeInUse);
  if (m.isLearner !== undefined && m.isLearner) w.uint32(80).bool(m.isLearner);
  if (m.storageVersion !== undefined && m.storageVersion.length > 0) w.uint32(90).string(m.storageVersion);
  if (m.dbSizeQuota !== undefined && m.dbSizeQuota !== 0) w.uint32(96).int64(m.dbSizeQuota);
  if (m.downgradeInfo !== undefined) encodeDowngradeInfo(m.downgradeInfo, w.uint32(106).fork()).ldelim();
  return w;
}

export function decodeStatusResponse(r: Reader, end: number): StatusResponse {
  const m: StatusResponse = {
    header: undefined,
    version: '',
    dbSize: 0,
    leader: 0n,
    raftIndex: 0,
    raftTerm: 0,
    raftAppliedIndex: 0,
    errors: [],
    dbSizeInUse: 0,
    isLearner: false,
    storageVersion: '',
    dbSizeQuota: 0,
    downgradeInfo: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.header = decodeResponseHeader(r, r.uint32() + r.pos);
        break;
      case 2:
        m.version = r.string();
        break;
      case 3:
        m.dbSize = readInt64(r);
        break;
      case 4:
        m.leader = readBigUint64(r);
        break;
      case 5:
        m.raftIndex = readUint64(r);
        break;
      case 6:
        m.raftTerm = readUint64(r);
        break;
      case 7:
        m.raftAppliedIndex = readUint64(r);
        break;
      case 8:
        m.errors.push(r.string());
        break;
      case 9:
        m.dbSizeInUse = readInt64(r);
        break;
      case 10:
        m.isLearner = r.bool();
        break;
      case 11:
        m.storageVersion = r.string();
        break;
      case 12:
        m.dbSizeQuota = readInt64(r);
        break;
      case 13:
        m.downgradeInfo = decodeDowngradeInfo(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const StatusResponse: Codec<StatusResponse> = codec(encodeStatusResponse, decodeStatusResponse);

export interface DowngradeInfo {
  enabled: boolean;
  targetVersion: string;
}

export function encodeDowngradeInfo(m: Init<DowngradeInfo>, w: Writer): Writer {
  if (m.enabled !== undefined && m.enabled) w.uint32(8).bool(m.enabled);
  if (m.targetVersion !== undefined && m.targetVersion.length > 0) w.uint32(18).string(m.targetVersion);
  return w;
}

export function decodeDowngradeInfo(r: Reader, end: number): DowngradeInfo {
  const m: DowngradeInfo = {
    enabled: false,
    targetVersion: '',
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.enabled = r.bool();
        break;
      case 2:
        m.targetVersion = r.string();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const DowngradeInfo: Codec<DowngradeInfo> = codec(encodeDowngradeInfo, decodeDowngradeInfo);

export interface AuthEnableRequest {

}

export function encodeAuthEnableRequest(_m: Init<AuthEnableRequest>, w: Writer): Writer {

  return w;
}

export function decodeAuthEnableRequest(r: Reader, end: number): AuthEnableRequest {
  const m: AuthEnableRequest = {

  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {

      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const AuthEnableRequest: Codec<AuthEnableRequest> = codec(encodeAuthEnableRequest, decodeAuthEnableRequest);

export interface AuthDisableRequest {

}

export function encodeAuthDisableRequest(_m: Init<AuthDisableRequest>, w: Writer): Writer {

  return w;
}

export function decodeAuthDisableRequest(r: Reader, end: number): AuthDisableRequest {
  const m: AuthDisableRequest = {

  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {

      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const AuthDisableRequest: Codec<AuthDisableRequest> = codec(encodeAuthDisableRequest, decodeAuthDisableRequest);

export interface AuthStatusRequest {

}

export function encodeAuthStatusRequest(_m: Init<AuthStatusRequest>, w: Writer): Writer {

  return w;
}

export function decodeAuthStatusRequest(r: Reader, end: number): AuthStatusRequest {
  const m: AuthStatusRequest = {

  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {

      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const AuthStatusRequest: Codec<AuthStatusRequest> = codec(encodeAuthStatusRequest, decodeAuthStatusRequest);

export interface AuthenticateRequest {
  name: string;
  password: string;
}

export function encodeAuthenticateRequest(m: Init<AuthenticateRequest>, w: Writer): Writer {
  if (m.name !== undefined && m.name.length > 0) w.uint32(10).string(m.name);
  if (m.password !== undefined && m.password.length > 0) w.uint32(18).string(m.password);
  return w;
}

export function decodeAuthenticateRequest(r: Reader, end: number): AuthenticateRequest {
  const m: AuthenticateRequest = {
    name: '',
    password: '',
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.name = r.string();
        break;
      case 2:
        m.password = r.string();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const AuthenticateRequest: Codec<AuthenticateRequest> = codec(encodeAuthenticateRequest, decodeAuthenticateRequest);

export interface AuthUserAddRequest {
  name: string;
  password: string;
  options: UserAddOptions | undefined;
  hashedPassword: string;
}

export function encodeAuthUserAddRequest(m: Init<AuthUserAddRequest>, w: Writer): Writer {
  if (m.name !== undefined && m.name.length > 0) w.uint32(10).string(m.name);
  if (m.password !== undefined && m.password.length > 0) w.uint32(18).string(m.password);
  if (m.options !== undefined) encodeUserAddOptions(m.options, w.uint32(26).fork()).ldelim();
  if (m.hashedPassword !== undefined && m.hashedPassword.length > 0) w.uint32(34).string(m.hashedPassword);
  return w;
}

export function decodeAuthUserAddRequest(r: Reader, end: number): AuthUserAddRequest {
  const m: AuthUserAddRequest = {
    name: '',
    password: '',
    options: undefined,
    hashedPassword: '',
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.name = r.string();
        break;
      case 2:
        m.password = r.string();
        break;
      case 3:
        m.options = decodeUserAddOptions(r, r.uint32() + r.pos);
        break;
      case 4:
        m.hashedPassword = r.string();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const AuthUserAddRequest: Codec<AuthUserAddRequest> = codec(encodeAuthUserAddRequest, decodeAuthUserAddRequest);

export interface AuthUserGetRequest {
  name: string;
}

export function encodeAuthUserGetRequest(m: Init<AuthUserGetRequest>, w: Writer): Writer {
  if (m.name !== undefined && m.name.length > 0) w.uint32(10).string(m.name);
  return w;
}

export function decodeAuthUserGetRequest(r: Reader, end: number): AuthUserGetRequest {
  const m: AuthUserGetRequest = {
    name: '',
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.name = r.string();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const AuthUserGetRequest: Codec<AuthUserGetRequest> = codec(encodeAuthUserGetRequest, decodeAuthUserGetRequest);

export interface AuthUserDeleteRequest {
  name: string;
}

export function encodeAuthUserDeleteRequest(m: Init<AuthUserDeleteRequest>, w: Writer): Writer {
  if (m.name !== undefined && m.name.length > 0) w.uint32(10).string(m.name);
  return w;
}

export function decodeAuthUserDeleteRequest(r: Reader, end: number): AuthUserDeleteRequest {
  const m: AuthUserDeleteRequest = {
    name: '',
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.name = r.string();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const AuthUserDeleteRequest: Codec<AuthUserDeleteRequest> = codec(encodeAuthUserDeleteRequest, decodeAuthUserDeleteRequest);

export interface AuthUserChangePasswordRequest {
  name: string;
  password: string;
  hashedPassword: string;
}

export function encodeAuthUserChangePasswordRequest(m: Init<AuthUserChangePasswordRequest>, w: Writer): Writer {
  if (m.name !== undefined && m.name.length > 0) w.uint32(10).string(m.name);
  if (m.password !== undefined && m.password.length > 0) w.uint32(18).string(m.password);
  if (m.hashedPassword !== undefined && m.hashedPassword.length > 0) w.uint32(26).string(m.hashedPassword);
  return w;
}

export function decodeAuthUserChangePasswordRequest(r: Reader, end: number): AuthUserChangePasswordRequest {
  const m: AuthUserChangePasswordRequest = {
    name: '',
    password: '',
    hashedPassword: '',
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.name = r.string();
        break;
      case 2:
        m.password = r.string();
        break;
      case 3:
        m.hashedPassword = r.string();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const AuthUserChangePasswordRequest: Codec<AuthUserChangePasswordRequest> = codec(encodeAuthUserChangePasswordRequest, decodeAuthUserChangePasswordRequest);

export interface AuthUserGrantRoleRequest {
  user: string;
  role: string;
}

export function encodeAuthUserGrantRoleRequest(m: Init<AuthUserGrantRoleRequest>, w: Writer): Writer {
  if (m.user !== undefined && m.user.length > 0) w.uint32(10).string(m.user);
  if (m.role !== undefined && m.role.length > 0) w.uint32(18).string(m.role);
  return w;
}

export function decodeAuthUserGrantRoleRequest(r: Reader, end: number): AuthUserGrantRoleRequest {
  const m: AuthUserGrantRoleRequest = {
    user: '',
    role: '',
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.user = r.string();
        break;
      case 2:
        m.role = r.string();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const AuthUserGrantRoleRequest: Codec<AuthUserGrantRoleRequest> = codec(encodeAuthUserGrantRoleRequest, decodeAuthUserGrantRoleRequest);

export interface AuthUserRevokeRoleRequest {
  name: string;
  role: string;
}

export function encodeAuthUserRevokeRoleRequest(m: Init<AuthUserRevokeRoleRequest>, w: Writer): Writer {
  if (m.name !== undefined && m.name.length > 0) w.uint32(10).string(m.name);
  if (m.role !== undefined && m.role.length > 0) w.uint32(18).string(m.role);
  return w;
}

export function decodeAuthUserRevokeRoleRequest(r: Reader, end: number): AuthUserRevokeRoleRequest {
  const m: AuthUserRevokeRoleRequest = {
    name: '',
    role: '',
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.name = r.string();
        break;
      case 2:
        m.role = r.string();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const AuthUserRevokeRoleRequest: Codec<AuthUserRevokeRoleRequest> = codec(encodeAuthUserRevokeRoleRequest, decodeAuthUserRevokeRoleRequest);

export interface AuthRoleAddRequest {
  name: string;
}

export function encodeAuthRoleAddRequest(m: Init<AuthRoleAddRequest>, w: Writer): Writer {
  if (m.name !== undefined && m.name.length > 0) w.uint32(10).string(m.name);
  return w;
}

export function decodeAuthRoleAddRequest(r: Reader, end: number): AuthRoleAddRequest {
  const m: AuthRoleAddRequest = {
    name: '',
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.name = r.string();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const AuthRoleAddRequest: Codec<AuthRoleAddRequest> = codec(encodeAuthRoleAddRequest, decodeAuthRoleAddRequest);

export interface AuthRoleGetRequest {
  role: string;
}

export function encodeAuthRoleGetRequest(m: Init<AuthRoleGetRequest>, w: Writer): Writer {
  if (m.role !== undefined && m.role.length > 0) w.uint32(10).string(m.role);
  return w;
}

export function decodeAuthRoleGetRequest(r: Reader, end: number): AuthRoleGetRequest {
  const m: AuthRoleGetRequest = {
    role: '',
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.role = r.string();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const AuthRoleGetRequest: Codec<AuthRoleGetRequest> = codec(encodeAuthRoleGetRequest, decodeAuthRoleGetRequest);

export interface AuthUserListRequest {

}

export function encodeAuthUserListRequest(_m: Init<AuthUserListRequest>, w: Writer): Writer {

  return w;
}

export function decodeAuthUserListRequest(r: Reader, end: number): AuthUserListRequest {
  const m: AuthUserListRequest = {

  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {

      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const AuthUserListRequest: Codec<AuthUserListRequest> = codec(encodeAuthUserListRequest, decodeAuthUserListRequest);

export interface AuthRoleListRequest {

}

export function encodeAuthRoleListRequest(_m: Init<AuthRoleListRequest>, w: Writer): Writer {

  return w;
}

export function decodeAuthRoleListRequest(r: Reader, end: number): AuthRoleListRequest {
  const m: AuthRoleListRequest = {

  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {

      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const AuthRoleListRequest: Codec<AuthRoleListRequest> = codec(encodeAuthRoleListRequest, decodeAuthRoleListRequest);

export interface AuthRoleDeleteRequest {
  role: string;
}

export function encodeAuthRoleDeleteRequest(m: Init<AuthRoleDeleteRequest>, w: Writer): Writer {
  if (m.role !== undefined && m.role.length > 0) w.uint32(10).string(m.role);
  return w;
}

export function decodeAuthRoleDeleteRequest(r: Reader, end: number): AuthRoleDeleteRequest {
  const m: AuthRoleDeleteRequest = {
    role: '',
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.role = r.string();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const AuthRoleDeleteRequest: Codec<AuthRoleDeleteRequest> = codec(encodeAuthRoleDeleteRequest, decodeAuthRoleDeleteRequest);

export interface AuthRoleGrantPermissionRequest {
  name: string;
  perm: Permission | undefined;
}

export function encodeAuthRoleGrantPermissionRequest(m: Init<AuthRoleGrantPermissionRequest>, w: Writer): Writer {
  if (m.name !== undefined && m.name.length > 0) w.uint32(10).string(m.name);
  if (m.perm !== undefined) encodePermission(m.perm, w.uint32(18).fork()).ldelim();
  return w;
}

export function decodeAuthRoleGrantPermissionRequest(r: Reader, end: number): AuthRoleGrantPermissionRequest {
  const m: AuthRoleGrantPermissionRequest = {
    name: '',
    perm: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.name = r.string();
        break;
      case 2:
        m.perm = decodePermission(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const AuthRoleGrantPermissionRequest: Codec<AuthRoleGrantPermissionRequest> = codec(encodeAuthRoleGrantPermissionRequest, decodeAuthRoleGrantPermissionRequest);

export interface AuthRoleRevokePermissionRequest {
  role: string;
  key: Buffer;
  rangeEnd: Buffer;
}

export function encodeAuthRoleRevokePermissionRequest(m: Init<AuthRoleRevokePermissionRequest>, w: Writer): Writer {
  if (m.role !== undefined && m.role.length > 0) w.uint32(10).string(m.role);
  if (m.key !== undefined && m.key.length > 0) w.uint32(18).bytes(m.key);
  if (m.rangeEnd !== undefined && m.rangeEnd.length > 0) w.uint32(26).bytes(m.rangeEnd);
  return w;
}

export function decodeAuthRoleRevokePermissionRequest(r: Reader, end: number): AuthRoleRevokePermissionRequest {
  const m: AuthRoleRevokePermissionRequest = {
    role: '',
    key: EMPTY,
    rangeEnd: EMPTY,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.role = r.string();
        break;
      case 2:
        m.key = readBytes(r);
        break;
      case 3:
        m.rangeEnd = readBytes(r);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const AuthRoleRevokePermissionRequest: Codec<AuthRoleRevokePermissionRequest> = codec(encodeAuthRoleRevokePermissionRequest, decodeAuthRoleRevokePermissionRequest);

export interface AuthEnableResponse {
  header: ResponseHeader | undefined;
}

export function encodeAuthEnableResponse(m: Init<AuthEnableResponse>, w: Writer): Writer {
  if (m.header !== undefined) encodeResponseHeader(m.header, w.uint32(10).fork()).ldelim();
  return w;
}

export function decodeAuthEnableResponse(r: Reader, end: number): AuthEnableResponse {
  const m: AuthEnableResponse = {
    header: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.header = decodeResponseHeader(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const AuthEnableResponse: Codec<AuthEnableResponse> = codec(encodeAuthEnableResponse, decodeAuthEnableResponse);

export interface AuthDisableResponse {
  header: ResponseHeader | undefined;
}

export function encodeAuthDisableResponse(m: Init<AuthDisableResponse>, w: Writer): Writer {
  if (m.header !== undefined) encodeResponseHeader(m.header, w.uint32(10).fork()).ldelim();
  return w;
}

export function decodeAuthDisableResponse(r: Reader, end: number): AuthDisableResponse {
  const m: AuthDisableResponse = {
    header: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.header = decodeResponseHeader(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const AuthDisableResponse: Codec<AuthDisableResponse> = codec(encodeAuthDisableResponse, decodeAuthDisableResponse);

export interface AuthStatusResponse {
  header: ResponseHeader | undefined;
  enabled: boolean;
  authRevision: number;
}

export function encodeAuthStatusResponse(m: Init<AuthStatusResponse>, w: Writer): Writer {
  if (m.header !== undefined) encodeResponseHeader(m.header, w.uint32(10).fork()).ldelim();
  if (m.enabled !== undefined && m.enabled) w.uint32(16).bool(m.enabled);
  if (m.authRevision !== undefined && m.authRevision !== 0) w.uint32(24).uint64(m.authRevision);
  return w;
}

export function decodeAuthStatusResponse(r: Reader, end: number): AuthStatusResponse {
  const m: AuthStatusResponse = {
    header: undefined,
    enabled: false,
    authRevision: 0,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.header = decodeResponseHeader(r, r.uint32() + r.pos);
        break;
      case 2:
        m.enabled = r.bool();
        break;
      case 3:
        m.authRevision = readUint64(r);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const AuthStatusResponse: Codec<AuthStatusResponse> = codec(encodeAuthStatusResponse, decodeAuthStatusResponse);

export interface AuthenticateResponse {
  header: ResponseHeader | undefined;
  token: string;
}

export function encodeAuthenticateResponse(m: Init<AuthenticateResponse>, w: Writer): Writer {
  if (m.header !== undefined) encodeResponseHeader(m.header, w.uint32(10).fork()).ldelim();
  if (m.token !== undefined && m.token.length > 0) w.uint32(18).string(m.token);
  return w;
}

export function decodeAuthenticateResponse(r: Reader, end: number): AuthenticateResponse {
  const m: AuthenticateResponse = {
    header: undefined,
    token: '',
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.header = decodeResponseHeader(r, r.uint32() + r.pos);
        break;
      case 2:
        m.token = r.string();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const AuthenticateResponse: Codec<AuthenticateResponse> = codec(encodeAuthenticateResponse, decodeAuthenticateResponse);

export interface AuthUserAddResponse {
  header: ResponseHeader | undefined;
}

export function encodeAuthUserAddResponse(m: Init<AuthUserAddResponse>, w: Writer): Writer {
  if (m.header !== undefined) encodeResponseHeader(m.header, w.uint32(10).fork()).ldelim();
  return w;
}

export function decodeAuthUserAddResponse(r: Reader, end: number): AuthUserAddResponse {
  const m: AuthUserAddResponse = {
    header: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.header = decodeResponseHeader(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const AuthUserAddResponse: Codec<AuthUserAddResponse> = codec(encodeAuthUserAddResponse, decodeAuthUserAddResponse);

export interface AuthUserGetResponse {
  header: ResponseHeader | undefined;
  roles: string[];
}

export function encodeAuthUserGetResponse(m: Init<AuthUserGetResponse>, w: Writer): Writer {
  if (m.header !== undefined) encodeResponseHeader(m.header, w.uint32(10).fork()).ldelim();
  if (m.roles !== undefined) for (const item of m.roles) w.uint32(18).string(item);
  return w;
}

export function decodeAuthUserGetResponse(r: Reader, end: number): AuthUserGetResponse {
  const m: AuthUserGetResponse = {
    header: undefined,
    roles: [],
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.header = decodeResponseHeader(r, r.uint32() + r.pos);
        break;
      case 2:
        m.roles.push(r.string());
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const AuthUserGetResponse: Codec<AuthUserGetResponse> = codec(encodeAuthUserGetResponse, decodeAuthUserGetResponse);

export interface AuthUserDeleteResponse {
  header: ResponseHeader | undefined;
}

export function encodeAuthUserDeleteResponse(m: Init<AuthUserDeleteResponse>, w: Writer): Writer {
  if (m.header !== undefined) encodeResponseHeader(m.header, w.uint32(10).fork()).ldelim();
  return w;
}

export function decodeAuthUserDeleteResponse(r: Reader, end: number): AuthUserDeleteResponse {
  const m: AuthUserDeleteResponse = {
    header: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.header = decodeResponseHeader(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const AuthUserDeleteResponse: Codec<AuthUserDeleteResponse> = codec(encodeAuthUserDeleteResponse, decodeAuthUserDeleteResponse);

export interface AuthUserChangePasswordResponse {
  header: ResponseHeader | undefined;
}

export function encodeAuthUserChangePasswordResponse(m: Init<AuthUserChangePasswordResponse>, w: Writer): Writer {
  if (m.header !== undefined) encodeResponseHeader(m.header, w.uint32(10).fork()).ldelim();
  return w;
}

export function decodeAuthUserChangePasswordResponse(r: Reader, end: number): AuthUserChangePasswordResponse {
  const m: AuthUserChangePasswordResponse = {
    header: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.header = decodeResponseHeader(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const AuthUserChangePasswordResponse: Codec<AuthUserChangePasswordResponse> = codec(encodeAuthUserChangePasswordResponse, decodeAuthUserChangePasswordResponse);

export interface AuthUserGrantRoleResponse {
  header: ResponseHeader | undefined;
}

export function encodeAuthUserGrantRoleResponse(m: Init<AuthUserGrantRoleResponse>, w: Writer): Writer {
  if (m.header !== undefined) encodeResponseHeader(m.header, w.uint32(10).fork()).ldelim();
  return w;
}

export function decodeAuthUserGrantRoleResponse(r: Reader, end: number): AuthUserGrantRoleResponse {
  const m: AuthUserGrantRoleResponse = {
    header: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.header = decodeResponseHeader(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const AuthUserGrantRoleResponse: Codec<AuthUserGrantRoleResponse> = codec(encodeAuthUserGrantRoleResponse, decodeAuthUserGrantRoleResponse);

export interface AuthUserRevokeRoleResponse {
  header: ResponseHeader | undefined;
}

export function encodeAuthUserRevokeRoleResponse(m: Init<AuthUserRevokeRoleResponse>, w: Writer): Writer {
  if (m.header !== undefined) encodeResponseHeader(m.header, w.uint32(10).fork()).ldelim();
  return w;
}

export function decodeAuthUserRevokeRoleResponse(r: Reader, end: number): AuthUserRevokeRoleResponse {
  const m: AuthUserRevokeRoleResponse = {
    header: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.header = decodeResponseHeader(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const AuthUserRevokeRoleResponse: Codec<AuthUserRevokeRoleResponse> = codec(encodeAuthUserRevokeRoleResponse, decodeAuthUserRevokeRoleResponse);

export interface AuthRoleAddResponse {
  header: ResponseHeader | undefined;
}

export function encodeAuthRoleAddResponse(m: Init<AuthRoleAddResponse>, w: Writer): Writer {
  if (m.header !== undefined) encodeResponseHeader(m.header, w.uint32(10).fork()).ldelim();
  return w;
}

export function decodeAuthRoleAddResponse(r: Reader, end: number): AuthRoleAddResponse {
  const m: AuthRoleAddResponse = {
    header: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.header = decodeResponseHeader(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const AuthRoleAddResponse: Codec<AuthRoleAddResponse> = codec(encodeAuthRoleAddResponse, decodeAuthRoleAddResponse);

export interface AuthRoleGetResponse {
  header: ResponseHeader | undefined;
  perm: Permission[];
}

export function encodeAuthRoleGetResponse(m: Init<AuthRoleGetResponse>, w: Writer): Writer {
  if (m.header !== undefined) encodeResponseHeader(m.header, w.uint32(10).fork()).ldelim();
  if (m.perm !== undefined) for (const item of m.perm) encodePermission(item, w.uint32(18).fork()).ldelim();
  return w;
}

export function decodeAuthRoleGetResponse(r: Reader, end: number): AuthRoleGetResponse {
  const m: AuthRoleGetResponse = {
    header: undefined,
    perm: [],
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.header = decodeResponseHeader(r, r.uint32() + r.pos);
        break;
      case 2:
        m.perm.push(decodePermission(r, r.uint32() + r.pos));
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const AuthRoleGetResponse: Codec<AuthRoleGetResponse> = codec(encodeAuthRoleGetResponse, decodeAuthRoleGetResponse);

export interface AuthRoleListResponse {
  header: ResponseHeader | undefined;
  roles: string[];
}

export function encodeAuthRoleListResponse(m: Init<AuthRoleListResponse>, w: Writer): Writer {
  if (m.header !== undefined) encodeResponseHeader(m.header, w.uint32(10).fork()).ldelim();
  if (m.roles !== undefined) for (const item of m.roles) w.uint32(18).string(item);
  return w;
}

export function decodeAuthRoleListResponse(r: Reader, end: number): AuthRoleListResponse {
  const m: AuthRoleListResponse = {
    header: undefined,
    roles: [],
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.header = decodeResponseHeader(r, r.uint32() + r.pos);
        break;
      case 2:
        m.roles.push(r.string());
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const AuthRoleListResponse: Codec<AuthRoleListResponse> = codec(encodeAuthRoleListResponse, decodeAuthRoleListResponse);

export interface AuthUserListResponse {
  header: ResponseHeader | undefined;
  users: string[];
}

export function encodeAuthUserListResponse(m: Init<AuthUserListResponse>, w: Writer): Writer {
  if (m.header !== undefined) encodeResponseHeader(m.header, w.uint32(10).fork()).ldelim();
  if (m.users !== undefined) for (const item of m.users) w.uint32(18).string(item);
  return w;
}

export function decodeAuthUserListResponse(r: Reader, end: number): AuthUserListResponse {
  const m: AuthUserListResponse = {
    header: undefined,
    users: [],
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.header = decodeResponseHeader(r, r.uint32() + r.pos);
        break;
      case 2:
        m.users.push(r.string());
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const AuthUserListResponse: Codec<AuthUserListResponse> = codec(encodeAuthUserListResponse, decodeAuthUserListResponse);

export interface AuthRoleDeleteResponse {
  header: ResponseHeader | undefined;
}

export function encodeAuthRoleDeleteResponse(m: Init<AuthRoleDeleteResponse>, w: Writer): Writer {
  if (m.header !== undefined) encodeResponseHeader(m.header, w.uint32(10).fork()).ldelim();
  return w;
}

export function decodeAuthRoleDeleteResponse(r: Reader, end: number): AuthRoleDeleteResponse {
  const m: AuthRoleDeleteResponse = {
    header: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.header = decodeResponseHeader(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const AuthRoleDeleteResponse: Codec<AuthRoleDeleteResponse> = codec(encodeAuthRoleDeleteResponse, decodeAuthRoleDeleteResponse);

export interface AuthRoleGrantPermissionResponse {
  header: ResponseHeader | undefined;
}

export function encodeAuthRoleGrantPermissionResponse(m: Init<AuthRoleGrantPermissionResponse>, w: Writer): Writer {
  if (m.header !== undefined) encodeResponseHeader(m.header, w.uint32(10).fork()).ldelim();
  return w;
}

export function decodeAuthRoleGrantPermissionResponse(r: Reader, end: number): AuthRoleGrantPermissionResponse {
  const m: AuthRoleGrantPermissionResponse = {
    header: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.header = decodeResponseHeader(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const AuthRoleGrantPermissionResponse: Codec<AuthRoleGrantPermissionResponse> = codec(encodeAuthRoleGrantPermissionResponse, decodeAuthRoleGrantPermissionResponse);

export interface AuthRoleRevokePermissionResponse {
  header: ResponseHeader | undefined;
}

export function encodeAuthRoleRevokePermissionResponse(m: Init<AuthRoleRevokePermissionResponse>, w: Writer): Writer {
  if (m.header !== undefined) encodeResponseHeader(m.header, w.uint32(10).fork()).ldelim();
  return w;
}

export function decodeAuthRoleRevokePermissionResponse(r: Reader, end: number): AuthRoleRevokePermissionResponse {
  const m: AuthRoleRevokePermissionResponse = {
    header: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.header = decodeResponseHeader(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const AuthRoleRevokePermissionResponse: Codec<AuthRoleRevokePermissionResponse> = codec(encodeAuthRoleRevokePermissionResponse, decodeAuthRoleRevokePermissionResponse);

export interface KeyValue {
  key: Buffer;
  createRevision: number;
  modRevision: number;
  version: number;
  value: Buffer;
  lease: bigint;
}

export function encodeKeyValue(m: Init<KeyValue>, w: Writer): Writer {
  if (m.key !== undefined && m.key.length > 0) w.uint32(10).bytes(m.key);
  if (m.createRevision !== undefined && m.createRevision !== 0) w.uint32(16).int64(m.createRevision);
  if (m.modRevision !== undefined && m.modRevision !== 0) w.uint32(24).int64(m.modRevision);
  if (m.version !== undefined && m.version !== 0) w.uint32(32).int64(m.version);
  if (m.value !== undefined && m.value.length > 0) w.uint32(42).bytes(m.value);
  if (m.lease !== undefined && m.lease !== 0n) w.uint32(48).int64(writeBigInt(m.lease));
  return w;
}

export function decodeKeyValue(r: Reader, end: number): KeyValue {
  const m: KeyValue = {
    key: EMPTY,
    createRevision: 0,
    modRevision: 0,
    version: 0,
    value: EMPTY,
    lease: 0n,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.key = readBytes(r);
        break;
      case 2:
        m.createRevision = readInt64(r);
        break;
      case 3:
        m.modRevision = readInt64(r);
        break;
      case 4:
        m.version = readInt64(r);
        break;
      case 5:
        m.value = readBytes(r);
        break;
      case 6:
        m.lease = readBigInt64(r);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const KeyValue: Codec<KeyValue> = codec(encodeKeyValue, decodeKeyValue);

export interface Event {
  type: EventType;
  kv: KeyValue | undefined;
  prevKv: KeyValue | undefined;
}

export function encodeEvent(m: Init<Event>, w: Writer): Writer {
  if (m.type !== undefined && m.type !== 0) w.uint32(8).int32(m.type);
  if (m.kv !== undefined) encodeKeyValue(m.kv, w.uint32(18).fork()).ldelim();
  if (m.prevKv !== undefined) encodeKeyValue(m.prevKv, w.uint32(26).fork()).ldelim();
  return w;
}

export function decodeEvent(r: Reader, end: number): Event {
  const m: Event = {
    type: EventType.PUT,
    kv: undefined,
    prevKv: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.type = r.int32() as EventType;
        break;
      case 2:
        m.kv = decodeKeyValue(r, r.uint32() + r.pos);
        break;
      case 3:
        m.prevKv = decodeKeyValue(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const Event: Codec<Event> = codec(encodeEvent, decodeEvent);

export interface Lease {
  ID: bigint;
  TTL: number;
  RemainingTTL: number;
}

export function encodeLease(m: Init<Lease>, w: Writer): Writer {
  if (m.ID !== undefined && m.ID !== 0n) w.uint32(8).int64(writeBigInt(m.ID));
  if (m.TTL !== undefined && m.TTL !== 0) w.uint32(16).int64(m.TTL);
  if (m.RemainingTTL !== undefined && m.RemainingTTL !== 0) w.uint32(24).int64(m.RemainingTTL);
  return w;
}

export function decodeLease(r: Reader, end: number): Lease {
  const m: Lease = {
    ID: 0n,
    TTL: 0,
    RemainingTTL: 0,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.ID = readBigInt64(r);
        break;
      case 2:
        m.TTL = readInt64(r);
        break;
      case 3:
        m.RemainingTTL = readInt64(r);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const Lease: Codec<Lease> = codec(encodeLease, decodeLease);

export interface LockRequest {
  name: Buffer;
  lease: bigint;
}

export function encodeLockRequest(m: Init<LockRequest>, w: Writer): Writer {
  if (m.name !== undefined && m.name.length > 0) w.uint32(10).bytes(m.name);
  if (m.lease !== undefined && m.lease !== 0n) w.uint32(16).int64(writeBigInt(m.lease));
  return w;
}

export function decodeLockRequest(r: Reader, end: number): LockRequest {
  const m: LockRequest = {
    name: EMPTY,
    lease: 0n,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.name = readBytes(r);
        break;
      case 2:
        m.lease = readBigInt64(r);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const LockRequest: Codec<LockRequest> = codec(encodeLockRequest, decodeLockRequest);

export interface LockResponse {
  header: ResponseHeader | undefined;
  key: Buffer;
}

export function encodeLockResponse(m: Init<LockResponse>, w: Writer): Writer {
  if (m.header !== undefined) encodeResponseHeader(m.header, w.uint32(10).fork()).ldelim();
  if (m.key !== undefined && m.key.length > 0) w.uint32(18).bytes(m.key);
  return w;
}

export function decodeLockResponse(r: Reader, end: number): LockResponse {
  const m: LockResponse = {
    header: undefined,
    key: EMPTY,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.header = decodeResponseHeader(r, r.uint32() + r.pos);
        break;
      case 2:
        m.key = readBytes(r);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const LockResponse: Codec<LockResponse> = codec(encodeLockResponse, decodeLockResponse);

export interface UnlockRequest {
  key: Buffer;
}

export function encodeUnlockRequest(m: Init<UnlockRequest>, w: Writer): Writer {
  if (m.key !== undefined && m.key.length > 0) w.uint32(10).bytes(m.key);
  return w;
}

export function decodeUnlockRequest(r: Reader, end: number): UnlockRequest {
  const m: UnlockRequest = {
    key: EMPTY,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.key = readBytes(r);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const UnlockRequest: Codec<UnlockRequest> = codec(encodeUnlockRequest, decodeUnlockRequest);

export interface UnlockResponse {
  header: ResponseHeader | undefined;
}

export function encodeUnlockResponse(m: Init<UnlockResponse>, w: Writer): Writer {
  if (m.header !== undefined) encodeResponseHeader(m.header, w.uint32(10).fork()).ldelim();
  return w;
}

export function decodeUnlockResponse(r: Reader, end: number): UnlockResponse {
  const m: UnlockResponse = {
    header: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.header = decodeResponseHeader(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const UnlockResponse: Codec<UnlockResponse> = codec(encodeUnlockResponse, decodeUnlockResponse);

export const ElectionService = {
  campaign: method('/v3electionpb.Election/Campaign', CampaignRequest, CampaignResponse, false, false),
  proclaim: method('/v3electionpb.Election/Proclaim', ProclaimRequest, ProclaimResponse, false, false),
  leader: method('/v3electionpb.Election/Leader', LeaderRequest, LeaderResponse, false, false),
  observe: method('/v3electionpb.Election/Observe', LeaderRequest, LeaderResponse, false, true),
  resign: method('/v3electionpb.Election/Resign', ResignRequest, ResignResponse, false, false),
} as const;

export const KVService = {
  range: method('/etcdserverpb.KV/Range', RangeRequest, RangeResponse, false, false),
  put: method('/etcdserverpb.KV/Put', PutRequest, PutResponse, false, false),
  deleteRange: method('/etcdserverpb.KV/DeleteRange', DeleteRangeRequest, DeleteRangeResponse, false, false),
  txn: method('/etcdserverpb.KV/Txn', TxnRequest, TxnResponse, false, false),
  compact: method('/etcdserverpb.KV/Compact', CompactionRequest, CompactionResponse, false, false),
} as const;

export const WatchService = {
  watch: method('/etcdserverpb.Watch/Watch', WatchRequest, WatchResponse, true, true),
} as const;

export const LeaseService = {
  leaseGrant: method('/etcdserverpb.Lease/LeaseGrant', LeaseGrantRequest, LeaseGrantResponse, false, false),
  leaseRevoke: method('/etcdserverpb.Lease/LeaseRevoke', LeaseRevokeRequest, LeaseRevokeResponse, false, false),
  leaseKeepAlive: method('/etcdserverpb.Lease/LeaseKeepAlive', LeaseKeepAliveRequest, LeaseKeepAliveResponse, true, true),
  leaseTimeToLive: method('/etcdserverpb.Lease/LeaseTimeToLive', LeaseTimeToLiveRequest, LeaseTimeToLiveResponse, false, false),
  leaseLeases: method('/etcdserverpb.Lease/LeaseLeases', LeaseLeasesRequest, LeaseLeasesResponse, false, false),
} as const;

export const ClusterService = {
  memberAdd: method('/etcdserverpb.Cluster/MemberAdd', MemberAddRequest, MemberAddResponse, false, false),
  memberRemove: method('/etcdserverpb.Cluster/MemberRemove', MemberRemoveRequest, MemberRemoveResponse, false, false),
  memberUpdate: method('/etcdserverpb.Cluster/MemberUpdate', MemberUpdateRequest, MemberUpdateResponse, false, false),
  memberList: method('/etcdserverpb.Cluster/MemberList', MemberListRequest, MemberListResponse, false, false),
  memberPromote: method('/etcdserverpb.Cluster/MemberPromote', MemberPromoteRequest, MemberPromoteResponse, false, false),
} as const;

export const MaintenanceService = {
  alarm: method('/etcdserverpb.Maintenance/Alarm', AlarmRequest, AlarmResponse, false, false),
  status: method('/etcdserverpb.Maintenance/Status', StatusRequest, StatusResponse, false, false),
  defragment: method('/etcdserverpb.Maintenance/Defragment', DefragmentRequest, DefragmentResponse, false, false),
  hash: method('/etcdserverpb.Maintenance/Hash', HashRequest, HashResponse, false, false),
  hashKV: method('/etcdserverpb.Maintenance/HashKV', HashKVRequest, HashKVResponse, false, false),
  snapshot: method('/etcdserverpb.Maintenance/Snapshot', SnapshotRequest, SnapshotResponse, false, true),
  moveLeader: method('/etcdserverpb.Maintenance/MoveLeader', MoveLeaderRequest, MoveLeaderResponse, false, false),
  downgrade: method('/etcdserverpb.Maintenance/Downgrade', DowngradeRequest, DowngradeResponse, false, false),
} as const;

export const AuthService = {
  authEnable: method('/etcdserverpb.Auth/AuthEnable', AuthEnableRequest, AuthEnableResponse, false, false),
  authDisable: method('/etcdserverpb.Auth/AuthDisable', AuthDisableRequest, AuthDisableResponse, false, false),
  authStatus: method('/etcdserverpb.Auth/AuthStatus', AuthStatusRequest, AuthStatusResponse, false, false),
  authenticate: method('/etcdserverpb.Auth/Authenticate', AuthenticateRequest, AuthenticateResponse, false, false),
  userAdd: method('/etcdserverpb.Auth/UserAdd', AuthUserAddRequest, AuthUserAddResponse, false, false),
  userGet: method('/etcdserverpb.Auth/UserGet', AuthUserGetRequest, AuthUserGetResponse, false, false),
  userList: method('/etcdserverpb.Auth/UserList', AuthUserListRequest, AuthUserListResponse, false, false),
  userDelete: method('/etcdserverpb.Auth/UserDelete', AuthUserDeleteRequest, AuthUserDeleteResponse, false, false),
  userChangePassword: method('/etcdserverpb.Auth/UserChangePassword', AuthUserChangePasswordRequest, AuthUserChangePasswordResponse, false, false),
  userGrantRole: method('/etcdserverpb.Auth/UserGrantRole', AuthUserGrantRoleRequest, AuthUserGrantRoleResponse, false, false),
  userRevokeRole: method('/etcdserverpb.Auth/UserRevokeRole', AuthUserRevokeRoleRequest, AuthUserRevokeRoleResponse, false, false),
  roleAdd: method('/etcdserverpb.Auth/RoleAdd', AuthRoleAddRequest, AuthRoleAddResponse, false, false),
  roleGet: method('/etcdserverpb.Auth/RoleGet', AuthRoleGetRequest, AuthRoleGetResponse, false, false),
  roleList: method('/etcdserverpb.Auth/RoleList', AuthRoleListRequest, AuthRoleListResponse, false, false),
  roleDelete: method('/etcdserverpb.Auth/RoleDelete', AuthRoleDeleteRequest, AuthRoleDeleteResponse, false, false),
  roleGrantPermission: method('/etcdserverpb.Auth/RoleGrantPermission', AuthRoleGrantPermissionRequest, AuthRoleGrantPermissionResponse, false, false),
  roleRevokePermission: method('/etcdserverpb.Auth/RoleRevokePermission', AuthRoleRevokePermissionRequest, AuthRoleRevokePermissionResponse, false, false),
} as const;

export const LockService = {
  lock: method('/v3lockpb.Lock/Lock', LockRequest, LockResponse, false, false),
  unlock: method('/v3lockpb.Lock/Unlock', UnlockRequest, UnlockResponse, false, false),
} as const;
