import type { PodCheck, PodShape, Rule, Violation } from './check.js';
import { appArmorProfile } from './checks/app-armor.js';
import { capabilitiesBaseline, capabilitiesRestricted } from './checks/capabilities.js';
import { hostNamespaces, hostPathVolumes, hostPorts, hostProbes } from './checks/host.js';
import { allowPrivilegeEscalation, privileged, windowsHostProcess } from './checks/privilege.js';
import { procMount, procMountRestricted } from './checks/proc-mount.js';
import { runAsNonRoot, runAsUser } from './checks/run-as.js';
import { seLinuxOptions } from './checks/se-linux.js';
import { seccompBaseline, seccompRestricted } from './checks/seccomp.js';
import { sysctls } from './checks/sysctls.js';
import { restrictedVolumes } from './checks/volumes.js';
import type { Level, LevelVersion } from './policy.js';

const CHECKS: readonly PodCheck[] = [
  ...[allowPrivilegeEscalation, appArmorProfile, capabilitiesBaseline, capabilitiesRestricted, hostNamespaces],
  ...[hostPathVolumes, hostPorts, hostProbes, privileged, procMount, procMountRestricted, restrictedVolumes],
  ...[runAsNonRoot, runAsUser, seLinuxOptions, seccompBaseline, seccompRestricted, sysctls, windowsHostProcess],
];

/** The last version that changed anything; all later ones say the same. */
const LAST = Math.max(...CHECKS.flatMap(({ versions }) => versions.map(({ since }) => since)));

/** By version, and there by level: the rules in the order in which they are told. */
const RULES = Array.from({ length: LAST + 1 }, (_, minor) => ({
  baseline: rulesOf('baseline', minor),
  restricted: rulesOf('restricted', minor),
}));

/** What a level is made of at a version: its own checks behind those of the level below that it does not override. */
function rulesOf(level: Exclude<Level, 'privileged'>, minor: number): Rule[] {
  const current = CHECKS.flatMap((check) => {
    const version = check.versions.findLast(({ since }) => since <= minor);
    return version === undefined ? [] : [{ ...check, ...version }];
  });
  const byId = (a: PodCheck, b: PodCheck) => (a.id < b.id ? -1 : 1);
  const baseline = current.filter((it) => it.level === 'baseline').sort(byId);
  if (level === 'baseline') return baseline.map(({ rule }) => rule);
  const restricted = current.filter((it) => it.level === 'restricted').sort(byId);
  const overridden = new Set(restricted.flatMap(({ overrides = [] }) => overrides));
  return [...baseline.filter(({ id }) => !overridden.has(id)), ...restricted].map(({ rule }) => rule);
}

/** What a pod does that its level does not allow; nothing where it may be. */
export function violationsOf({ level, version }: LevelVersion, pod: PodShape): Violation[] {
  if (level === 'privileged') return [];
  const rules = RULES[version === 'latest' ? LAST : Math.min(version, LAST)]![level];
  return rules.map((rule) => rule(pod)).filter((it) => it !== undefined);
}

/** `host namespaces (hostNetwork=true), privileged (…)` */
export function detailsText(violations: readonly Violation[]): string {
  return violations.map(({ reason, detail }) => (detail === '' ? reason : `${reason} (${detail})`)).join(', ');
}

/** The same without what each is about: of many pods together. */
export function reasonsText(violations: readonly Violation[]): string {
  return violations.map(({ reason }) => reason).join(', ');
}
