/** Who may have devices as their administrator: claims in namespaces that are marked for it. */
import {
  type DeviceRequest,
  type FieldError,
  fieldErrors,
  type KubeObject,
  type Namespace,
  type ResourceClaimTemplate,
  type ResourceV1ResourceClaim,
} from '@keelson/api';
import type { ResourceRules } from '../registry/rules.js';

const ADMIN_LABEL = 'resource.kubernetes.io/admin-access';

export type NamespaceOf = (name: string) => Promise<Namespace | undefined>;

/** The rules of claims and of their templates. */
export function deviceAccessRules(namespaceOf: NamespaceOf): ResourceRules {
  return {
    check: (next, old, part) => {
      const requested = part === 'status' ? grantedTo(next, old) : old === undefined ? requestedBy(next) : undefined;
      return refusals(requested, next.metadata.namespace ?? '', namespaceOf);
    },
  };
}

/** The path of the first request for such access. A template's is told as a claim's is. */
function requestedBy(object: KubeObject): string | undefined {
  const { spec } = object as ResourceV1ResourceClaim;
  const { devices } = (object as ResourceClaimTemplate).spec?.spec ?? spec ?? {};
  const at = (devices?.requests ?? []).findIndex(({ exactly }: DeviceRequest) => exactly?.adminAccess === true);
  return at < 0 ? undefined : `spec.devices.requests[${at}].adminAccess`;
}

/** The path of the first device that a status newly gives with such access. */
function grantedTo(next: KubeObject, old: KubeObject | undefined): string | undefined {
  const granted = (claim: KubeObject | undefined): number =>
    ((claim as ResourceV1ResourceClaim | undefined)?.status?.allocation?.devices?.results ?? []).findIndex(
      ({ adminAccess }) => adminAccess === true,
    );
  const at = granted(next);
  return at < 0 || granted(old) >= 0 ? undefined : `status.allocation.devices.results[${at}].adminAccess`;
}

async function refusals(field: string | undefined, name: string, namespaceOf: NamespaceOf): Promise<FieldError[]> {
  if (field === undefined) return [];
  const namespace = await namespaceOf(name);
  if (namespace === undefined) {
    const why = `could not retrieve namespace to verify admin access: namespaces "${name}" not found`;
    return [fieldErrors.internal(field, why)];
  }
  if (namespace.metadata.labels?.[ADMIN_LABEL] === 'true') return [];
  const label = `\`${ADMIN_LABEL}: true\` label on the containing namespace`;
  return [fieldErrors.forbidden(field, `admin access to devices requires the ${label}`)];
}
