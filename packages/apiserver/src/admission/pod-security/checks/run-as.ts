import { counted, hasOwnUsers, offenders, type PodCheck, type Rule, setters, unless } from '../check.js';

const nonRoot: Rule = (pod) => {
  const reason = 'runAsNonRoot != true';
  const ofPod = pod.spec.securityContext?.runAsNonRoot;
  const who = setters(
    ofPod === false,
    offenders(pod, ({ securityContext }) => securityContext?.runAsNonRoot === false),
  );
  if (who !== '') return { reason, detail: `${who} must not set securityContext.runAsNonRoot=false` };
  if (ofPod === true) return undefined;
  const open = offenders(pod, ({ securityContext }) => securityContext?.runAsNonRoot == null);
  if (open.length === 0) return undefined;
  return { reason, detail: `pod or ${counted('container', open)} must set securityContext.runAsNonRoot=true` };
};

export const runAsNonRoot: PodCheck = {
  id: 'runAsNonRoot',
  level: 'restricted',
  versions: [
    { since: 0, rule: nonRoot },
    { since: 35, rule: unless(hasOwnUsers, nonRoot) },
  ],
};

const notZero: Rule = (pod) => {
  const who = setters(
    isRoot(pod.spec.securityContext),
    offenders(pod, ({ securityContext }) => isRoot(securityContext)),
  );
  return who === '' ? undefined : { reason: 'runAsUser=0', detail: `${who} must not set runAsUser=0` };
};

function isRoot(context: { runAsUser?: number | bigint | undefined } | undefined): boolean {
  return context?.runAsUser != null && Number(context.runAsUser) === 0;
}

export const runAsUser: PodCheck = {
  id: 'runAsUser',
  level: 'restricted',
  versions: [
    { since: 23, rule: notZero },
    { since: 35, rule: unless(hasOwnUsers, notZero) },
  ],
};
