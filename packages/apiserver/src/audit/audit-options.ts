import { readFileSync } from 'node:fs';
import { type Clock, type Flags, type Logger, parseDuration, type Random } from '@keelson/service';
import { readConfig } from '../config/config-file.js';
import { ofFlag } from '../config/flag-file.js';
import { JsonEndpoint } from '../webhooks/json-endpoint.js';
import { webhookTarget } from '../webhooks/webhook-config.js';
import type { auditFlags } from './audit-flags.js';
import type { AuditMetrics } from './audit-metrics.js';
import { Auditor } from './auditor.js';
import { type AuditBackend, ignoringErrors, type Lost, union } from './backend.js';
import { Batching } from './backends/batching.js';
import { LogBackend, type LogFormat, standardOutput } from './backends/log-backend.js';
import { LogFile } from './backends/log-file.js';
import { Truncating } from './backends/truncating.js';
import { WebhookBackend } from './backends/webhook-backend.js';
import { auditPolicy, type Policy, policyOf } from './policy.js';

type AuditFlags = Flags<typeof auditFlags>;
type Plugin = 'log' | 'webhook';

export interface AuditDependencies {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: AuditMetrics;
}

/** Makes what records requests, once there is something to count with. */
export type AuditOptions = (dependencies: AuditDependencies) => Auditor;

const TIMES = ['audit-log-batch-max-wait', 'audit-webhook-batch-max-wait', 'audit-webhook-initial-backoff'] as const;
const COUNTS = ['audit-log-maxsize', 'audit-log-maxbackup', 'audit-log-maxage'] as const;

/** What is wrong with the flags, in one line that names one of them. */
export function auditProblem(flags: AuditFlags): string | undefined {
  const time = TIMES.find((it) => parseDuration(flags[it]) === undefined);
  if (time !== undefined) return `--${time}: "${flags[time]}" is not a time such as 30s`;
  const count = COUNTS.find((it) => !Number.isInteger(flags[it]) || flags[it] < 0);
  if (count !== undefined) return `--${count}: ${flags[count]} is not a whole number, 0 or more`;
  const used: Plugin[] = [];
  if (flags['audit-log-path']) used.push('log');
  if (flags['audit-webhook-config-file']) used.push('webhook');
  for (const plugin of used) {
    const problem = pluginProblem(flags, plugin);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function pluginProblem(flags: AuditFlags, plugin: Plugin): string | undefined {
  const eventMax = flags[`audit-${plugin}-truncate-max-event-size`];
  const batchMax = flags[`audit-${plugin}-truncate-max-batch-size`];
  if (!(eventMax > 0)) return `--audit-${plugin}-truncate-max-event-size: ${eventMax} is not a positive number`;
  if (!(batchMax >= eventMax))
    return `--audit-${plugin}-truncate-max-batch-size: ${batchMax} is less than --audit-${plugin}-truncate-max-event-size, ${eventMax}`;
  if (flags[`audit-${plugin}-mode`] !== 'batch') return undefined;
  const throttled = flags[`audit-${plugin}-batch-throttle-enable`];
  const names = [
    'buffer-size',
    'max-size',
    ...(throttled ? (['throttle-qps', 'throttle-burst'] as const) : []),
  ] as const;
  const name = names.find((it) => !(flags[`audit-${plugin}-batch-${it}`] > 0));
  if (name === undefined) return undefined;
  return `--audit-${plugin}-batch-${name}: ${flags[`audit-${plugin}-batch-${name}`]} is not a positive number`;
}

/** Undefined: nothing is recorded. Throws an error that names the flag and the file. */
export function auditOptions(flags: AuditFlags, { logger }: { logger: Logger }): AuditOptions | undefined {
  const path = flags['audit-policy-file'];
  const policy = path === undefined ? undefined : ofFlag('audit-policy-file', () => policyIn(path));
  const logPath = flags['audit-log-path'];
  const webhookFile = flags['audit-webhook-config-file'];
  if (!logPath && !webhookFile) {
    if (policy !== undefined)
      logger.warn('--audit-policy-file without --audit-log-path or --audit-webhook-config-file records nothing');
    return undefined;
  }
  if (policy === undefined) {
    logger.warn('without --audit-policy-file no request is recorded');
    return undefined;
  }
  const target = webhookFile && ofFlag('audit-webhook-config-file', () => webhookTarget(webhookFile));
  return ({ clock, random, metrics }) => {
    const { lost } = metrics;
    const backends: AuditBackend[] = [];
    if (logPath)
      backends.push(shaped(flags, 'log', logBackend(flags, logPath, { clock, logger, lost }), { clock, lost }));
    if (target) {
      const firstPauseMs = parseDuration(flags['audit-webhook-initial-backoff']) ?? 0;
      const options = { ...target, timeoutMs: WEBHOOK_TIMEOUT_MS, attempts: WEBHOOK_ATTEMPTS, firstPauseMs };
      const webhook = new WebhookBackend({ endpoint: new JsonEndpoint(options, { clock, random }), lost });
      backends.push(shaped(flags, 'webhook', webhook, { clock, lost }));
    }
    return new Auditor(policyOf(policy), { backend: union(backends), metrics, clock, logger });
  };
}

const WEBHOOK_TIMEOUT_MS = 30_000;
const WEBHOOK_ATTEMPTS = 5;
const MEGABYTE = 1024 * 1024;

function policyIn(path: string): Policy {
  return readConfig(readFileSync(path, 'utf8'), path, auditPolicy);
}

function logBackend(
  flags: AuditFlags,
  path: string,
  dependencies: { clock: Clock; logger: Logger; lost: Lost },
): AuditBackend {
  const options = {
    path,
    maxBytes: flags['audit-log-maxsize'] * MEGABYTE,
    maxBackups: flags['audit-log-maxbackup'],
    maxAgeDays: flags['audit-log-maxage'],
    compress: flags['audit-log-compress'],
  };
  const writer = path === '-' ? standardOutput : ofFlag('audit-log-path', () => new LogFile(options, dependencies));
  return new LogBackend({ format: flags['audit-log-format'] as LogFormat }, { writer, lost: dependencies.lost });
}

/** A backend behind what its flags want before it. */
function shaped(
  flags: AuditFlags,
  plugin: Plugin,
  backend: AuditBackend,
  { clock, lost }: { clock: Clock; lost: Lost },
): AuditBackend {
  const moded = inMode(flags, plugin, backend, { clock, lost });
  if (!flags[`audit-${plugin}-truncate-enabled`]) return moded;
  const maxEventBytes = flags[`audit-${plugin}-truncate-max-event-size`];
  const maxBatchBytes = flags[`audit-${plugin}-truncate-max-batch-size`];
  return new Truncating({ maxEventBytes, maxBatchBytes }, { backend: moded, lost });
}

function inMode(
  flags: AuditFlags,
  plugin: Plugin,
  backend: AuditBackend,
  { clock, lost }: { clock: Clock; lost: Lost },
): AuditBackend {
  const mode = flags[`audit-${plugin}-mode`];
  if (mode === 'blocking-strict') return backend;
  if (mode === 'blocking') return ignoringErrors(backend);
  const qps = flags[`audit-${plugin}-batch-throttle-qps`];
  const burst = flags[`audit-${plugin}-batch-throttle-burst`];
  const options = {
    bufferSize: flags[`audit-${plugin}-batch-buffer-size`],
    maxBatchSize: flags[`audit-${plugin}-batch-max-size`],
    maxWaitMs: parseDuration(flags[`audit-${plugin}-batch-max-wait`]) ?? 0,
    throttle: flags[`audit-${plugin}-batch-throttle-enable`] ? { qps, burst } : undefined,
    concurrency: plugin === 'log' ? 1 : Math.max(1, burst),
  };
  return new Batching(options, { backend, clock, lost });
}
