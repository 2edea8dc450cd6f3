import { apiErrors, type Kind, type KubeObject } from '@keelson/api';

export interface Preconditions {
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
}

/** Refuses to go on when the object is not the one that the caller means. */
export function checkPreconditions(
  kind: Kind,
  name: string,
  wanted: Preconditions | undefined,
  object: KubeObject,
): void {
  const { uid, resourceVersion } = object.metadata;
  const refuse = (what: string, precondition: string, found: string | undefined) => {
    const text = `Precondition failed: ${what} in precondition: ${precondition}, ${what} in object meta: ${found ?? ''}`;
    throw apiErrors.conflict(kind, name, text);
  };
  if (wanted?.uid && wanted.uid !== uid) refuse('UID', wanted.uid, uid);
  if (wanted?.resourceVersion && wanted.resourceVersion !== resourceVersion) {
    refuse('ResourceVersion', wanted.resourceVersion, resourceVersion);
  }
}
