/** Names of resources: which are Kubernetes' own, what each may be used for, and which come in whole numbers. */
import { type FieldError, invalid, type Path } from '../../field-errors.js';
import { qualifiedNameErrors } from '../../names.js';
import { isWholeQuantity } from '../../quantity.js';
import { NOT_INTEGER, nonNegativeQuantity } from '../rules.js';

const CONTAINER_RESOURCES: ReadonlySet<string> = new Set(['cpu', 'memory', 'ephemeral-storage']);
/** Counts of objects. */
const COUNTS = [
  ...[
    'pods',
    'resourcequotas',
    'services',
    'replicationcontrollers',
    'secrets',
    'persistentvolumeclaims',
    'configmaps',
  ],
  ...['services.nodeports', 'services.loadbalancers'],
];
const QUOTA_RESOURCES: ReadonlySet<string> = new Set([
  ...CONTAINER_RESOURCES,
  ...COUNTS,
  ...['requests.cpu', 'requests.memory', 'requests.storage', 'requests.ephemeral-storage'],
  ...['limits.cpu', 'limits.memory', 'limits.ephemeral-storage'],
]);
const STANDARD_RESOURCES: ReadonlySet<string> = new Set([...QUOTA_RESOURCES, 'storage']);
const WHOLE: ReadonlySet<string> = new Set(COUNTS);

export function isHugePage(name: string): boolean {
  return name.startsWith('hugepages-');
}

function isQuotaHugePage(name: string): boolean {
  return isHugePage(name) || name.startsWith('requests.hugepages-');
}

/** A name without a prefix, or with Kubernetes' own, is Kubernetes' to give. */
export function isNativeResource(name: string): boolean {
  return !name.includes('/') || name.includes('kubernetes.io/');
}

/** Devices and the like: never shared, so never more asked for than there is. */
export function isExtendedResource(name: string): boolean {
  if (isNativeResource(name) || name.startsWith('requests.')) return false;
  return qualifiedNameErrors(`requests.${name}`).length === 0;
}

/** Whether more may be promised of it than there is. */
export function isOvercommitAllowed(name: string): boolean {
  return isNativeResource(name) && !isHugePage(name);
}

export function isQuotaResource(name: string): boolean {
  return QUOTA_RESOURCES.has(name) || isQuotaHugePage(name);
}

export function validateResourceName(name: string, path: Path): FieldError[] {
  const errors = qualifiedNameErrors(name).map((text) => invalid(path, name, text));
  if (errors.length > 0 || name.includes('/') || STANDARD_RESOURCES.has(name) || isQuotaHugePage(name)) return errors;
  return [invalid(path, name, 'must be a standard resource type or fully qualified')];
}

export function validateContainerResourceName(name: string, path: Path): FieldError[] {
  const errors = validateResourceName(name, path);
  if (!name.includes('/')) {
    if (CONTAINER_RESOURCES.has(name) || isHugePage(name)) return errors;
    return [...errors, invalid(path, name, 'must be a standard resource for containers')];
  }
  if (isNativeResource(name) || isExtendedResource(name)) return errors;
  return [...errors, invalid(path, name, "doesn't follow extended resource name standard")];
}

export function validateQuotaResourceName(name: string, path: Path): FieldError[] {
  const errors = validateResourceName(name, path);
  if (name.includes('/') || isQuotaResource(name)) return errors;
  return [...errors, invalid(path, name, 'must be a standard resource for quota')];
}

export function validateResourceQuantity(name: string, value: string, path: Path): FieldError[] {
  const errors = nonNegativeQuantity(value, path);
  const mustBeWhole = WHOLE.has(name) || isExtendedResource(name);
  return mustBeWhole && !isWholeQuantity(value) ? [...errors, invalid(path, value, NOT_INTEGER)] : errors;
}
