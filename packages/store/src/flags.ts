import { commonFlags, type Flags, type FlagTable, list, loadIdentity, parseDuration } from '@keelson/service';
import type { AllowedNames } from './allowed-names.js';
import { parseJwtOptions } from './auth/jwt.js';
import {
  type AutoCompaction,
  type CorruptionConfig,
  parseUrl,
  type StoreConfig,
  type TlsConfig,
  TUNING,
} from './config.js';
import { parseQuotaRules, parseRateRules } from './quota/rules.js';

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
  'trusted-ca-file': { type: 'string', description: 'CA of client certificates, which clients must show then' },
  'client-cert-auth': { type: 'boolean', default: false, description: 'Clients must show a certificate' },
  'client-cert-allowed-hostname': {
    type: 'string',
    default: '',
    description: 'Comma-separated: only clients whose certificate is for one of these hosts',
  },
  'peer-cert-file': { type: 'string', description: 'Certificate for members (https)' },
  'peer-key-file': { type: 'string', description: 'Its key' },
  'peer-trusted-ca-file': { type: 'string', description: "CA of members' certificates, which they must show then" },
  'peer-client-cert-auth': { type: 'boolean', default: false, description: 'Members must show a certificate' },
  'peer-cert-allowed-cn': {
    type: 'string',
    default: '',
    description: 'Comma-separated: only members whose certificate has one of these common names',
  },
  'peer-cert-allowed-hostname': {
    type: 'string',
    default: '',
    description: 'Comma-separated: only members whose certificate is for one of these hosts',
  },
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
  'prefix-quota': {
    type: 'string',
    default: '',
    description: 'What prefixes may hold: PREFIX=100000keys,512MiB[;PREFIX=…]; the same on every member',
  },
  'request-rate-limit': {
    type: 'string',
    default: '',
    description: 'Writes below prefixes through this member: PREFIX=500/s[,burst=1000][;PREFIX=…]',
  },
  'corrupt-check-time': {
    type: 'string',
    default: '0s',
    alias: 'experimental-corrupt-check-time',
    description: "How often the leader compares all members' data, as 10m; 0s: never",
  },
  'compact-hash-check-time': {
    type: 'string',
    default: '1m',
    alias: 'experimental-compact-hash-check-time',
    description: 'How often what a compaction left is compared, if the feature gate CompactHashCheck is on',
  },
  'experimental-compact-hash-check-enabled': {
    type: 'boolean',
    default: false,
    description: 'The same as --feature-gates CompactHashCheck=true',
  },
  'experimental-initial-corrupt-check': {
    type: 'boolean',
    default: false,
    description: 'The same as --feature-gates InitialCorruptCheck=true',
  },
  'feature-gates': {
    type: 'string',
    default: '',
    description: 'Comma-separated: InitialCorruptCheck=true compares with the others at start, CompactHashCheck=true',
  },
  'auth-token': {
    type: 'string',
    default: 'simple',
    description: 'Tokens of users: simple, or jwt,sign-method=RS256,priv-key=FILE[,pub-key=FILE][,ttl=10m]',
  },
  'auth-token-ttl': { type: 'number', default: 300, description: 'Seconds that an unused simple token lives' },
  'bcrypt-cost': { type: 'number', default: 10, description: 'Cost of hashing a password, 4 to 31' },
  'max-learners': { type: 'number', default: 1, description: 'Learners that there may be at a time' },
  'repair-from-peers': {
    type: 'boolean',
    default: false,
    description: 'If the data are damaged or lost, come back as a new member with those of the others',
  },
  'wal-segment-bytes': { type: 'number', default: 64 * 1024 * 1024, description: 'Size of a file of the log' },
  'strict-reconfig-check': {
    type: 'boolean',
    default: true,
    description: 'Refuse changes of membership that could cost the quorum',
  },
  'max-txn-ops': { type: 'number', default: 128, description: 'Operations in a transaction' },
  'max-request-bytes': { type: 'number', default: 1_572_864, description: 'Bytes of a request' },
} as const satisfies FlagTable;

export type StoreFlags = Flags<typeof storeFlags>;

/** A rule that spans flags, or undefined if all is well. */
export function checkFlags(flags: StoreFlags): string | undefined {
  if (flags['election-timeout'] < 5 * flags['heartbeat-interval']) {
    return '--election-timeout must be at least five times --heartbeat-interval';
  }
  if (flags['wal-segment-bytes'] < 4096) return '--wal-segment-bytes must be at least 4096';
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
  const tls = tlsProblem(flags);
  if (tls !== undefined) return tls;
  if (parseRetention('periodic', flags['auto-compaction-retention']) === null) {
    return `--auto-compaction-retention: "${flags['auto-compaction-retention']}" is neither a number nor a time`;
  }
  for (const name of ['corrupt-check-time', 'compact-hash-check-time'] as const) {
    if (parseDuration(flags[name]) === undefined) return `--${name}: "${flags[name]}" is not a time such as 10m`;
  }
  const gate = list(flags['feature-gates']).find((each) => !GATE.test(each));
  if (gate !== undefined) return `--feature-gates: "${gate}" is not one of ${GATES.join(', ')} with =true or =false`;
  const limits = [
    ['prefix-quota', parseQuotaRules],
    ['request-rate-limit', parseRateRules],
  ] as const;
  for (const [name, parse] of limits) {
    try {
      parse(flags[name]);
    } catch (error) {
      return `--${name}: ${(error as Error).message}`;
    }
  }
  const cost = flags['bcrypt-cost'];
  if (!Number.isInteger(cost) || cost < 4 || cost > 31) return '--bcrypt-cost must be a whole number from 4 to 31';
  if (flags['auth-token-ttl'] <= 0) return '--auth-token-ttl must be above 0';
  if (!/^(simple|jwt,.*)$/.test(flags['auth-token'])) return '--auth-token is neither simple nor jwt,<options>';
  return undefined;
}

/** Certificates that are asked for and cannot be checked, and names that are asked for of no certificate. */
function tlsProblem(flags: StoreFlags): string | undefined {
  for (const prefix of ['', 'peer-'] as const) {
    const ca = flags[`${prefix}trusted-ca-file`];
    const [cert, key] = [flags[`${prefix}cert-file`], flags[`${prefix}key-file`]];
    if ((cert === undefined) !== (key === undefined)) return `--${prefix}cert-file and --${prefix}key-file go together`;
    if (flags[`${prefix}client-cert-auth`] && ca === undefined)
      return `--${prefix}client-cert-auth needs --${prefix}trusted-ca-file: the CA of the certificates`;
  }
  const [commonName, peerHost] = [flags['peer-cert-allowed-cn'], flags['peer-cert-allowed-hostname']];
  if (commonName !== '' && peerHost !== '')
    return '--peer-cert-allowed-cn and --peer-cert-allowed-hostname exclude each other: give one of them';
  if ((commonName !== '' || peerHost !== '') && flags['peer-trusted-ca-file'] === undefined)
    return `--peer-cert-allowed-${commonName === '' ? 'hostname' : 'cn'} needs --peer-trusted-ca-file`;
  if (flags['client-cert-allowed-hostname'] !== '' && flags['trusted-ca-file'] === undefined)
    return '--client-cert-allowed-hostname needs --trusted-ca-file';
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
      { commonNames: [], hostnames: list(flags['client-cert-allowed-hostname']) },
      now,
    ),
    peerTls: tlsConfig(
      { cert: flags['peer-cert-file'], key: flags['peer-key-file'], ca: flags['peer-trusted-ca-file'] },
      { commonNames: list(flags['peer-cert-allowed-cn']), hostnames: list(flags['peer-cert-allowed-hostname']) },
      now,
    ),
    heartbeatIntervalMs: flags['heartbeat-interval'],
    electionTimeoutMs: flags['election-timeout'],
    snapshotCount: flags['snapshot-count'],
    catchUpEntries: flags['snapshot-catchup-entries'],
    quotaBackendBytes: flags['quota-backend-bytes'] || TUNING.quotaBytes,
    autoCompaction: parseRetention(flags['auto-compaction-mode'], flags['auto-compaction-retention']) ?? undefined,
    corruption: corruptionConfig(flags),
    prefixQuotas: parseQuotaRules(flags['prefix-quota']),
    rateLimits: parseRateRules(flags['request-rate-limit']),
    auth: {
      jwt: authToken.startsWith('jwt,') ? parseJwtOptions(list(authToken).slice(1)) : undefined,
      tokenTtlMs: flags['auth-token-ttl'] * 1000,
      bcryptCost: flags['bcrypt-cost'],
    },
    learnersMax: flags['max-learners'],
    repairFromPeers: flags['repair-from-peers'],
    walSegmentBytes: flags['wal-segment-bytes'],
    strictReconfigCheck: flags['strict-reconfig-check'],
    txnOpsMax: flags['max-txn-ops'],
    requestBytesMax: flags['max-request-bytes'],
  };
}

function corruptionConfig(flags: StoreFlags): CorruptionConfig {
  const gates = new Set(list(flags['feature-gates']).filter((each) => each.endsWith('=true')));
  const compactCheck = gates.has('CompactHashCheck=true') || flags['experimental-compact-hash-check-enabled'];
  return {
    checkAtStart: gates.has('InitialCorruptCheck=true') || flags['experimental-initial-corrupt-check'],
    checkIntervalMs: parseDuration(flags['corrupt-check-time'])!,
    compactCheckIntervalMs: compactCheck ? parseDuration(flags['compact-hash-check-time'])! : 0,
  };
}

const GATES = ['InitialCorruptCheck', 'CompactHashCheck'];
const GATE = new RegExp(`^(${GATES.join('|')})=(true|false)$`);

function withDefault(given: string[], fallback: string[]): string[] {
  return given.length > 0 ? given : fallback;
}

function tlsConfig(
  files: { cert: string | undefined; key: string | undefined; ca: string | undefined },
  allowedNames: AllowedNames,
  now: number,
): TlsConfig | undefined {
  if (files.cert === undefined || files.key === undefined) return undefined;
  // Without a CA nobody is asked for a certificate; the own one stands in. With one everybody is, as in etcd.
  const identity = loadIdentity({ cert: files.cert, key: files.key, ca: files.ca ?? files.cert }, now);
  return { identity, requireClientCertificate: files.ca !== undefined, allowedNames };
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
