/** What two doors answered, made alike in what no two requests have alike: names of their own, times, versions, chance. */

const RANDOM: readonly (readonly [RegExp, string])[] = [
  [/eyJ[\w-]+\.[\w-]+\.[\w-]+/g, 'JWT'],
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UID'],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, 'TIME'],
  [/\b(kube-api-access|random)-[a-z0-9]{5}\b/g, '$1-SUFFIX'],
  [/\b10\.\d+\.\d+\.\d+\b/g, 'ADDRESS'],
  [/current: \d+/g, 'current: VERSION'],
  [/too old resource version: (\d+) \(\d+\)/g, 'too old resource version: $1 (VERSION)'],
  [/(resourceVersion\\*":\\*")\d+/g, '$1VERSION'],
  [/in record \(\d+\)/g, 'in record (VERSION)'],
  [/^\d+[smh]$/g, 'AGE'],
];

/** Of fields whose values are chance, and which are there by chance. */
const FIELDS: ReadonlySet<string> = new Set(['resourceVersion', 'continue', 'nodePort', 'healthCheckNodePort']);
const SOMETIMES: ReadonlySet<string> = new Set(['apiserver.latency.k8s.io/total']);

export function comparable(value: unknown, tag: string): unknown {
  if (typeof value === 'string')
    return RANDOM.reduce((text, [pattern, name]) => text.replace(pattern, name), value.replaceAll(tag, 'DOOR'));
  if (Array.isArray(value)) return value.map((it) => comparable(it, tag));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, it]) => it !== undefined && !SOMETIMES.has(key) && !isOnlySometimes(it))
      .map(([key, it]) => [
        comparable(key, tag),
        FIELDS.has(key) && it !== '' && it !== '0' ? key.toUpperCase() : comparable(it, tag),
      ]),
  );
}

/** What is there because of something that is there by chance. */
function isOnlySometimes(value: unknown): boolean {
  const keys = typeof value === 'object' && value !== null ? Object.keys(value) : [];
  return keys.length > 0 && keys.every((key) => SOMETIMES.has(key));
}
