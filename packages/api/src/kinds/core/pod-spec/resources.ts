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
import { internalForm } from '../../../internal-form.js';
import { isPodLevelResource, podRequestList } from '../../../pod-resources.js';
import {
  canonicalQuantity,
  compareQuantities,
  isWholeQuantity,
  parseQuantity,
  QuantityError,
  quantityValue,
} from '../../../quantity.js';
import { dnsLabel, dnsSubdomain } from '../../rules.js';
import {
  isHugePage,
  isOvercommitAllowed,
  validateContainerResourceName,
  validateResourceName,
  validateResourceQuantity,
} from '../resource-names.js';

type NameCheck = (name: string, path: Path) => FieldError[];

export function validateResources(
  resources: ResourceRequirements | undefined,
  path: Path,
  checkName: NameCheck = validateContainerResourceName,
): FieldError[] {
  const { limits = {}, requests = {} } = resources ?? {};
  const errors: FieldError[] = [];
  for (const [name, value] of Object.entries(limits)) {
    const at = path.child('limits').key(name);
    errors.push(...checkName(name, at), ...validateResourceQuantity(name, value, at), ...wholePages(name, value, at));
  }
  for (const [name, value] of Object.entries(requests)) {
    const at = path.child('requests').key(name);
    errors.push(...checkName(name, at), ...validateResourceQuantity(name, value, at));
    errors.push(...validateAgainstLimit(name, value, limits[name], path), ...wholePages(name, value, at));
  }
  const names = [...Object.keys(limits), ...Object.keys(requests)];
  if (names.some(isHugePage) && !names.some((name) => name === 'cpu' || name === 'memory'))
    errors.push(forbidden(path, 'HugePages require cpu or memory'));
  return errors;
}

/** Huge pages come whole. */
function wholePages(name: string, value: string, path: Path): FieldError[] {
  if (!isHugePage(name) || isDivisible(value, name.slice(name.indexOf('-') + 1))) return [];
  const shown = canonicalQuantity(value);
  return [invalid(path, shown, `${shown} is not positive integer multiple of ${name}`)];
}

function isDivisible(value: string, size: string): boolean {
  try {
    const page = quantityValue(size);
    return page > 0 && isWholeQuantity(size) && quantityValue(value) % page === 0;
  } catch (error) {
    if (error instanceof QuantityError) return false;
    throw error;
  }
}

const POD_RESOURCES = ['cpu', 'hugepages-', 'memory'];

function validatePodResourceName(name: string, path: Path): FieldError[] {
  const errors = validateResourceName(name, path);
  if (errors.length > 0 || isPodLevelResource(name)) return errors;
  return [notSupported(path, name, POD_RESOURCES)];
}

/** What a pod as a whole asks for: fewer things than a container may, and no devices. */
export function validatePodResources(spec: PodSpec, path: Path): FieldError[] {
  const { resources } = spec;
  if (resources === undefined) return [];
  const errors: FieldError[] = [];
  if ((resources.claims ?? []).length > 0)
    errors.push(forbidden(path.child('claims'), 'claims may not be set for Resources at pod-level'));
  return [
    ...errors,
    ...validateResources(resources, path, validatePodResourceName),
    ...validateClaims(resources, spec, path.child('claims')),
    ...validatePodTotals(spec, resources, path),
  ];
}

/** A pod asks for no less than its containers together, and none of them may take more than it. */
function validatePodTotals(spec: PodSpec, { requests = {}, limits = {} }: ResourceRequirements, path: Path) {
  const errors: FieldError[] = [];
  const total = podRequestList({ metadata: {}, spec }, { withStatus: false, withOverhead: false, ofPod: () => false });
  for (const [name, sum] of Object.entries(total)) {
    if (!isPodLevelResource(name)) continue;
    const own = requests[name] ?? '0';
    if (compareQuantities(sum, own) <= 0) continue;
    const text = `must be greater than or equal to aggregate container requests of ${canonicalQuantity(sum)}`;
    errors.push(invalid(path.child('requests').key(name), canonicalQuantity(own), text));
  }
  for (const [index, { resources }] of (spec.containers ?? []).entries())
    for (const [name, limit] of Object.entries(resources?.limits ?? {})) {
      const own = limits[name];
      if (own === undefined || compareQuantities(limit, own) <= 0) continue;
      const at = path.child('containers').index(index).key(name).child('limits');
      const text = `must be less than or equal to pod limits of ${canonicalQuantity(own)}`;
      errors.push(invalid(at, canonicalQuantity(limit), text));
    }
  return errors;
}

const CLAIM = 'io.k8s.api.core.v1.PodResourceClaim';

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
      errors.push(invalid(at, internalForm(CLAIM, claim), text));
    }
    if (resourceClaimName === undefined && resourceClaimTemplateName === undefined)
      errors.push(
        invalid(
          at,
          internalForm(CLAIM, claim),
          'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`',
        ),
      );
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
  const whole = new Set<string>();
  const requested = new Map<string, Set<string>>();
  return (resources?.claims ?? []).flatMap(({ name = '', request = '' }, index) => {
    const at = path.index(index);
    if (name === '') return [required(at)];
    const errors: FieldError[] = [];
    if (whole.has(name)) errors.push(duplicate(at, name));
    else {
      if (request !== '') errors.push(...dnsLabel(request, at.child('request')));
      const parts = requested.get(name) ?? new Set<string>();
      if (request === '') {
        // Each part that was claimed before is claimed again with the whole.
        for (const _part of parts) errors.push(duplicate(at, name));
        whole.add(name);
      } else if (parts.has(request)) errors.push(duplicate(at, `${name}/${request}`));
      else requested.set(name, parts.add(request));
    }
    if (!known.has(name)) {
      const which = known.size === 0 ? ' which is empty' : `: ${[...known].sort().join(', ')}`;
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
  const [asked, most] = [canonicalQuantity(request), canonicalQuantity(limit)];
  if (!isShared && order !== 0)
    return [invalid(path.child('requests'), asked, `must be equal to ${name} limit of ${most}`)];
  if (order <= 0) return [];
  return [invalid(path.child('requests'), asked, `must be less than or equal to ${name} limit of ${most}`)];
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
