import type { TlsIdentity } from '@keelson/service';
import type { AllowedNames } from './allowed-names.js';
import type { JwtOptions } from './auth/jwt.js';
import type { PasswordOptions } from './auth/passwords.js';
import type { SimpleTokenOptions } from './auth/simple-tokens.js';
import type { MembershipDeskOptions } from './cluster/desk.js';
import type { JoinOptions } from './cluster/join.js';
import type { CorruptionOptions } from './integrity/corruption-monitor.js';
import type { HasherOptions } from './integrity/hasher.js';
import type { LeaseDeskOptions } from './lease/desk.js';
import type { CompactionOptions } from './mvcc/compaction-runner.js';
import type { QuotaRule, RateRule } from './quota/rules.js';
import type { PeersOptions } from './replica/peers.js';
import type { QuickCampaignOptions } from './replica/quick-campaign.js';
import type { HubOptions } from './watch/hub.js';

/** Where a port is, and how it is secured. */
export interface Endpoint {
  /** host:port */
  readonly address: string;
  readonly secure: boolean;
}

export interface TlsConfig {
  readonly identity: TlsIdentity;
  /** Callers must show a certificate of the same CA. */
  readonly requireClientCertificate: boolean;
  /** Of those certificates, whose. */
  readonly allowedNames: AllowedNames;
}

export interface StoreConfig {
  readonly name: string;
  readonly dataDirectory: string;
  readonly listenClientUrls: readonly string[];
  readonly advertiseClientUrls: readonly string[];
  readonly listenPeerUrls: readonly string[];
  readonly advertisePeerUrls: readonly string[];
  readonly listenMetricsUrls: readonly string[];
  readonly initialCluster: string;
  readonly initialClusterState: 'new' | 'existing';
  readonly initialClusterToken: string;
  readonly clientTls: TlsConfig | undefined;
  readonly peerTls: TlsConfig | undefined;
  readonly heartbeatIntervalMs: number;
  readonly electionTimeoutMs: number;
  readonly snapshotCount: number;
  readonly catchUpEntries: number;
  /** Bytes of database above which nothing more is taken. */
  readonly quotaBackendBytes: number;
  readonly autoCompaction: AutoCompaction | undefined;
  readonly auth: AuthConfig;
  readonly corruption: CorruptionConfig;
  readonly prefixQuotas: readonly QuotaRule[];
  readonly rateLimits: readonly RateRule[];
  readonly learnersMax: number;
  readonly repairFromPeers: boolean;
  readonly walSegmentBytes: number;
  readonly strictReconfigCheck: boolean;
  readonly txnOpsMax: number;
  readonly requestBytesMax: number;
}

export interface CorruptionConfig extends CorruptionOptions {
  /** Compare with the other members before serving. */
  readonly checkAtStart: boolean;
}

export interface AuthConfig {
  /** Undefined: simple tokens. */
  readonly jwt: JwtOptions | undefined;
  readonly tokenTtlMs: number;
  readonly bcryptCost: number;
}

export type AutoCompaction =
  | { readonly mode: 'periodic'; readonly periodMs: number }
  | { readonly mode: 'revision'; readonly keep: number };

/** What is not a flag. */
export interface Tuning {
  readonly walSegmentBytes: number;
  readonly quotaBytes: number;
  readonly logBytesMax: number;
  readonly commitIntervalMs: number;
  readonly uncommittedBytesMax: number;
  readonly pendingProposalsMax: number;
  readonly pendingProposalBytesMax: number;
  readonly pendingReadsMax: number;
  readonly readRetryMs: number;
  readonly diskRetryMs: number;
  readonly unitsPerStep: number;
  readonly quickCampaign: QuickCampaignOptions;
  readonly diskStallMs: number;
  readonly peer: PeersOptions;
  readonly membership: Omit<MembershipDeskOptions, 'timeoutMs'>;
  readonly join: JoinOptions;
  readonly snapshots: { readonly stallMs: number };
  readonly watch: Omit<HubOptions, 'unitsPerStep'>;
  readonly watchersPerStreamMax: number;
  readonly watchUnsentBytesMax: number;
  readonly progressIntervalMs: number;
  readonly compaction: CompactionOptions;
  readonly lease: LeaseDeskOptions;
  readonly quotaCheckMs: number;
  readonly removalCheckMs: number;
  readonly hash: HasherOptions;
  readonly backup: { readonly parallelMax: number };
  readonly tokens: SimpleTokenOptions;
  readonly passwords: Omit<PasswordOptions, 'cost'>;
}

/** The product's numbers, with their reasons. */
export const TUNING: Tuning = {
  walSegmentBytes: 64 * 1024 * 1024,
  /** etcd's default quota. */
  quotaBytes: 2 * 1024 * 1024 * 1024,
  logBytesMax: 64 * 1024 * 1024,
  commitIntervalMs: 100,
  uncommittedBytesMax: 256 * 1024 * 1024,
  pendingProposalsMax: 5_000,
  pendingProposalBytesMax: 128 * 1024 * 1024,
  pendingReadsMax: 50_000,
  readRetryMs: 500,
  diskRetryMs: 1_000,
  /** Some milliseconds. */
  unitsPerStep: 1_000,
  quickCampaign: { attemptsMax: 10, staggerMs: 30, jitterMs: 20, retryMs: 150, patienceMs: 500 },
  /** A disk that takes longer for one write is no leader's disk. */
  diskStallMs: 3_000,
  peer: {
    queueMessagesMax: 4_096,
    queueBytesMax: 64 * 1024 * 1024,
    batchBytesMax: 4 * 1024 * 1024,
    redialMs: 200,
    patientRedialMs: 500,
    lingerMs: 2_000,
    newcomersMax: 16,
  },
  snapshots: { stallMs: 30_000 },
  watch: {
    watcherBytesMax: 4 * 1024 * 1024,
    liveChangesMax: 1_000,
    arrivedChangesMax: 10_000,
    sliceChanges: 1_000,
    sliceBytes: 1024 * 1024,
    /** As in etcd. */
    watchersPerRound: 512,
    roundEventsMax: 1_000_000,
    keptBytesMax: 16 * 1024 * 1024,
  },
  watchersPerStreamMax: 100_000,
  watchUnsentBytesMax: 256 * 1024,
  progressIntervalMs: 10 * 60_000,
  compaction: { sliceChanges: 1_000, pauseMs: 10 },
  /** 1000 revocations a second at most, as in etcd. */
  lease: {
    checkIntervalMs: 500,
    revocationsMax: 500,
    checkpointIntervalMs: 5 * 60_000,
    checkpointSeconds: 5 * 60,
    checkpointsMax: 1_000,
  },
  quotaCheckMs: 1_000,
  removalCheckMs: 2_000,
  hash: { sliceChanges: 500 },
  backup: { parallelMax: 2 },
  join: { patienceMs: 10_000, retryMs: 200 },
  /** Five seconds, as etcd: how long members must have been connected before their number is changed. */
  membership: { learnersMax: 1, strict: true, healthIntervalMs: 5_000, retryMs: 10 },
  /** etcd's default time for simple tokens. */
  tokens: { ttlMs: 300_000, sessionsMax: 100_000 },
  /** Hashing has half of Node's four threads at most: the log needs them too. */
  passwords: { parallelMax: 2, waitingMax: 1_000 },
};

/** An `http(s)://host:port` address. @throws Error */
export function parseUrl(url: string): Endpoint {
  const match = /^(https?):\/\/([^/]+:\d+)\/?$/.exec(url);
  if (!match) throw new Error(`"${url}" is not of the form http://host:port or https://host:port`);
  return { address: match[2]!, secure: match[1] === 'https' };
}
