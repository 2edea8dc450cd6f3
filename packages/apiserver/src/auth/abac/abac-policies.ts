import { AUTHENTICATED } from '../user.js';

/** What one line of a policy file allows. */
export interface AbacPolicy {
  readonly user: string;
  readonly group: string;
  readonly readonly: boolean;
  readonly apiGroup: string;
  readonly resource: string;
  readonly namespace: string;
  readonly nonResourcePath: string;
}

const API_VERSION = 'abac.authorization.kubernetes.io/v1beta1';
const TEXTS = ['user', 'group', 'apiGroup', 'resource', 'namespace', 'nonResourcePath'] as const;
/** Fields of lines without a version. */
const OLD_FIELDS = new Set(['user', 'group', 'readonly', 'resource', 'namespace']);
const FIELDS = new Set<string>([...TEXTS, 'readonly']);

/** A policy a line, in JSON; lines that begin with # are none. Throws what is wrong with which line and field. */
export function abacPoliciesIn(text: string, path: string): AbacPolicy[] {
  return text.split('\n').flatMap((line, at) => {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#')) return [];
    try {
      return [policyOf(JSON.parse(trimmed) as unknown)];
    } catch (error) {
      const why = error instanceof SyntaxError ? 'it is not JSON' : (error as Error).message;
      throw new Error(`${path}, line ${at + 1}: ${why}`);
    }
  });
}

function policyOf(value: unknown): AbacPolicy {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('it is not an object');
  const { apiVersion, kind, spec, ...more } = value as Record<string, unknown>;
  if (apiVersion === undefined && kind === undefined) return withoutVersion(fieldsOf({ ...value }, OLD_FIELDS, ''));
  if (apiVersion !== API_VERSION || kind !== 'Policy')
    throw new Error(`it must be a Policy of apiVersion ${API_VERSION}, not ${apiVersion}, ${kind}`);
  const [unknown] = Object.keys(more);
  if (unknown !== undefined) throw new Error(`unknown field "${unknown}"`);
  if (typeof spec !== 'object' || spec === null) throw new Error('spec: Required value');
  const policy = fieldsOf({ ...spec }, FIELDS, 'spec.');
  return policy.user === '*' || policy.group === '*' ? { ...policy, user: '', group: AUTHENTICATED } : policy;
}

function fieldsOf(given: Record<string, unknown>, known: ReadonlySet<string>, path: string): AbacPolicy {
  const unknown = Object.keys(given).find((name) => !known.has(name));
  if (unknown !== undefined) throw new Error(`unknown field "${path}${unknown}"`);
  const { readonly = false } = given;
  if (typeof readonly !== 'boolean') throw new Error(`${path}readonly: it must be true or false`);
  const texts = TEXTS.map((name) => {
    const text = given[name] ?? '';
    if (typeof text !== 'string') throw new Error(`${path}${name}: it must be a string`);
    return [name, text] as const;
  });
  return { ...(Object.fromEntries(texts) as Record<(typeof TEXTS)[number], string>), readonly };
}

/** There what is left out means everything. */
function withoutVersion(policy: AbacPolicy): AbacPolicy {
  const { user, group, namespace, resource } = policy;
  const isAnybody = (user === '' && group === '') || user === '*' || group === '*';
  return {
    ...policy,
    ...(isAnybody ? { user: '', group: AUTHENTICATED } : {}),
    namespace: namespace || '*',
    resource: resource || '*',
    apiGroup: '*',
    nonResourcePath: namespace === '' && resource === '' ? '*' : '',
  };
}
