/** Labels below these names are a kubelet's to set on its node, of all that Kubernetes itself gives a meaning. */
const OWN_LABELS = new Set([
  'beta.kubernetes.io/arch',
  'beta.kubernetes.io/instance-type',
  'beta.kubernetes.io/os',
  'failure-domain.beta.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'kubernetes.io/arch',
  'kubernetes.io/hostname',
  'kubernetes.io/os',
  'node.kubernetes.io/instance-type',
  'topology.kubernetes.io/region',
  'topology.kubernetes.io/zone',
]);
const OWN_PREFIXES = ['kubelet.kubernetes.io', 'node.kubernetes.io'];
const MEANINGFUL = ['kubernetes.io', 'k8s.io'];

type Labels = Readonly<Record<string, string>>;

/** Of the labels that differ, those that no node may set or remove on itself, in order. */
export function forbiddenLabels(next: Labels = {}, old: Labels = {}): string[] {
  const keys = new Set([...Object.keys(next), ...Object.keys(old)]);
  return [...keys].filter((key) => next[key] !== old[key] && isForbidden(key)).sort();
}

function isForbidden(key: string): boolean {
  const slash = key.indexOf('/');
  const prefix = slash < 0 ? '' : key.slice(0, slash);
  return isBelow(prefix, MEANINGFUL) && !OWN_LABELS.has(key) && !isBelow(prefix, OWN_PREFIXES);
}

function isBelow(prefix: string, names: readonly string[]): boolean {
  return names.some((it) => prefix === it || prefix.endsWith(`.${it}`));
}
