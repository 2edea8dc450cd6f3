import { commonFlags, type Flags, type FlagTable, list, loadIdentity } from '@keelson/service';
import { parseJwtOptions } from './auth/jwt.js';
import { type AutoCompaction, parseUrl, type StoreConfig, type TlsConfig } from './config.js';

/** etcd's flags, with etcd's defaults. */
export const storeFlags = {
  ...commonFlags,
  name: { type: 'string', default: 'default', description: "This member's name in the cluster" },
  'data-dir': { type: 'string', description: 'Where this member keeps its data; default <name>.etcd' },
  'listen-client-urls': { type: 'string', default: 'http://127.0.0.1:2379', description: 'Where clients are served' },
  'advertise-client-urls': { type: 'string', description: 'Where clients find this member; default the above' },
  'listen-peer-urls': { type: 'string', default: 'http://127.0.0.1:2380', description: 'Where members are served' },
  'initial-advertise-peer-urls': { type: 'string', description: 'Where members find this one; default the above' },
  'listen-metrics-urls': { type: 'string', default: '', description: 'Where /health, /version and /metrics are' },
  'initial-cluster': { type: 'string', description: 'All members as name=peer-url,…; default this one alone' },
  'initial-cluster-state': {
    type: 'string',
    choices: ['new', 'existing'],
    default: 'new',
    description: 'Whether the cluster is new or being joined',
  },
  'initial-cluster-token': { type: 'string', default: 'etcd-cluster', description: 'Tells clusters apart' },
  'cert-file': { type: 'string', description: 'Certificate for clients (https)' },
  'key-file': { type: 'string', description: 'Its key' },
  'trusted-ca-file': { type: 'string', description: 'CA of client certificates' },
  'client-cert-auth': { type: 'boolean', default: false, description: 'Clients must show a certificate' },
  'peer-cert-file': { type: 'string', description: 'Certificate for members (https)' },
  'peer-key-file': { type: 'string', description: 'Its key' },
  'peer-trusted-ca-file': { type: 'string', description: "CA of members' certificates" },
  'peer-client-cert-auth': { type: 'boolean', default: false, description: 'Members must show a certificate' },
  'heartbeat-interval': { type: 'number', default: 100, description: 'Milliseconds between heartbeats' },
  'election-timeout': { type: 'number', default: 1000, description: 'Milliseconds without a leader until an election' },
  'snapshot-count': { type: 'number', default: 10_000, description: 'Entries until the log is compacted' },
  'snapshot-catchup-entries': {
    type: 'number',
    default: 5_000,
    description: 'Entries that stay in the log for members that lag',
  },
  'quota-backend-bytes': { type: 'number', default: 0, description: 'Bytes of data to refuse writes above; 0: 2 GiB' },
  'auto-compaction-mode': {
    type: 'string',
    choices: ['periodic', 'revision'],
    default: 'periodic',
    description: 'What the retention counts',
  },
  'auto-compaction-retention': {
    type: 'string',
    default: '0',
    description: 'Hours (or 30m, 10s …) or revisions to keep; 0: no automatic compaction',
  },
  'auth-token': {
    type: 'string',
    default: 'simple',
    description: 'Tokens of users: simple, or jwt,sign-method=RS256,priv-key=FILE[,pub-key=FILE][,ttl=10m]',
  },
  'auth-token-ttl': { type: 'number', default: 300, description: 'Seconds that an unused simple token lives' },
  'bcrypt-cost': { type: 'number', default: 10, description: 'Cost of hashing a password, 4 to 31' },
  'max-txn-ops': { type: 'number', default: 128, description: 'Operations in a transaction' },
  'max-request-bytes': { type: 'number', default: 1_572_864, description: 'Bytes of a request' },
} as const satisfies FlagTable;

export type StoreFlags = Flags<typeof storeFlags>;

/** A rule that spans flags, or undefined if all is well. */
export function checkFlags(flags: StoreFlags): string | undefined {
  if (flags['election-timeout'] < 5 * flags['heartbeat-interval']) {
    return '--election-timeout must be at least five times --heartbeat-interval';
  }
  if (flags['heartbeat-interval'] < 10) return '--heartbeat-interval must be at least 10';
  for (const name of ['listen-client-urls', 'listen-peer-urls', 'listen-metrics-urls'] as const) {
    for (const url of list(flags[name])) {
      try {
        parseUrl(url);
      } catch (error) {
        return `--${name}: ${(error as Error).message}`;
      }
    }
  }
  if (parseRetention('periodic', flags['auto-compaction-retention']) === null) {
    return `--auto-compaction-retention: "${flags['auto-compaction-retention']}" is neither a number nor a time`;
  }
  const cost = flags['bcrypt-cost'];
  if (!Number.isInteger(cost) || cost < 4 || cost > 31) return '--bcrypt-cost must be a whole number from 4 to 31';
  if (flags['auth-token-ttl'] <= 0) return '--auth-token-ttl must be above 0';
  if (!/^(simple|jwt,.*)$/.test(flags['auth-token'])) return '--auth-token is neither simple nor jwt,<options>';
  return undefined;
}

/** @throws TlsError, StoreError for files that cannot be used */
export function toConfig(flags: StoreFlags, now: number): StoreConfig {
  const listenClientUrls = list(flags['listen-client-urls']);
  const listenPeerUrls = list(flags['listen-peer-urls']);
  const advertisePeerUrls = withDefault(list(flags['initial-advertise-peer-urls']), listenPeerUrls);
  const authToken = flags['auth-token'];
  const ownCluster = advertisePeerUrls.map((url) => `${flags.name}=${url}`).join(',');
  return {
    name: flags.name,
    dataDirectory: flags['data-dir'] ?? `${flags.name}.etcd`,
    listenClientUrls,
    advertiseClientUrls: withDefault(list(flags['advertise-client-urls']), listenClientUrls),
    listenPeerUrls,
    advertisePeerUrls,
    listenMetricsUrls: list(flags['listen-metrics-urls']),
    initialCluster: flags['initial-cluster'] ?? ownCluster,
    initialClusterState: flags['initial-cluster-state'] === 'existing' ? 'existing' : 'new',
    initialClusterToken: flags['initial-cluster-token'],
    clientTls: tlsConfig(
      { cert: flags['cert-file'], key: flags['key-file'], ca: flags['trusted-ca-file'] },
      flags['client-cert-auth'],
      now,
    ),
    peerTls: tlsConfig(
      { cert: flags['peer-cert-file'], key: flags['peer-key-file'], ca: flags['peer-trusted-ca-file'] },
      flags['peer-client-cert-auth'],
      now,
    ),
    heartbeatIntervalMs: flags['heartbeat-interval'],
    electionTimeoutMs: flags['election-timeout'],
    snapshotCount: flags['snapshot-count'],
    catchUpEntries: flags['snapshot-catchup-entries'],
    quotaBackendBytes: flags['quota-backend-bytes'],
    autoCompaction: parseRetention(flags['auto-compaction-mode'], flags['auto-compaction-retention']) ?? undefined,
    auth: {
      jwt: authToken.startsWith('jwt,') ? parseJwtOptions(list(authToken).slice(1)) : undefined,
      tokenTtlMs: flags['auth-token-ttl'] * 1000,
      bcryptCost: flags['bcrypt-cost'],
    },
    txnOpsMax: flags['max-txn-ops'],
    requestBytesMax: flags['max-request-bytes'],
  };
}

function withDefault(given: string[], fallback: string[]): string[] {
  return given.length > 0 ? given : fallback;
}

function tlsConfig(
  files: { cert: string | undefined; key: string | undefined; ca: string | undefined },
  requireClientCertificate: boolean,
  now: number,
): TlsConfig | undefined {
  if (files.cert === undefined || files.key === undefined) return undefined;
  // Without a CA nobody is asked for a certificate; the own one stands in.
  const identity = loadIdentity({ cert: files.cert, key: files.key, ca: files.ca ?? files.cert }, now);
  return { identity, requireClientCertificate: requireClientCertificate && files.ca !== undefined };
}

const UNITS_MS: Record<string, number> = { h: 3_600_000, m: 60_000, s: 1_000 };

/** Undefined: no compaction. Null: not understood. A bare number is hours, or revisions. */
function parseRetention(mode: string, value: string): AutoCompaction | undefined | null {
  const match = /^(\d+)([hms]?)$/.exec(value);
  if (!match) return null;
  const amount = Number(match[1]);
  if (amount === 0) return undefined;
  if (mode === 'revision') return { mode, keep: amount };
  return { mode: 'periodic', periodMs: amount * UNITS_MS[match[2] || 'h']! };
}
