import {
  apiErrors,
  type Kind,
  type KubeObject,
  type LabelMatcher,
  type NamedRuleWithOperations,
  type Namespace,
} from '@keelson/api';
import type { ObjectCollection } from '../../registry/collection.js';
import { lookUp } from '../lookup.js';
import type { Subject } from './subject.js';

const CONFIGURATION_GROUP = 'admissionregistration.k8s.io';
const CONFIGURATIONS = new Set([
  ...['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration', 'ValidatingAdmissionPolicy'],
  ...['ValidatingAdmissionPolicyBinding', 'MutatingAdmissionPolicy', 'MutatingAdmissionPolicyBinding'],
]);

/** Whether a kind says itself what is admitted: nobody may lock himself out. */
export function isConfiguration({ group, kind }: Kind): boolean {
  return group === CONFIGURATION_GROUP && CONFIGURATIONS.has(kind);
}

/** Which writes a webhook, a policy or a binding is about. */
export interface Matching {
  readonly namespaces: LabelMatcher;
  readonly objects: LabelMatcher;
  readonly rules: readonly NamedRuleWithOperations[];
  /** About none of these, whatever the rules say. */
  readonly excluded: readonly NamedRuleWithOperations[];
  /** Without rules it is about everything. */
  readonly isOpen: boolean;
  /** Only in the version that a rule names. */
  readonly isExact: boolean;
}

/** In which version a write's object is wanted; undefined: not at all. Throws 404 for a namespace that is gone. */
export async function wantedKind(
  hook: Matching,
  subject: Subject,
  objects: readonly (KubeObject | undefined)[],
  namespaces: ObjectCollection,
): Promise<Kind | undefined> {
  // Options of a connection are no object: they have no metadata.
  const metadata = objects.map((it) => it?.metadata).filter((it) => it !== undefined);
  const isObject = hook.objects.empty || metadata.some(({ labels }) => hook.objects.matches(labels));
  if (!isObject) return undefined;
  const kind = ruledKind(hook, subject);
  if (kind === undefined) return undefined;
  return (await isNamespace(hook, subject, namespaces)) ? kind : undefined;
}

/** Whether it may be about writes of a kind, which are stored with the others; names, labels and namespaces aside. */
export function mayWant(
  { rules, isOpen }: Matching,
  kinds: readonly Kind[],
  operation: string,
  subresource: string,
): boolean {
  if (isOpen && rules.length === 0) return true;
  return rules.some((rule) => kinds.some((kind) => isAbout(rule, kind, operation, subresource)));
}

function ruledKind(matching: Matching, subject: Subject): Kind | undefined {
  const { rules, excluded, isOpen, isExact } = matching;
  if (excluded.length > 0 && kindIn(excluded, isExact, subject) !== undefined) return undefined;
  return isOpen && rules.length === 0 ? subject.asked.kind : kindIn(rules, isExact, subject);
}

function kindIn(rules: readonly NamedRuleWithOperations[], isExact: boolean, subject: Subject): Kind | undefined {
  const { kind } = subject.asked;
  if (rules.some((rule) => isRuled(rule, kind, subject))) return kind;
  if (isExact) return undefined;
  const others = subject.equivalents();
  for (const rule of rules) {
    const found = others.find((it) => isRuled(rule, it, subject));
    if (found !== undefined) return found;
  }
  return undefined;
}

function isRuled(rule: NamedRuleWithOperations, kind: Kind, { asked, subresource }: Subject): boolean {
  const named = rule.resourceNames ?? [];
  const isNamed = named.length === 0 || named.includes(asked.object.metadata.name ?? '');
  return isNamed && isAbout(rule, kind, asked.operation, subresource);
}

function isAbout(
  rule: NamedRuleWithOperations,
  { group, version, plural, scope }: Kind,
  operation: string,
  subresource: string,
): boolean {
  const isScope = !rule.scope || rule.scope === '*' || rule.scope === scope;
  return (
    isScope &&
    names(rule.operations, operation) &&
    names(rule.apiGroups, group) &&
    names(rule.apiVersions, version) &&
    (rule.resources ?? []).some((it) => {
      const slash = it.indexOf('/');
      const [resource, part] = slash < 0 ? [it, ''] : [it.slice(0, slash), it.slice(slash + 1)];
      return (resource === '*' || resource === plural) && (part === '*' || part === subresource);
    })
  );
}

function names(listed: readonly string[] | undefined, wanted: string): boolean {
  return listed?.some((it) => it === '*' || it === wanted) ?? false;
}

async function isNamespace(
  hook: Matching,
  { asked, subresource }: Subject,
  namespaces: ObjectCollection,
): Promise<boolean> {
  const { kind, operation, object } = asked;
  const isNamespaces = kind.group === '' && kind.plural === 'namespaces';
  if (hook.namespaces.empty || (kind.scope !== 'Namespaced' && !isNamespaces)) return true;
  // A namespace that is written is judged as it is going to be.
  if (isNamespaces && subresource === '' && (operation === 'CREATE' || operation === 'UPDATE'))
    return hook.namespaces.matches(object.metadata.labels);
  const name = isNamespaces ? (object.metadata.name ?? '') : asked.namespace;
  const found = await lookUp<Namespace>(namespaces, '', name);
  if (found === undefined) throw apiErrors.notFound(namespaces.kind, name);
  return hook.namespaces.matches(found.metadata.labels);
}
