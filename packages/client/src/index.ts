export {
  ApiClient,
  type ApiList,
  type GetSettings,
  type ListSettings,
  type ObjectKey,
  type WatchEvent,
  type WatchSettings,
  type WriteSettings,
} from './api-client.js';
export { Backoff } from './backoff.js';
export { type ApiAccess, openApi } from './component/api-access.js';
export { apiFlags, checkApiArguments } from './component/api-flags.js';
export {
  type Caller,
  DelegatedAccess,
  type DelegatedAccessOptions,
  type Wanted,
} from './component/delegated-access.js';
export { type LeaderContext, type LeaderProcess, leaderFlags, runLeaderProcess } from './component/leader-process.js';
export { KUBERNETES_VERSION } from './component/user-agent.js';
export { type Deferred, deferred } from './deferred.js';
export { type Discovered, type DiscoveredResource, discover, discoveredIn } from './discovery.js';
export { LeaderElection, type LeaderElectionOptions } from './election/leader-election.js';
export { EventRecorder, type EventRecorderOptions, type EventType, referenceTo } from './events/event-recorder.js';
export { Indexer, type IndexFunction } from './informer/indexer.js';
export { Informer, type InformerHandler, type InformerOptions } from './informer/informer.js';
export { InformerFactory } from './informer/informer-factory.js';
export type { ReflectorDependencies } from './informer/reflector.js';
export { type ExecKind, ExecSession, PodsClient } from './pods/pods-client.js';
export { controllerRateLimiter, exponential, type RateLimiter, tokenBucket } from './queue/rate-limiter.js';
export { type QueueObserver, type QueueState, WorkQueue } from './queue/work-queue.js';
export { apiVersionText, type Resource, resources } from './resource.js';
export { GrpcTransport } from './transport/grpc.js';
export { apiErrorOf, STATUS_TRAILER } from './transport/grpc-errors.js';
export { RestTransport, type RestTransportOptions } from './transport/rest.js';
export { restUrl } from './transport/rest-url.js';
export type { CallOptions, RawWatchEvent, Transport } from './transport/transport.js';
