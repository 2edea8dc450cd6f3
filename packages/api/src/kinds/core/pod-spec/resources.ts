/** Rules for resource requests and limits, and the class of service that follows from them. */
import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  notFound,
  notSupported,
  type Path,
  required,
} from '../../../field-errors.js';
import type { Container, PodSpec, ResourceRequirements } from '../../../gen/types.js';
import { compareQuantities, parseQuantity } from '../../../quantity.js';
import { dnsLabel, dnsSubdomain } from '../../rules.js';
import {
  isHugePage,
  isOvercommitAllowed,
  validateContainerResourceName,
  validateResourceQuantity,
} from '../resource-names.js';

export function validateResources(resources: ResourceRequirements | undefined, path: Path): FieldError[] {
  const { limits = {}, requests = {} } = resources ?? {};
  const errors: FieldError[] = [];
  for (const [name, value] of Object.entries(limits)) {
    const at = path.child('limits').key(name);
    errors.push(...validateContainerResourceName(name, at), ...validateResourceQuantity(name, value, at));
  }
  for (const [name, value] of Object.entries(requests)) {
    const at = path.child('requests').key(name);
    errors.push(...validateContainerResourceName(name, at), ...validateResourceQuantity(name, value, at));
    errors.push(...validateAgainstLimit(name, value, limits[name], path));
  }
  const names = [...Object.keys(limits), ...Object.keys(requests)];
  if (names.some(isHugePage) && !names.some((name) => name === 'cpu' || name === 'memory')) {
    errors.push({
      type: 'FieldValueForbidden',
      field: String(path),
      detail: 'HugePages require cpu or memory',
    });
  }
  return errors;
}

const POD_RESOURCES = ['cpu', 'hugepages-', 'memory'];

/** What a pod as a whole asks for: fewer things than a container may, and no devices. */
export function validatePodResources(spec: PodSpec, path: Path): FieldError[] {
  const { resources } = spec;
  if (resources === undefined) return [];
  const errors: FieldError[] = [];
  if ((resources.claims ?? []).length > 0)
    errors.push(forbidden(path.child('claims'), 'claims may not be set for Resources at pod-level'));
  const isOfPods = (name: string) => name === 'cpu' || name === 'memory' || isHugePage(name);
  const known = (list: Record<string, string> = {}) =>
    Object.fromEntries(Object.entries(list).filter(([name]) => isOfPods(name)));
  for (const field of ['limits', 'requests'] as const)
    for (const name of Object.keys(resources[field] ?? {}))
      if (!isOfPods(name)) errors.push(notSupported(path.child(field).key(name), name, POD_RESOURCES));
  return [
    ...errors,
    ...validateResources({ limits: known(resources.limits), requests: known(resources.requests) }, path),
    ...validateClaims(resources, spec, path.child('claims')),
  ];
}

/** What the pod's containers may claim, by name. */
export function validateResourceClaims({ resourceClaims = [] }: PodSpec, path: Path): FieldError[] {
  const seen = new Set<string>();
  return resourceClaims.flatMap((claim, index) => {
    const at = path.index(index);
    const { name = '', resourceClaimName, resourceClaimTemplateName } = claim;
    const errors: FieldError[] = [];
    if (name === '') errors.push(required(at.child('name')));
    else if (seen.has(name)) errors.push(duplicate(at.child('name'), name));
    else errors.push(...dnsLabel(name, at.child('name')));
    seen.add(name);
    if (resourceClaimName !== undefined && resourceClaimTemplateName !== undefined) {
      const text = 'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified';
      errors.push(invalid(at, claim, text));
    }
    if (resourceClaimName === undefined && resourceClaimTemplateName === undefined)
      errors.push(invalid(at, claim, 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`'));
    for (const [field, value] of Object.entries({ resourceClaimName, resourceClaimTemplateName }))
      if (value !== undefined) errors.push(...dnsSubdomain(value, at.child(field)));
    return errors;
  });
}

/** A container's claims are some of its pod's, each once. */
export function validateClaims(
  resources: ResourceRequirements | undefined,
  { resourceClaims = [] }: PodSpec,
  path: Path,
): FieldError[] {
  const known = new Set(resourceClaims.map(({ name = '' }) => name));
  const seen = new Set<string>();
  return (resources?.claims ?? []).flatMap(({ name = '', request = '' }, index) => {
    const at = path.index(index);
    if (name === '') return [required(at)];
    const key = request === '' ? name : `${name}/${request}`;
    const errors = seen.has(key) ? [duplicate(at, key)] : [];
    seen.add(key);
    if (request !== '') errors.push(...dnsLabel(request, at.child('request')));
    if (!known.has(name)) {
      const which = known.size === 0 ? ' which is empty' : '';
      errors.push({ ...notFound(at, name), detail: `must be one of the names in pod.spec.resourceClaims${which}` });
    }
    return errors;
  });
}

function validateAgainstLimit(name: string, request: string, limit: string | undefined, path: Path): FieldError[] {
  const isShared = isOvercommitAllowed(name);
  if (limit === undefined) {
    if (isShared) return [];
    return [required(path.child('limits'), 'Limit must be set for non overcommitable resources')];
  }
  const order = compareQuantities(request, limit);
  if (!isShared && order !== 0) {
    return [invalid(path.child('requests'), request, `must be equal to ${name} limit of ${limit}`)];
  }
  if (order <= 0) return [];
  return [invalid(path.child('requests'), request, `must be less than or equal to ${name} limit of ${limit}`)];
}

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';
const QOS_RESOURCES = ['cpu', 'memory'] as const;

/** Guaranteed: every container's limits equal its requests. BestEffort: none asks for anything. */
export function qosClass(spec: PodSpec): QosClass {
  const holders: Pick<Container, 'resources'>[] =
    spec.resources !== undefined ? [spec] : [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  const asked = holders.map(({ resources }) => ({
    requests: positiveOnly(resources?.requests),
    limits: positiveOnly(resources?.limits),
  }));
  if (asked.every(({ requests, limits }) => requests.size + limits.size === 0)) return 'BestEffort';
  const guaranteed = asked.every(({ requests, limits }) =>
    QOS_RESOURCES.every((name) => {
      const [request, limit] = [requests.get(name), limits.get(name)];
      return limit !== undefined && (request === undefined || compareQuantities(request, limit) === 0);
    }),
  );
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

function positiveOnly(list: Record<string, string> | undefined): Map<string, string> {
  const found = new Map<string, string>();
  for (const name of QOS_RESOURCES) {
    const value = list?.[name];
    if (value !== undefined && parseQuantity(value).nanos > 0n) found.set(name, value);
  }
  return found;
}
