// Generated from proto/keelson/v1 by scripts/generate-protocol.mjs. Do not edit.
import { EMPTY, readBytes, readInt64, codec, method, type Codec, type Init, type Reader, type Writer } from '../codec.js';

export interface ResourceType {
  group: string;
  version: string;
  resource: string;
}

export function encodeResourceType(m: Init<ResourceType>, w: Writer): Writer {
  if (m.group !== undefined && m.group.length > 0) w.uint32(10).string(m.group);
  if (m.version !== undefined && m.version.length > 0) w.uint32(18).string(m.version);
  if (m.resource !== undefined && m.resource.length > 0) w.uint32(26).string(m.resource);
  return w;
}

export function decodeResourceType(r: Reader, end: number): ResourceType {
  const m: ResourceType = {
    group: '',
    version: '',
    resource: '',
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.group = r.string();
        break;
      case 2:
        m.version = r.string();
        break;
      case 3:
        m.resource = r.string();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const ResourceType: Codec<ResourceType> = codec(encodeResourceType, decodeResourceType);

export interface GetRequest {
  type: ResourceType | undefined;
  namespace: string;
  name: string;
  subresource: string;
  resourceVersion: string;
  table: boolean;
  includeObject: string;
  labelSelector: string;
  metricLabelSelector: string;
}

export function encodeGetRequest(m: Init<GetRequest>, w: Writer): Writer {
  if (m.type !== undefined) encodeResourceType(m.type, w.uint32(10).fork()).ldelim();
  if (m.namespace !== undefined && m.namespace.length > 0) w.uint32(18).string(m.namespace);
  if (m.name !== undefined && m.name.length > 0) w.uint32(26).string(m.name);
  if (m.subresource !== undefined && m.subresource.length > 0) w.uint32(34).string(m.subresource);
  if (m.resourceVersion !== undefined && m.resourceVersion.length > 0) w.uint32(42).string(m.resourceVersion);
  if (m.table !== undefined && m.table) w.uint32(48).bool(m.table);
  if (m.includeObject !== undefined && m.includeObject.length > 0) w.uint32(58).string(m.includeObject);
  if (m.labelSelector !== undefined && m.labelSelector.length > 0) w.uint32(66).string(m.labelSelector);
  if (m.metricLabelSelector !== undefined && m.metricLabelSelector.length > 0) w.uint32(74).string(m.metricLabelSelector);
  return w;
}

export function decodeGetRequest(r: Reader, end: number): GetRequest {
  const m: GetRequest = {
    type: undefined,
    namespace: '',
    name: '',
    subresource: '',
    resourceVersion: '',
    table: false,
    includeObject: '',
    labelSelector: '',
    metricLabelSelector: '',
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.type = decodeResourceType(r, r.uint32() + r.pos);
        break;
      case 2:
        m.namespace = r.string();
        break;
      case 3:
        m.name = r.string();
        break;
      case 4:
        m.subresource = r.string();
        break;
      case 5:
        m.resourceVersion = r.string();
        break;
      case 6:
        m.table = r.bool();
        break;
      case 7:
        m.includeObject = r.string();
        break;
      case 8:
        m.labelSelector = r.string();
        break;
      case 9:
        m.metricLabelSelector = r.string();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const GetRequest: Codec<GetRequest> = codec(encodeGetRequest, decodeGetRequest);

export interface ListRequest {
  type: ResourceType | undefined;
  namespace: string;
  labelSelector: string;
  fieldSelector: string;
  resourceVersion: string;
  resourceVersionMatch: string;
  limit: number;
  continueToken: string;
  table: boolean;
  includeObject: string;
}

export function encodeListRequest(m: Init<ListRequest>, w: Writer): Writer {
  if (m.type !== undefined) encodeResourceType(m.type, w.uint32(10).fork()).ldelim();
  if (m.namespace !== undefined && m.namespace.length > 0) w.uint32(18).string(m.namespace);
  if (m.labelSelector !== undefined && m.labelSelector.length > 0) w.uint32(26).string(m.labelSelector);
  if (m.fieldSelector !== undefined && m.fieldSelector.length > 0) w.uint32(34).string(m.fieldSelector);
  if (m.resourceVersion !== undefined && m.resourceVersion.length > 0) w.uint32(42).string(m.resourceVersion);
  if (m.resourceVersionMatch !== undefined && m.resourceVersionMatch.length > 0) w.uint32(50).string(m.resourceVersionMatch);
  if (m.limit !== undefined && m.limit !== 0) w.uint32(56).int64(m.limit);
  if (m.continueToken !== undefined && m.continueToken.length > 0) w.uint32(66).string(m.continueToken);
  if (m.table !== undefined && m.table) w.uint32(72).bool(m.table);
  if (m.includeObject !== undefined && m.includeObject.length > 0) w.uint32(82).string(m.includeObject);
  return w;
}

export function decodeListRequest(r: Reader, end: number): ListRequest {
  const m: ListRequest = {
    type: undefined,
    namespace: '',
    labelSelector: '',
    fieldSelector: '',
    resourceVersion: '',
    resourceVersionMatch: '',
    limit: 0,
    continueToken: '',
    table: false,
    includeObject: '',
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.type = decodeResourceType(r, r.uint32() + r.pos);
        break;
      case 2:
        m.namespace = r.string();
        break;
      case 3:
        m.labelSelector = r.string();
        break;
      case 4:
        m.fieldSelector = r.string();
        break;
      case 5:
        m.resourceVersion = r.string();
        break;
      case 6:
        m.resourceVersionMatch = r.string();
        break;
      case 7:
        m.limit = readInt64(r);
        break;
      case 8:
        m.continueToken = r.string();
        break;
      case 9:
        m.table = r.bool();
        break;
      case 10:
        m.includeObject = r.string();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const ListRequest: Codec<ListRequest> = codec(encodeListRequest, decodeListRequest);

export interface WatchRequest {
  type: ResourceType | undefined;
  namespace: string;
  labelSelector: string;
  fieldSelector: string;
  resourceVersion: string;
  resourceVersionMatch: string;
  allowWatchBookmarks: boolean;
  sendInitialEvents: boolean | undefined;
  timeoutSeconds: number;
  table: boolean;
  includeObject: string;
}

export function encodeWatchRequest(m: Init<WatchRequest>, w: Writer): Writer {
  if (m.type !== undefined) encodeResourceType(m.type, w.uint32(10).fork()).ldelim();
  if (m.namespace !== undefined && m.namespace.length > 0) w.uint32(18).string(m.namespace);
  if (m.labelSelector !== undefined && m.labelSelector.length > 0) w.uint32(26).string(m.labelSelector);
  if (m.fieldSelector !== undefined && m.fieldSelector.length > 0) w.uint32(34).string(m.fieldSelector);
  if (m.resourceVersion !== undefined && m.resourceVersion.length > 0) w.uint32(42).string(m.resourceVersion);
  if (m.resourceVersionMatch !== undefined && m.resourceVersionMatch.length > 0) w.uint32(50).string(m.resourceVersionMatch);
  if (m.allowWatchBookmarks !== undefined && m.allowWatchBookmarks) w.uint32(56).bool(m.allowWatchBookmarks);
  if (m.sendInitialEvents !== undefined) w.uint32(64).bool(m.sendInitialEvents);
  if (m.timeoutSeconds !== undefined && m.timeoutSeconds !== 0) w.uint32(72).int64(m.timeoutSeconds);
  if (m.table !== undefined && m.table) w.uint32(80).bool(m.table);
  if (m.includeObject !== undefined && m.includeObject.length > 0) w.uint32(90).string(m.includeObject);
  return w;
}

export function decodeWatchRequest(r: Reader, end: number): WatchRequest {
  const m: WatchRequest = {
    type: undefined,
    namespace: '',
    labelSelector: '',
    fieldSelector: '',
    resourceVersion: '',
    resourceVersionMatch: '',
    allowWatchBookmarks: false,
    sendInitialEvents: undefined,
    timeoutSeconds: 0,
    table: false,
    includeObject: '',
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.type = decodeResourceType(r, r.uint32() + r.pos);
        break;
      case 2:
        m.namespace = r.string();
        break;
      case 3:
        m.labelSelector = r.string();
        break;
      case 4:
        m.fieldSelector = r.string();
        break;
      case 5:
        m.resourceVersion = r.string();
        break;
      case 6:
        m.resourceVersionMatch = r.string();
        break;
      case 7:
        m.allowWatchBookmarks = r.bool();
        break;
      case 8:
        m.sendInitialEvents = r.bool();
        break;
      case 9:
        m.timeoutSeconds = readInt64(r);
        break;
      case 10:
        m.table = r.bool();
        break;
      case 11:
        m.includeObject = r.string();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const WatchRequest: Codec<WatchRequest> = codec(encodeWatchRequest, decodeWatchRequest);

export interface WatchResponse {
  events: WatchEvent[];
}

export function encodeWatchResponse(m: Init<WatchResponse>, w: Writer): Writer {
  if (m.events !== undefined) for (const item of m.events) encodeWatchEvent(item, w.uint32(10).fork()).ldelim();
  return w;
}

export function decodeWatchResponse(r: Reader, end: number): WatchResponse {
  const m: WatchResponse = {
    events: [],
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.events.push(decodeWatchEvent(r, r.uint32() + r.pos));
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const WatchResponse: Codec<WatchResponse> = codec(encodeWatchResponse, decodeWatchResponse);

export interface WatchEvent {
  type: string;
  object: Buffer;
}

export function encodeWatchEvent(m: Init<WatchEvent>, w: Writer): Writer {
  if (m.type !== undefined && m.type.length > 0) w.uint32(10).string(m.type);
  if (m.object !== undefined && m.object.length > 0) w.uint32(18).bytes(m.object);
  return w;
}

export function decodeWatchEvent(r: Reader, end: number): WatchEvent {
  const m: WatchEvent = {
    type: '',
    object: EMPTY,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.type = r.string();
        break;
      case 2:
        m.object = readBytes(r);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const WatchEvent: Codec<WatchEvent> = codec(encodeWatchEvent, decodeWatchEvent);

export interface CreateRequest {
  type: ResourceType | undefined;
  namespace: string;
  name: string;
  subresource: string;
  object: Buffer;
  options: WriteOptions | undefined;
}

export function encodeCreateRequest(m: Init<CreateRequest>, w: Writer): Writer {
  if (m.type !== undefined) encodeResourceType(m.type, w.uint32(10).fork()).ldelim();
  if (m.namespace !== undefined && m.namespace.length > 0) w.uint32(18).string(m.namespace);
  if (m.name !== undefined && m.name.length > 0) w.uint32(26).string(m.name);
  if (m.subresource !== undefined && m.subresource.length > 0) w.uint32(34).string(m.subresource);
  if (m.object !== undefined && m.object.length > 0) w.uint32(42).bytes(m.object);
  if (m.options !== undefined) encodeWriteOptions(m.options, w.uint32(50).fork()).ldelim();
  return w;
}

export function decodeCreateRequest(r: Reader, end: number): CreateRequest {
  const m: CreateRequest = {
    type: undefined,
    namespace: '',
    name: '',
    subresource: '',
    object: EMPTY,
    options: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.type = decodeResourceType(r, r.uint32() + r.pos);
        break;
      case 2:
        m.namespace = r.string();
        break;
      case 3:
        m.name = r.string();
        break;
      case 4:
        m.subresource = r.string();
        break;
      case 5:
        m.object = readBytes(r);
        break;
      case 6:
        m.options = decodeWriteOptions(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const CreateRequest: Codec<CreateRequest> = codec(encodeCreateRequest, decodeCreateRequest);

export interface UpdateRequest {
  type: ResourceType | undefined;
  namespace: string;
  name: string;
  subresource: string;
  object: Buffer;
  options: WriteOptions | undefined;
}

export function encodeUpdateRequest(m: Init<UpdateRequest>, w: Writer): Writer {
  if (m.type !== undefined) encodeResourceType(m.type, w.uint32(10).fork()).ldelim();
  if (m.namespace !== undefined && m.namespace.length > 0) w.uint32(18).string(m.namespace);
  if (m.name !== undefined && m.name.length > 0) w.uint32(26).string(m.name);
  if (m.subresource !== undefined && m.subresource.length > 0) w.uint32(34).string(m.subresource);
  if (m.object !== undefined && m.object.length > 0) w.uint32(42).bytes(m.object);
  if (m.options !== undefined) encodeWriteOptions(m.options, w.uint32(50).fork()).ldelim();
  return w;
}

export function decodeUpdateRequest(r: Reader, end: number): UpdateRequest {
  const m: UpdateRequest = {
    type: undefined,
    namespace: '',
    name: '',
    subresource: '',
    object: EMPTY,
    options: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.type = decodeResourceType(r, r.uint32() + r.pos);
        break;
      case 2:
        m.namespace = r.string();
        break;
      case 3:
        m.name = r.string();
        break;
      case 4:
        m.subresource = r.string();
        break;
      case 5:
        m.object = readBytes(r);
        break;
      case 6:
        m.options = decodeWriteOptions(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const UpdateRequest: Codec<UpdateRequest> = codec(encodeUpdateRequest, decodeUpdateRequest);

export interface PatchRequest {
  type: ResourceType | undefined;
  namespace: string;
  name: string;
  subresource: string;
  patchType: string;
  patch: Buffer;
  options: WriteOptions | undefined;
  force: boolean | undefined;
}

export function encodePatchRequest(m: Init<PatchRequest>, w: Writer): Writer {
  if (m.type !== undefined) encodeResourceType(m.type, w.uint32(10).fork()).ldelim();
  if (m.namespace !== undefined && m.namespace.length > 0) w.uint32(18).string(m.namespace);
  if (m.name !== undefined && m.name.length > 0) w.uint32(26).string(m.name);
  if (m.subresource !== undefined && m.subresource.length > 0) w.uint32(34).string(m.subresource);
  if (m.patchType !== undefined && m.patchType.length > 0) w.uint32(42).string(m.patchType);
  if (m.patch !== undefined && m.patch.length > 0) w.uint32(50).bytes(m.patch);
  if (m.options !== undefined) encodeWriteOptions(m.options, w.uint32(58).fork()).ldelim();
  if (m.force !== undefined) w.uint32(64).bool(m.force);
  return w;
}

export function decodePatchRequest(r: Reader, end: number): PatchRequest {
  const m: PatchRequest = {
    type: undefined,
    namespace: '',
    name: '',
    subresource: '',
    patchType: '',
    patch: EMPTY,
    options: undefined,
    force: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.type = decodeResourceType(r, r.uint32() + r.pos);
        break;
      case 2:
        m.namespace = r.string();
        break;
      case 3:
        m.name = r.string();
        break;
      case 4:
        m.subresource = r.string();
        break;
      case 5:
        m.patchType = r.string();
        break;
      case 6:
        m.patch = readBytes(r);
        break;
      case 7:
        m.options = decodeWriteOptions(r, r.uint32() + r.pos);
        break;
      case 8:
        m.force = r.bool();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const PatchRequest: Codec<PatchRequest> = codec(encodePatchRequest, decodePatchRequest);

export interface WriteOptions {
  dryRun: string[];
  fieldManager: string;
  fieldValidation: string;
}

export function encodeWriteOptions(m: Init<WriteOptions>, w: Writer): Writer {
  if (m.dryRun !== undefined) for (const item of m.dryRun) w.uint32(10).string(item);
  if (m.fieldManager !== undefined && m.fieldManager.length > 0) w.uint32(18).string(m.fieldManager);
  if (m.fieldValidation !== undefined && m.fieldValidation.length > 0) w.uint32(26).string(m.fieldValidation);
  return w;
}

export function decodeWriteOptions(r: Reader, end: number): WriteOptions {
  const m: WriteOptions = {
    dryRun: [],
    fieldManager: '',
    fieldValidation: '',
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.dryRun.push(r.string());
        break;
      case 2:
        m.fieldManager = r.string();
        break;
      case 3:
        m.fieldValidation = r.string();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const WriteOptions: Codec<WriteOptions> = codec(encodeWriteOptions, decodeWriteOptions);

export interface DeleteRequest {
  type: ResourceType | undefined;
  namespace: string;
  name: string;
  options: Buffer;
}

export function encodeDeleteRequest(m: Init<DeleteRequest>, w: Writer): Writer {
  if (m.type !== undefined) encodeResourceType(m.type, w.uint32(10).fork()).ldelim();
  if (m.namespace !== undefined && m.namespace.length > 0) w.uint32(18).string(m.namespace);
  if (m.name !== undefined && m.name.length > 0) w.uint32(26).string(m.name);
  if (m.options !== undefined && m.options.length > 0) w.uint32(34).bytes(m.options);
  return w;
}

export function decodeDeleteRequest(r: Reader, end: number): DeleteRequest {
  const m: DeleteRequest = {
    type: undefined,
    namespace: '',
    name: '',
    options: EMPTY,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.type = decodeResourceType(r, r.uint32() + r.pos);
        break;
      case 2:
        m.namespace = r.string();
        break;
      case 3:
        m.name = r.string();
        break;
      case 4:
        m.options = readBytes(r);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const DeleteRequest: Codec<DeleteRequest> = codec(encodeDeleteRequest, decodeDeleteRequest);

export interface DeleteCollectionRequest {
  type: ResourceType | undefined;
  namespace: string;
  labelSelector: string;
  fieldSelector: string;
  options: Buffer;
  resourceVersion: string;
  resourceVersionMatch: string;
  limit: number;
  continueToken: string;
}

export function encodeDeleteCollectionRequest(m: Init<DeleteCollectionRequest>, w: Writer): Writer {
  if (m.type !== undefined) encodeResourceType(m.type, w.uint32(10).fork()).ldelim();
  if (m.namespace !== undefined && m.namespace.length > 0) w.uint32(18).string(m.namespace);
  if (m.labelSelector !== undefined && m.labelSelector.length > 0) w.uint32(26).string(m.labelSelector);
  if (m.fieldSelector !== undefined && m.fieldSelector.length > 0) w.uint32(34).string(m.fieldSelector);
  if (m.options !== undefined && m.options.length > 0) w.uint32(42).bytes(m.options);
  if (m.resourceVersion !== undefined && m.resourceVersion.length > 0) w.uint32(50).string(m.resourceVersion);
  if (m.resourceVersionMatch !== undefined && m.resourceVersionMatch.length > 0) w.uint32(58).string(m.resourceVersionMatch);
  if (m.limit !== undefined && m.limit !== 0) w.uint32(64).int64(m.limit);
  if (m.continueToken !== undefined && m.continueToken.length > 0) w.uint32(74).string(m.continueToken);
  return w;
}

export function decodeDeleteCollectionRequest(r: Reader, end: number): DeleteCollectionRequest {
  const m: DeleteCollectionRequest = {
    type: undefined,
    namespace: '',
    labelSelector: '',
    fieldSelector: '',
    options: EMPTY,
    resourceVersion: '',
    resourceVersionMatch: '',
    limit: 0,
    continueToken: '',
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.type = decodeResourceType(r, r.uint32() + r.pos);
        break;
      case 2:
        m.namespace = r.string();
        break;
      case 3:
        m.labelSelector = r.string();
        break;
      case 4:
        m.fieldSelector = r.string();
        break;
      case 5:
        m.options = readBytes(r);
        break;
      case 6:
        m.resourceVersion = r.string();
        break;
      case 7:
        m.resourceVersionMatch = r.string();
        break;
      case 8:
        m.limit = readInt64(r);
        break;
      case 9:
        m.continueToken = r.string();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const DeleteCollectionRequest: Codec<DeleteCollectionRequest> = codec(encodeDeleteCollectionRequest, decodeDeleteCollectionRequest);

export interface ObjectResponse {
  object: Buffer;
  warnings: string[];
}

export function encodeObjectResponse(m: Init<ObjectResponse>, w: Writer): Writer {
  if (m.object !== undefined && m.object.length > 0) w.uint32(10).bytes(m.object);
  if (m.warnings !== undefined) for (const item of m.warnings) w.uint32(18).string(item);
  return w;
}

export function decodeObjectResponse(r: Reader, end: number): ObjectResponse {
  const m: ObjectResponse = {
    object: EMPTY,
    warnings: [],
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.object = readBytes(r);
        break;
      case 2:
        m.warnings.push(r.string());
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const ObjectResponse: Codec<ObjectResponse> = codec(encodeObjectResponse, decodeObjectResponse);

export interface DiscoveryRequest {

}

export function encodeDiscoveryRequest(_m: Init<DiscoveryRequest>, w: Writer): Writer {

  return w;
}

export function decodeDiscoveryRequest(r: Reader, end: number): DiscoveryRequest {
  const m: DiscoveryRequest = {

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

export const DiscoveryRequest: Codec<DiscoveryRequest> = codec(encodeDiscoveryRequest, decodeDiscoveryRequest);

export interface DiscoveryResponse {
  groups: Buffer;
  version: Buffer;
}

export function encodeDiscoveryResponse(m: Init<DiscoveryResponse>, w: Writer): Writer {
  if (m.groups !== undefined && m.groups.length > 0) w.uint32(10).bytes(m.groups);
  if (m.version !== undefined && m.version.length > 0) w.uint32(18).bytes(m.version);
  return w;
}

export function decodeDiscoveryResponse(r: Reader, end: number): DiscoveryResponse {
  const m: DiscoveryResponse = {
    groups: EMPTY,
    version: EMPTY,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.groups = readBytes(r);
        break;
      case 2:
        m.version = readBytes(r);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const DiscoveryResponse: Codec<DiscoveryResponse> = codec(encodeDiscoveryResponse, decodeDiscoveryResponse);

export interface LogsRequest {
  namespace: string;
  pod: string;
  container: string;
  follow: boolean;
  previous: boolean;
  timestamps: boolean;
  tailLines: number | undefined;
  sinceSeconds: number | undefined;
  sinceTime: string;
  limitBytes: number | undefined;
}

export function encodeLogsRequest(m: Init<LogsRequest>, w: Writer): Writer {
  if (m.namespace !== undefined && m.namespace.length > 0) w.uint32(10).string(m.namespace);
  if (m.pod !== undefined && m.pod.length > 0) w.uint32(18).string(m.pod);
  if (m.container !== undefined && m.container.length > 0) w.uint32(26).string(m.container);
  if (m.follow !== undefined && m.follow) w.uint32(32).bool(m.follow);
  if (m.previous !== undefined && m.previous) w.uint32(40).bool(m.previous);
  if (m.timestamps !== undefined && m.timestamps) w.uint32(48).bool(m.timestamps);
  if (m.tailLines !== undefined) w.uint32(56).int64(m.tailLines);
  if (m.sinceSeconds !== undefined) w.uint32(64).int64(m.sinceSeconds);
  if (m.sinceTime !== undefined && m.sinceTime.length > 0) w.uint32(74).string(m.sinceTime);
  if (m.limitBytes !== undefined) w.uint32(80).int64(m.limitBytes);
  return w;
}

export function decodeLogsRequest(r: Reader, end: number): LogsRequest {
  const m: LogsRequest = {
    namespace: '',
    pod: '',
    container: '',
    follow: false,
    previous: false,
    timestamps: false,
    tailLines: undefined,
    sinceSeconds: undefined,
    sinceTime: '',
    limitBytes: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.namespace = r.string();
        break;
      case 2:
        m.pod = r.string();
        break;
      case 3:
        m.container = r.string();
        break;
      case 4:
        m.follow = r.bool();
        break;
      case 5:
        m.previous = r.bool();
        break;
      case 6:
        m.timestamps = r.bool();
        break;
      case 7:
        m.tailLines = readInt64(r);
        break;
      case 8:
        m.sinceSeconds = readInt64(r);
        break;
      case 9:
        m.sinceTime = r.string();
        break;
      case 10:
        m.limitBytes = readInt64(r);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const LogsRequest: Codec<LogsRequest> = codec(encodeLogsRequest, decodeLogsRequest);

export interface LogsResponse {
  data: Buffer;
}

export function encodeLogsResponse(m: Init<LogsResponse>, w: Writer): Writer {
  if (m.data !== undefined && m.data.length > 0) w.uint32(10).bytes(m.data);
  return w;
}

export function decodeLogsResponse(r: Reader, end: number): LogsResponse {
  const m: LogsResponse = {
    data: EMPTY,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.data = readBytes(r);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const LogsResponse: Codec<LogsResponse> = codec(encodeLogsResponse, decodeLogsResponse);

export interface ExecStart {
  namespace: string;
  pod: string;
  container: string;
  command: string[];
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
  tty: boolean;
}

export function encodeExecStart(m: Init<ExecStart>, w: Writer): Writer {
  if (m.namespace !== undefined && m.namespace.length > 0) w.uint32(10).string(m.namespace);
  if (m.pod !== undefined && m.pod.length > 0) w.uint32(18).string(m.pod);
  if (m.container !== undefined && m.container.length > 0) w.uint32(26).string(m.container);
  if (m.command !== undefined) for (const item of m.command) w.uint32(34).string(item);
  if (m.stdin !== undefined && m.stdin) w.uint32(40).bool(m.stdin);
  if (m.stdout !== undefined && m.stdout) w.uint32(48).bool(m.stdout);
  if (m.stderr !== undefined && m.stderr) w.uint32(56).bool(m.stderr);
  if (m.tty !== undefined && m.tty) w.uint32(64).bool(m.tty);
  return w;
}

export function decodeExecStart(r: Reader, end: number): ExecStart {
  const m: ExecStart = {
    namespace: '',
    pod: '',
    container: '',
    command: [],
    stdin: false,
    stdout: false,
    stderr: false,
    tty: false,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.namespace = r.string();
        break;
      case 2:
        m.pod = r.string();
        break;
      case 3:
        m.container = r.string();
        break;
      case 4:
        m.command.push(r.string());
        break;
      case 5:
        m.stdin = r.bool();
        break;
      case 6:
        m.stdout = r.bool();
        break;
      case 7:
        m.stderr = r.bool();
        break;
      case 8:
        m.tty = r.bool();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const ExecStart: Codec<ExecStart> = codec(encodeExecStart, decodeExecStart);

export interface TerminalSize {
  width: number;
  height: number;
}

export function encodeTerminalSize(m: Init<TerminalSize>, w: Writer): Writer {
  if (m.width !== undefined && m.width !== 0) w.uint32(8).uint32(m.width);
  if (m.height !== undefined && m.height !== 0) w.uint32(16).uint32(m.height);
  return w;
}

export function decodeTerminalSize(r: Reader, end: number): TerminalSize {
  const m: TerminalSize = {
    width: 0,
    height: 0,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.width = r.uint32();
        break;
      case 2:
        m.height = r.uint32();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const TerminalSize: Codec<TerminalSize> = codec(encodeTerminalSize, decodeTerminalSize);

export interface ExecRequest {
  start: ExecStart | undefined;
  stdin: Buffer | undefined;
  stdinClosed: boolean | undefined;
  resize: TerminalSize | undefined;
}

export function encodeExecRequest(m: Init<ExecRequest>, w: Writer): Writer {
  if (m.start !== undefined) encodeExecStart(m.start, w.uint32(10).fork()).ldelim();
  if (m.stdin !== undefined) w.uint32(18).bytes(m.stdin);
  if (m.stdinClosed !== undefined) w.uint32(24).bool(m.stdinClosed);
  if (m.resize !== undefined) encodeTerminalSize(m.resize, w.uint32(34).fork()).ldelim();
  return w;
}

export function decodeExecRequest(r: Reader, end: number): ExecRequest {
  const m: ExecRequest = {
    start: undefined,
    stdin: undefined,
    stdinClosed: undefined,
    resize: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.start = decodeExecStart(r, r.uint32() + r.pos);
        break;
      case 2:
        m.stdin = readBytes(r);
        break;
      case 3:
        m.stdinClosed = r.bool();
        break;
      case 4:
        m.resize = decodeTerminalSize(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const ExecRequest: Codec<ExecRequest> = codec(encodeExecRequest, decodeExecRequest);

export interface ExecResponse {
  stdout: Buffer | undefined;
  stderr: Buffer | undefined;
  status: Buffer | undefined;
}

export function encodeExecResponse(m: Init<ExecResponse>, w: Writer): Writer {
  if (m.stdout !== undefined) w.uint32(10).bytes(m.stdout);
  if (m.stderr !== undefined) w.uint32(18).bytes(m.stderr);
  if (m.status !== undefined) w.uint32(26).bytes(m.status);
  return w;
}

export function decodeExecResponse(r: Reader, end: number): ExecResponse {
  const m: ExecResponse = {
    stdout: undefined,
    stderr: undefined,
    status: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.stdout = readBytes(r);
        break;
      case 2:
        m.stderr = readBytes(r);
        break;
      case 3:
        m.status = readBytes(r);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const ExecResponse: Codec<ExecResponse> = codec(encodeExecResponse, decodeExecResponse);

export interface PortForwardStart {
  namespace: string;
  pod: string;
  port: number;
}

export function encodePortForwardStart(m: Init<PortForwardStart>, w: Writer): Writer {
  if (m.namespace !== undefined && m.namespace.length > 0) w.uint32(10).string(m.namespace);
  if (m.pod !== undefined && m.pod.length > 0) w.uint32(18).string(m.pod);
  if (m.port !== undefined && m.port !== 0) w.uint32(24).uint32(m.port);
  return w;
}

export function decodePortForwardStart(r: Reader, end: number): PortForwardStart {
  const m: PortForwardStart = {
    namespace: '',
    pod: '',
    port: 0,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.namespace = r.string();
        break;
      case 2:
        m.pod = r.string();
        break;
      case 3:
        m.port = r.uint32();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const PortForwardStart: Codec<PortForwardStart> = codec(encodePortForwardStart, decodePortForwardStart);

export interface PortForwardRequest {
  start: PortForwardStart | undefined;
  data: Buffer | undefined;
}

export function encodePortForwardRequest(m: Init<PortForwardRequest>, w: Writer): Writer {
  if (m.start !== undefined) encodePortForwardStart(m.start, w.uint32(10).fork()).ldelim();
  if (m.data !== undefined) w.uint32(18).bytes(m.data);
  return w;
}

export function decodePortForwardRequest(r: Reader, end: number): PortForwardRequest {
  const m: PortForwardRequest = {
    start: undefined,
    data: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.start = decodePortForwardStart(r, r.uint32() + r.pos);
        break;
      case 2:
        m.data = readBytes(r);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const PortForwardRequest: Codec<PortForwardRequest> = codec(encodePortForwardRequest, decodePortForwardRequest);

export interface PortForwardResponse {
  data: Buffer;
}

export function encodePortForwardResponse(m: Init<PortForwardResponse>, w: Writer): Writer {
  if (m.data !== undefined && m.data.length > 0) w.uint32(10).bytes(m.data);
  return w;
}

export function decodePortForwardResponse(r: Reader, end: number): PortForwardResponse {
  const m: PortForwardResponse = {
    data: EMPTY,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.data = readBytes(r);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const PortForwardResponse: Codec<PortForwardResponse> = codec(encodePortForwardResponse, decodePortForwardResponse);

export const ResourcesService = {
  get: method('/keelson.v1.Resources/Get', GetRequest, ObjectResponse, false, false),
  list: method('/keelson.v1.Resources/List', ListRequest, ObjectResponse, false, false),
  watch: method('/keelson.v1.Resources/Watch', WatchRequest, WatchResponse, false, true),
  create: method('/keelson.v1.Resources/Create', CreateRequest, ObjectResponse, false, false),
  update: method('/keelson.v1.Resources/Update', UpdateRequest, ObjectResponse, false, false),
  patch: method('/keelson.v1.Resources/Patch', PatchRequest, ObjectResponse, false, false),
  delete: method('/keelson.v1.Resources/Delete', DeleteRequest, ObjectResponse, false, false),
  deleteCollection: method('/keelson.v1.Resources/DeleteCollection', DeleteCollectionRequest, ObjectResponse, false, false),
  discover: method('/keelson.v1.Resources/Discover', DiscoveryRequest, DiscoveryResponse, false, false),
} as const;

export const PodsService = {
  logs: method('/keelson.v1.Pods/Logs', LogsRequest, LogsResponse, false, true),
  exec: method('/keelson.v1.Pods/Exec', ExecRequest, ExecResponse, true, true),
  attach: method('/keelson.v1.Pods/Attach', ExecRequest, ExecResponse, true, true),
  portForward: method('/keelson.v1.Pods/PortForward', PortForwardRequest, PortForwardResponse, true, true),
} as const;
