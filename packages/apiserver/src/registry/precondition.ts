import { type ApiError, apiErrors, type Kind, type KubeObject } from '@keelson/api';
import { objectPath } from '../storage/keys.js';

export interface Preconditions {
  readonly uid?: string | null | undefined;
  readonly resourceVersion?: string | null | undefined;
}

/** Refuses to delete an object that is not the one that the caller means. */
export function checkPreconditions(
  kind: Kind,
  name: string,
  wanted: Preconditions | undefined,
  object: KubeObject,
): void {
  const { uid = '', resourceVersion = '' } = object.metadata;
  const { group, kind: plural } = kind.errorKind;
  const refuse = (what: string, given: string, found: string, since: string): never => {
    const text = `the ${what} in the precondition (${given}) does not match the ${what} in record (${found}). The object might have been ${since}`;
    throw apiErrors.conflict({ group, plural }, name, text);
  };
  if (typeof wanted?.uid === 'string' && wanted.uid !== uid)
    refuse('UID', wanted.uid, uid, 'deleted and then recreated');
  if (typeof wanted?.resourceVersion === 'string' && wanted.resourceVersion !== resourceVersion)
    refuse('ResourceVersion', wanted.resourceVersion, resourceVersion, 'modified');
}

/** Refuses to change an object that is not the one that the caller means; a caller that names no uid means any. */
export function checkUid(
  kind: Kind,
  { namespace, name, dryRun }: { namespace: string; name: string; dryRun: boolean },
  wanted: string | undefined,
  current: KubeObject | undefined,
): void {
  const found = current?.metadata.uid ?? '';
  if (wanted && wanted !== found) throw wrongUid(kind, upstreamKey(kind, namespace, name, dryRun), name, wanted, found);
}

function wrongUid(kind: Kind, key: string, name: string, wanted: string, found: string): ApiError {
  const text = `Precondition failed: UID in precondition: ${wanted}, UID in object meta: ${found}`;
  return apiErrors.conflict(
    kind,
    name,
    `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: ${text}`,
  );
}

/** Collections whose keys upstream does not name after their resource. */
const PREFIXES: ReadonlyMap<string, string> = new Map([
  ['/replicationcontrollers', 'controllers'],
  ['/endpoints', 'services/endpoints'],
  ['/nodes', 'minions'],
  ['/services', 'services/specs'],
  ['networking.k8s.io/ingresses', 'ingress'],
]);
const UNDER_THEIR_GROUP = new Set(['apiextensions.k8s.io', 'apiregistration.k8s.io']);

/** The key under which upstream keeps an object: its refusals name it, those of dry runs without the root. */
function upstreamKey(kind: Kind, namespace: string, name: string, dryRun: boolean): string {
  const { group, plural } = kind;
  const inGroup = kind.typeName === '' || UNDER_THEIR_GROUP.has(group);
  const prefix = PREFIXES.get(`${group}/${plural}`) ?? (inGroup ? `${group}/${plural}` : plural);
  return `${dryRun ? '' : '/registry'}/${prefix}/${objectPath(namespace, name)}`;
}
