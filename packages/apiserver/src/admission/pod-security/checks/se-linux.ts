import type { SELinuxOptions } from '@keelson/api';
import { containersOf, counted, offenders, type PodCheck, type Rule, setters, sortedSet } from '../check.js';

const TYPES = ['', 'container_t', 'container_init_t', 'container_kvm_t'];

function only(types: readonly string[]): Rule {
  const isWrong = ({ type = '', user = '', role = '' }: SELinuxOptions = {}) =>
    !types.includes(type) || user !== '' || role !== '';
  return (pod) => {
    const ofPod = pod.spec.securityContext?.seLinuxOptions;
    const who = setters(
      isWrong(ofPod),
      offenders(pod, ({ securityContext }) => isWrong(securityContext?.seLinuxOptions)),
    );
    if (who === '') return undefined;
    const all = [ofPod, ...containersOf(pod).map((it) => it.securityContext?.seLinuxOptions)];
    const wrongTypes = sortedSet(all.map((it) => it?.type ?? '').filter((type) => !types.includes(type)));
    const details = [
      ...(wrongTypes.length === 0 ? [] : [counted('type', wrongTypes)]),
      ...(all.some((it) => !!it?.user) ? ['user may not be set'] : []),
      ...(all.some((it) => !!it?.role) ? ['role may not be set'] : []),
    ];
    const detail = `${who} set forbidden securityContext.seLinuxOptions: ${details.join('; ')}`;
    return { reason: 'seLinuxOptions', detail };
  };
}

export const seLinuxOptions: PodCheck = {
  id: 'seLinuxOptions',
  level: 'baseline',
  versions: [
    { since: 0, rule: only(TYPES) },
    { since: 31, rule: only([...TYPES, 'container_engine_t']) },
  ],
};
