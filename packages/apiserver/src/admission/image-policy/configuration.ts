import { type FieldError, fieldErrors, Path } from '@keelson/api';
import { ConfigError } from '../../config/config-file.js';
import type { JsonEndpointOptions } from '../../webhooks/json-endpoint.js';
import { webhookTarget } from '../../webhooks/webhook-config.js';

/** Who says which images may run, and for how long its word holds. */
export interface ImagePolicy {
  readonly target: ReturnType<typeof webhookTarget>;
  readonly firstPauseMs: NonNullable<JsonEndpointOptions['firstPauseMs']>;
  readonly allowedTtlMs: number;
  readonly deniedTtlMs: number;
  /** What holds when it does not answer. */
  readonly defaultAllow: boolean;
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
/** By field: how long a unit of it is, what 0 stands for, and between what it must be. */
const TIMES = {
  retryBackoff: { unit: 1, standard: 500, least: 1, most: 5 * MINUTE_MS },
  allowTTL: { unit: SECOND_MS, standard: 5 * MINUTE_MS, least: SECOND_MS, most: 30 * MINUTE_MS },
  denyTTL: { unit: SECOND_MS, standard: 30 * SECOND_MS, least: SECOND_MS, most: 30 * MINUTE_MS },
} as const;
type Time = keyof typeof TIMES;
const KNOWN = new Set(['kubeConfigFile', 'defaultAllow', ...Object.keys(TIMES)]);

/** A file without kind and version: it is older than those. Throws ConfigError. */
export function imagePolicy(value: unknown, source: string): ImagePolicy {
  const root = new Path('imagePolicy');
  const given = (value as { imagePolicy?: unknown } | null)?.imagePolicy;
  if (typeof given !== 'object' || given === null) throw new ConfigError(`${source}: imagePolicy: Required value`);
  const config = given as Record<string, unknown>;
  const errors: FieldError[] = Object.keys(config)
    .filter((name) => !KNOWN.has(name))
    .map((name) => fieldErrors.forbidden(root.child(name), 'there is no such field'));
  const { kubeConfigFile, defaultAllow = false } = config;
  if (typeof kubeConfigFile !== 'string' || kubeConfigFile === '')
    errors.push(fieldErrors.required(root.child('kubeConfigFile'), 'a file that says where the webhook is'));
  if (typeof defaultAllow !== 'boolean')
    errors.push(fieldErrors.invalid(root.child('defaultAllow'), defaultAllow, 'must be true or false'));
  const times = Object.fromEntries(
    (Object.keys(TIMES) as Time[]).map((name) => [name, timeOf(config[name], name, root, errors)]),
  ) as Record<Time, number>;
  if (errors.length > 0) throw new ConfigError(`${source}: ${errors.map(fieldErrors.errorText).join('; ')}`);
  return {
    target: webhookTarget(kubeConfigFile as string),
    firstPauseMs: times.retryBackoff,
    allowedTtlMs: times.allowTTL,
    deniedTtlMs: times.denyTTL,
    defaultAllow: defaultAllow as boolean,
  };
}

/** -1 is never. */
function timeOf(value: unknown, name: Time, root: Path, errors: FieldError[]): number {
  const { unit, standard, least, most } = TIMES[name];
  if (value === undefined || value === 0) return standard;
  if (value === -1) return 0;
  const time = Number(value) * unit;
  if (typeof value === 'number' && time >= least && time <= most) return time;
  const range = `must be a number from ${least / unit} to ${most / unit}, 0 for ${standard / unit}, or -1 for none`;
  errors.push(fieldErrors.invalid(root.child(name), value, range));
  return standard;
}
