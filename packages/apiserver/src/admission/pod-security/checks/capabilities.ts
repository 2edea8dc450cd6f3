import type { Container } from '@keelson/api';
import {
  containersOf,
  counted,
  isWindows,
  offenders,
  type PodCheck,
  quoted,
  type Rule,
  sortedSet,
  unless,
} from '../check.js';

const DEFAULTS: ReadonlySet<string> = new Set([
  ...['AUDIT_WRITE', 'CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'MKNOD', 'NET_BIND_SERVICE'],
  ...['SETFCAP', 'SETGID', 'SETPCAP', 'SETUID', 'SYS_CHROOT'],
]);

function addedBeyond(allowed: ReadonlySet<string>): (container: Container) => string[] {
  return ({ securityContext }) => (securityContext?.capabilities?.add ?? []).filter((it) => !allowed.has(it));
}

export const capabilitiesBaseline: PodCheck = {
  id: 'capabilities_baseline',
  level: 'baseline',
  versions: [
    {
      since: 0,
      rule(pod) {
        const detail = addedText(pod, addedBeyond(DEFAULTS));
        return detail === undefined ? undefined : { reason: 'non-default capabilities', detail };
      },
    },
  ],
};

function addedText(pod: Parameters<Rule>[0], added: (container: Container) => string[]): string | undefined {
  const bad = offenders(pod, (it) => added(it).length > 0);
  if (bad.length === 0) return undefined;
  const names = quoted(sortedSet(containersOf(pod).flatMap(added)));
  return `${counted('container', bad)} must not include ${names} in securityContext.capabilities.add`;
}

const almostNone: Rule = (pod) => {
  const keeping = offenders(pod, ({ securityContext }) => !securityContext?.capabilities?.drop?.includes('ALL'));
  const details = [
    ...(keeping.length === 0
      ? []
      : [`${counted('container', keeping)} must set securityContext.capabilities.drop=["ALL"]`]),
    ...[addedText(pod, addedBeyond(new Set(['NET_BIND_SERVICE'])))].filter((it) => it !== undefined),
  ];
  return details.length === 0 ? undefined : { reason: 'unrestricted capabilities', detail: details.join('; ') };
};

export const capabilitiesRestricted: PodCheck = {
  id: 'capabilities_restricted',
  level: 'restricted',
  versions: [
    { since: 22, rule: almostNone, overrides: ['capabilities_baseline'] },
    { since: 25, rule: unless(isWindows, almostNone), overrides: ['capabilities_baseline'] },
  ],
};
