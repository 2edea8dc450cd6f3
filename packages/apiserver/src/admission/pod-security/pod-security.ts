import { apiErrors, type FieldError, fieldErrors, invalidObject, type Namespace, type Pod } from '@keelson/api';
import type { ObjectCollection } from '../../registry/collection.js';
import { type AdmissionAttributes, type AdmissionPlugin, isResource, refusal } from '../admission.js';
import { lookUp } from '../lookup.js';
import type { PodShape } from './check.js';
import { defaultPolicy, type PodSecurityConfiguration } from './configuration.js';
import { detailsText, violationsOf } from './evaluate.js';
import { existingPodsWarnings } from './existing-pods.js';
import {
  compareLevels,
  hasSameEffect,
  isPrivileged,
  isSame,
  LABEL_PREFIX,
  type LevelVersion,
  MODES,
  type Policy,
  policyOf,
  textOf,
} from './policy.js';
import { hasTemplate, mayDoMore, shapeOf, templateOf } from './shapes.js';

/** Subresources that change nothing of what a pod may do. */
const HARMLESS = new Set(['exec', 'attach', 'binding', 'eviction', 'log', 'portforward', 'proxy', 'status']);
const PRIVILEGED: LevelVersion = { level: 'privileged', version: 'latest' };

interface Scope {
  readonly policy: Policy;
  readonly problem: string | undefined;
}

/** Refuses pods that do what their namespace's labels do not allow, and warns where they only say so. */
export function podSecurity(
  dependencies: { namespaces: ObjectCollection; pods: ObjectCollection },
  configuration: PodSecurityConfiguration = {},
): AdmissionPlugin {
  const { namespaces, pods } = dependencies;
  const defaults = defaultPolicy(configuration);
  const [names, users, runtimeClasses] = (['namespaces', 'usernames', 'runtimeClasses'] as const).map(
    (field) => new Set(configuration.exemptions?.[field]),
  ) as [Set<string>, Set<string>, Set<string>];
  const isExempt = ({ spec }: PodShape) => !!spec.runtimeClassName && runtimeClasses.has(spec.runtimeClassName);

  const isExcused = (attributes: AdmissionAttributes): boolean => {
    const { namespace, context } = attributes;
    const reason = names.has(namespace) ? 'namespace' : users.has(context.user.user) ? 'user' : undefined;
    if (reason !== undefined) annotate(attributes, 'exempt', reason);
    return reason !== undefined;
  };

  const scopeOf = async ({ namespace }: AdmissionAttributes): Promise<Scope> => {
    const found = await lookUp<Namespace>(namespaces, '', namespace);
    if (found === undefined) throw apiErrors.internalError(`failed to lookup namespace ${JSON.stringify(namespace)}`);
    const { policy, errors } = policyOf(found.metadata.labels, defaults);
    const problem = errors.length === 0 ? undefined : textOfErrors(errors);
    return { policy, problem };
  };

  const evaluate = (attributes: AdmissionAttributes, { policy, problem }: Scope, pod: PodShape, enforces: boolean) => {
    if (isExempt(pod)) {
      annotate(attributes, 'exempt', 'runtimeClass');
      return;
    }
    if (problem !== undefined) annotate(attributes, 'error', `Failed to parse policy: ${problem}`);
    const of = (level: LevelVersion) => detailsText(violationsOf(level, pod));
    const text = (level: LevelVersion, found: string) => `violate PodSecurity "${textOf(level)}": ${found}`;
    const audited = of(policy.audit);
    if (audited !== '') annotate(attributes, 'audit-violations', `would ${text(policy.audit, audited)}`);
    if (enforces) {
      annotate(attributes, 'enforce-policy', textOf(policy.enforce));
      const found = of(policy.enforce);
      if (found !== '') throw refusal(attributes, `violates PodSecurity "${textOf(policy.enforce)}": ${found}`);
    }
    const warned = of(policy.warn);
    if (warned !== '') attributes.context.warn(`would ${text(policy.warn, warned)}`);
  };

  const checkPod = async (attributes: AdmissionAttributes) => {
    if (HARMLESS.has(attributes.subresource) || isExcused(attributes)) return;
    const scope = await scopeOf(attributes);
    if (scope.problem === undefined && isPrivileged(scope.policy)) {
      annotate(attributes, 'enforce-policy', textOf(PRIVILEGED));
      return;
    }
    const pod = attributes.object as Pod;
    if (attributes.operation === 'UPDATE' && !mayDoMore(pod, attributes.old as Pod)) return;
    evaluate(attributes, scope, shapeOf(pod), true);
  };

  const checkTemplate = async (attributes: AdmissionAttributes) => {
    if (attributes.subresource !== '' || isExcused(attributes)) return;
    const scope = await scopeOf(attributes);
    const { warn, audit } = scope.policy;
    if (scope.problem === undefined && warn.level === 'privileged' && audit.level === 'privileged') return;
    const template = templateOf(attributes.kind, attributes.object);
    if (template !== undefined) evaluate(attributes, scope, template, false);
  };

  const checkNamespace = async (attributes: AdmissionAttributes) => {
    const { kind, operation, object, old, subresource, context } = attributes;
    if (subresource !== '') return;
    const { name = '', labels = {} } = object.metadata;
    const next = policyOf(labels, defaults);
    const before = operation === 'UPDATE' ? policyOf(old?.metadata.labels, defaults) : undefined;
    const isNew = before === undefined || textOfErrors(before.errors) !== textOfErrors(next.errors);
    if (next.errors.length > 0 && isNew) throw invalidObject(kind, name, next.errors);
    const { enforce } = next.policy;
    if (before !== undefined) {
      const was = before.policy.enforce;
      if (isSame(enforce, was) || enforce.level === 'privileged') return;
      if (enforce.version === was.version && compareLevels(enforce.level, was.level) < 1) return;
    }
    if (names.has(name)) {
      const ignored = ignoredText(name, next.policy, labels, defaults);
      if (ignored !== undefined) context.warn(ignored);
    } else if (before !== undefined) {
      for (const text of await existingPodsWarnings(pods, name, enforce, isExempt)) context.warn(text);
    }
  };

  return {
    name: 'PodSecurity',
    async validate(attributes) {
      const { operation, kind } = attributes;
      if (operation === 'DELETE') return;
      if (isResource(kind, '', 'namespaces')) await checkNamespace(attributes);
      else if (isResource(kind, '', 'pods')) await checkPod(attributes);
      else if (hasTemplate(kind)) await checkTemplate(attributes);
    },
  };
}

function textOfErrors(errors: readonly FieldError[]): string {
  return apiErrors.aggregateText(errors.map(fieldErrors.errorText));
}

function annotate({ context }: AdmissionAttributes, key: string, value: string): void {
  context.annotate?.(`${LABEL_PREFIX}${key}`, value);
}

/** Of labels on a namespace that nothing is checked in. */
function ignoredText(
  name: string,
  policy: Policy,
  labels: Readonly<Record<string, string>>,
  defaults: Policy,
): string | undefined {
  if (isPrivileged(policy) || hasSameEffect(policy, defaults)) return undefined;
  const said = MODES.filter((mode) => {
    const isNamed = [mode, `${mode}-version`].some((it) => labels[`${LABEL_PREFIX}${it}`] !== undefined);
    return isNamed && policy[mode].level !== 'privileged';
  }).map((mode) => `${mode}=${textOf(policy[mode])}`);
  return `namespace ${JSON.stringify(name)} is exempt from Pod Security, and the policy (${said.join(', ')}) will be ignored`;
}
