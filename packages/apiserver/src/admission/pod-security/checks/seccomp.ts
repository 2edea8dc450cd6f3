import type { Container } from '@keelson/api';
import {
  annotationText,
  containersOf,
  counted,
  isWindows,
  namesOf,
  offenders,
  type PodCheck,
  type PodShape,
  quoted,
  type Rule,
  setters,
  sortedSet,
  unless,
  type Violation,
} from '../check.js';

const POD_ANNOTATION = 'seccomp.security.alpha.kubernetes.io/pod';
const CONTAINER_ANNOTATION = 'container.seccomp.security.alpha.kubernetes.io/';
const TYPES = new Set(['RuntimeDefault', 'Localhost']);
const reason = 'seccompProfile';

function isAllowedAnnotation(value: string): boolean {
  return value === 'runtime/default' || value === 'docker/default' || value.startsWith('localhost/');
}

/** Before there was a field, annotations said it. */
const annotations: Rule = (pod) => {
  const keys = [POD_ANNOTATION, ...namesOf(containersOf(pod)).map((name) => `${CONTAINER_ANNOTATION}${name}`)];
  const bad = sortedSet(
    keys.flatMap((key) => {
      const value = pod.annotations[key];
      return value === undefined || isAllowedAnnotation(value) ? [] : [annotationText(key, value)];
    }),
  );
  if (bad.length === 0) return undefined;
  return { reason, detail: `forbidden ${bad.length === 1 ? 'annotation' : 'annotations'} ${bad.join(', ')}` };
};

const typeOf = ({ securityContext }: Container) => securityContext?.seccompProfile?.type;
const isWrong = (type: string | undefined): type is string => type !== undefined && !TYPES.has(type);

function wrongTypes(pod: PodShape): Violation | undefined {
  const ofPod = pod.spec.securityContext?.seccompProfile?.type;
  const who = setters(
    isWrong(ofPod),
    offenders(pod, (it) => isWrong(typeOf(it))),
  );
  if (who === '') return undefined;
  const values = quoted(sortedSet([ofPod, ...containersOf(pod).map(typeOf)].filter(isWrong)));
  return { reason, detail: `${who} must not set securityContext.seccompProfile.type to ${values}` };
}

export const seccompBaseline: PodCheck = {
  id: 'seccompProfile_baseline',
  level: 'baseline',
  versions: [
    { since: 0, rule: annotations },
    { since: 19, rule: wrongTypes },
  ],
};

const everyProfile: Rule = (pod) => {
  const wrong = wrongTypes(pod);
  if (wrong !== undefined || pod.spec.securityContext?.seccompProfile != null) return wrong;
  const open = offenders(pod, ({ securityContext }) => securityContext?.seccompProfile == null);
  if (open.length === 0) return undefined;
  const rule = 'must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"';
  return { reason, detail: `pod or ${counted('container', open)} ${rule}` };
};

export const seccompRestricted: PodCheck = {
  id: 'seccompProfile_restricted',
  level: 'restricted',
  versions: [
    { since: 19, rule: everyProfile, overrides: ['seccompProfile_baseline'] },
    { since: 25, rule: unless(isWindows, everyProfile), overrides: ['seccompProfile_baseline'] },
  ],
};
