import type { Container } from '@keelson/api';
import { annotationText, containersOf, offenders, type PodCheck, quoted, setters, sortedSet } from '../check.js';

const ANNOTATION = 'container.apparmor.security.beta.kubernetes.io/';
const TYPES = new Set(['RuntimeDefault', 'Localhost']);

const typeOf = ({ securityContext }: Pick<Container, 'securityContext'>) => securityContext?.appArmorProfile?.type;
const isWrong = (type: string | undefined): type is string => type !== undefined && !TYPES.has(type);

function isAllowedAnnotation(value: string): boolean {
  return value === '' || value === 'runtime/default' || value.startsWith('localhost/');
}

export const appArmorProfile: PodCheck = {
  id: 'appArmorProfile',
  level: 'baseline',
  versions: [
    {
      since: 0,
      rule(pod) {
        const ofPod = pod.spec.securityContext?.appArmorProfile?.type;
        const bad = Object.entries(pod.annotations)
          .filter(([key, value]) => key.startsWith(ANNOTATION) && !isAllowedAnnotation(value))
          .map(([key, value]) => annotationText(key, value))
          .sort();
        const who = [
          setters(
            isWrong(ofPod),
            offenders(pod, (it) => isWrong(typeOf(it))),
          ),
          bad.length === 0 ? '' : bad.length === 1 ? 'annotation' : 'annotations',
        ].filter((it) => it !== '');
        if (who.length === 0) return undefined;
        const values = [...sortedSet([ofPod, ...containersOf(pod).map(typeOf)].filter(isWrong)), ...bad];
        return {
          reason: `forbidden AppArmor ${values.length === 1 ? 'profile' : 'profiles'}`,
          detail: `${who.join(' and ')} must not set AppArmor profile type to ${quoted(values)}`,
        };
      },
    },
  ],
};
