export { type Codec, type Init, type Method, TooManyFieldsError } from './codec.js';
export { loadDefinitions, protoRoot } from './definitions.js';
export * as cri from './gen/cri.js';
export * as etcd from './gen/etcd.js';
export * as keelson from './gen/keelson.js';
export * as kms from './gen/kms.js';
export * as raft from './gen/raft.js';
export {
  type CallSettings,
  type Connection,
  GrpcConnection,
  type Handlers,
  implement,
  type Service,
  type ServiceClient,
} from './rpc.js';
