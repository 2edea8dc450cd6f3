import type { ChannelOptions } from '@grpc/grpc-js';
import { type Connection, GrpcConnection } from '@keelson/protocol';
import type { Clock } from './clock.js';
import { type BearerToken, type ClientTls, channelCredentials, type ServerCheck } from './tls.js';

/** Options of every channel between our processes: dead peers are noticed, reconnecting is quick but paced. */
const CHANNEL_OPTIONS: ChannelOptions = {
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 5_000,
  'grpc.keepalive_permit_without_calls': 1,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.min_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 2_000,
  'grpc.max_receive_message_length': 256 * 1024 * 1024,
  'grpc.max_send_message_length': -1,
  'grpc.use_local_subchannel_pool': 1,
};

/** Connects lazily to "host:port", with mutual TLS when an identity is given. */
export function connect(
  address: string,
  dependencies: {
    clock: Clock;
    tls?: ClientTls | undefined;
    checkServer?: ServerCheck | undefined;
    /** A bearer token to show with every call. */
    token?: BearerToken | undefined;
  },
  options: ChannelOptions = {},
): Connection {
  const { clock, tls, checkServer, token } = dependencies;
  return new GrpcConnection(address, channelCredentials(tls, { check: checkServer, token }), clock, {
    ...CHANNEL_OPTIONS,
    ...options,
  });
}
