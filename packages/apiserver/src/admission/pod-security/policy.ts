import { type FieldError, fieldErrors } from '@keelson/api';

export const LEVELS = ['privileged', 'baseline', 'restricted'] as const;
export type Level = (typeof LEVELS)[number];

/** A minor version of Kubernetes whose rules hold; `latest` are those of this one. */
export type PolicyVersion = number | 'latest';

export interface LevelVersion {
  readonly level: Level;
  readonly version: PolicyVersion;
}

export const MODES = ['enforce', 'audit', 'warn'] as const;
export type Mode = (typeof MODES)[number];
export type Policy = Readonly<Record<Mode, LevelVersion>>;

export const LABEL_PREFIX = 'pod-security.kubernetes.io/';
export const LEVEL_WRONG = `must be one of ${LEVELS.join(', ')}`;
export const VERSION_WRONG = 'must be "latest" or "v1.x"';

export function parseLevel(text: string): Level | undefined {
  return LEVELS.find((it) => it === text);
}

export function parseVersion(text: string): PolicyVersion | undefined {
  if (text === 'latest') return 'latest';
  const minor = /^v1\.([0-9]|[1-9][0-9]*)$/.exec(text)?.[1];
  return minor === undefined || Number(minor) > Number.MAX_SAFE_INTEGER ? undefined : Number(minor);
}

/** `baseline:v1.20` */
export function textOf({ level, version }: LevelVersion): string {
  return `${level}:${version === 'latest' ? version : `v1.${version}`}`;
}

/** Positive where `a` allows less than `b`. */
export function compareLevels(a: Level, b: Level): number {
  return LEVELS.indexOf(a) - LEVELS.indexOf(b);
}

export function isSame(a: LevelVersion, b: LevelVersion): boolean {
  return a.level === b.level && a.version === b.version;
}

/** What nobody is refused by. */
export function isPrivileged(policy: Policy): boolean {
  return MODES.every((mode) => policy[mode].level === 'privileged');
}

export function hasSameEffect(a: Policy, b: Policy): boolean {
  return MODES.every(
    (mode) => (a[mode].level === 'privileged' && b[mode].level === 'privileged') || isSame(a[mode], b[mode]),
  );
}

/** What a namespace's labels ask for. Of those that say nothing the defaults hold; of wrong ones, the strictest to enforce. */
export function policyOf(
  labels: Readonly<Record<string, string>> | undefined,
  defaults: Policy,
): { policy: Policy; errors: FieldError[] } {
  const errors: FieldError[] = [];
  const read = <T>(name: string, parse: (text: string) => T | undefined, wrong: string): T | 'wrong' | undefined => {
    const label = `${LABEL_PREFIX}${name}`;
    const text = labels?.[label];
    if (text === undefined) return undefined;
    const value = parse(text);
    if (value === undefined) errors.push(fieldErrors.invalid(`metadata.labels[${label}]`, text, wrong));
    return value ?? 'wrong';
  };
  const said = (mode: Mode) => {
    const level = read(mode, parseLevel, LEVEL_WRONG);
    const version = read(`${mode}-version`, parseVersion, VERSION_WRONG);
    return { level, version: version === 'wrong' ? ('latest' as const) : version };
  };
  const [enforce, audit, warn] = [said('enforce'), said('audit'), said('warn')];
  const settle = (mode: Mode, { level, version }: ReturnType<typeof said>, failed: Level): LevelVersion => ({
    level: level === 'wrong' ? failed : (level ?? defaults[mode].level),
    version: version ?? defaults[mode].version,
  });
  const policy = {
    enforce: settle('enforce', enforce, 'restricted'),
    audit: settle('audit', audit, 'privileged'),
    warn: settle('warn', warn, 'privileged'),
  };
  // Who enforces more than is warned of by default is warned of as much.
  const isStricter = compareLevels(policy.enforce.level, policy.warn.level) > 0;
  if (warn.level === undefined && enforce.level !== undefined && enforce.level !== 'wrong' && isStricter) {
    const { level, version } = policy.enforce;
    policy.warn = { level, version: warn.version === undefined ? version : policy.warn.version };
  }
  return { policy, errors };
}
