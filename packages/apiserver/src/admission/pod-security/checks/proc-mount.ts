import {
  containersOf,
  counted,
  hasOwnUsers,
  offenders,
  type PodCheck,
  quoted,
  type Rule,
  sortedSet,
  unless,
} from '../check.js';

const masked: Rule = (pod) => {
  const mountOf = (it: ReturnType<typeof containersOf>[number]) => it.securityContext?.procMount;
  const isWrong = (mount: string | undefined): mount is string => mount != null && mount !== 'Default';
  const bad = offenders(pod, (it) => isWrong(mountOf(it)));
  if (bad.length === 0) return undefined;
  const values = quoted(sortedSet(containersOf(pod).map(mountOf).filter(isWrong)));
  return {
    reason: 'procMount',
    detail: `${counted('container', bad)} must not set securityContext.procMount to ${values}`,
  };
};

export const procMount: PodCheck = {
  id: 'procMount',
  level: 'baseline',
  versions: [
    { since: 0, rule: masked },
    { since: 35, rule: unless(hasOwnUsers, masked) },
  ],
};

export const procMountRestricted: PodCheck = {
  id: 'procMount_restricted',
  level: 'restricted',
  versions: [{ since: 35, rule: masked, overrides: ['procMount'] }],
};
