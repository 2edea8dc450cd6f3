export { ClientCertificates, type ShownCertificate, shownCertificate } from './client-certificates.js';
export { type Clock, everyOn, rfc3339, rfc3339Micro, sleepOn, systemClock, type Timer } from './clock.js';
export { parseDuration } from './duration.js';
export { commonFlags, type Flags, type FlagTable, list, parseFlags } from './flags.js';
export { connect } from './grpc-channel.js';
export { LeanConnection } from './grpc-lean/client/lean-connection.js';
export type { EncodedMessage } from './grpc-lean/message-reader.js';
export { GrpcDoor, type GrpcDoorOptions } from './grpc-lean/server/grpc-door.js';
export type { HttpAnswer, HttpHandler, HttpQuery } from './grpc-lean/server/http-answer.js';
export type { CallStatus } from './grpc-lean/status.js';
export {
  type ErrorTranslator,
  GrpcServer,
  type GrpcServerOptions,
  internalStatus,
  peerIdentity,
} from './grpc-server.js';
export {
  type HealthCheck,
  runChecks,
  type StatusGuard,
  type StatusPage,
  StatusServer,
  type StatusServerOptions,
} from './http-status.js';
export { type HttpCall, HttpCaller, type HttpReader } from './http2/http-caller.js';
export { type Closer, Lifecycle } from './lifecycle.js';
export { createLogger, LOG_LEVELS, type Logger, type LogLevel, silentLogger } from './logger.js';
export { Counter, createMetrics, Gauge, Histogram, Registry } from './metrics.js';
export { listenError, parseAddress } from './net.js';
export { type Random, seededRandom, systemRandom } from './random.js';
export { type HeaderValues, type RequestHeaderOptions, RequestHeaders, unescaped } from './request-header.js';
export { writeTo } from './stream.js';
export {
  type ClientTls,
  channelCredentials,
  type Identity,
  identityOf,
  loadAuthorities,
  loadIdentity,
  namesOf,
  type ServerCheck,
  type ServingTls,
  serverCredentials,
  TlsError,
  type TlsFiles,
  type TlsIdentity,
} from './tls.js';
