import { counted, isWindows, offenders, type PodCheck, type Rule, setters, unless } from '../check.js';

export const privileged: PodCheck = {
  id: 'privileged',
  level: 'baseline',
  versions: [
    {
      since: 0,
      rule(pod) {
        const bad = offenders(pod, ({ securityContext }) => securityContext?.privileged === true);
        if (bad.length === 0) return undefined;
        return {
          reason: 'privileged',
          detail: `${counted('container', bad)} must not set securityContext.privileged=true`,
        };
      },
    },
  ],
};

const noEscalation: Rule = (pod) => {
  const bad = offenders(pod, ({ securityContext }) => securityContext?.allowPrivilegeEscalation !== false);
  if (bad.length === 0) return undefined;
  return {
    reason: 'allowPrivilegeEscalation != false',
    detail: `${counted('container', bad)} must set securityContext.allowPrivilegeEscalation=false`,
  };
};

export const allowPrivilegeEscalation: PodCheck = {
  id: 'allowPrivilegeEscalation',
  level: 'restricted',
  versions: [
    { since: 8, rule: noEscalation },
    { since: 25, rule: unless(isWindows, noEscalation) },
  ],
};

export const windowsHostProcess: PodCheck = {
  id: 'windowsHostProcess',
  level: 'baseline',
  versions: [
    {
      since: 0,
      rule(pod) {
        const bad = offenders(pod, ({ securityContext }) => securityContext?.windowsOptions?.hostProcess === true);
        const who = setters(pod.spec.securityContext?.windowsOptions?.hostProcess === true, bad);
        if (who === '') return undefined;
        return { reason: 'hostProcess', detail: `${who} must not set securityContext.windowsOptions.hostProcess=true` };
      },
    },
  ],
};
