import { apiErrors, type Kind, type KubeObject } from '@keelson/api';
import { type Clock, type Random, rfc3339 } from '@keelson/service';

/** Longest base of a generated name; the rest is the suffix. */
const GENERATED_BASE_MAX = 58;
const SUFFIX_LENGTH = 5;

/** Puts the request's namespace into an object, or refuses one that says another. */
export function settleNamespace(kind: Kind, object: KubeObject, namespace: string): void {
  const { metadata } = object;
  if (kind.scope === 'Cluster') {
    if ((metadata.namespace ?? '') !== '') delete metadata.namespace;
    return;
  }
  if ((metadata.namespace ?? '') === '') metadata.namespace = namespace;
  if (metadata.namespace === namespace) return;
  throw apiErrors.badRequest('the namespace of the provided object does not match the namespace sent on the request');
}

/** What the server alone says of a new object. */
export function stampNew(object: KubeObject, dependencies: { clock: Clock; random: Random }): void {
  const { metadata } = object;
  delete metadata.deletionTimestamp;
  delete metadata.deletionGracePeriodSeconds;
  delete metadata.selfLink;
  delete metadata.resourceVersion;
  metadata.uid = dependencies.random.uuid();
  metadata.creationTimestamp = rfc3339(dependencies.clock.now());
}

/** Makes a name from generateName; true if it did. */
export function generateName(object: KubeObject, random: Random): boolean {
  const { metadata } = object;
  if ((metadata.name ?? '') !== '' || (metadata.generateName ?? '') === '') return false;
  metadata.name = metadata.generateName!.slice(0, GENERATED_BASE_MAX) + random.suffix(SUFFIX_LENGTH);
  return true;
}

/** What an update cannot change, taken over from the object as it is. */
export function keepSystemFields(next: KubeObject, old: KubeObject): void {
  const { metadata } = next;
  const keep = <K extends keyof typeof metadata>(field: K, always: boolean) => {
    if (!always && metadata[field] !== undefined) return;
    if (old.metadata[field] === undefined) delete metadata[field];
    else metadata[field] = old.metadata[field];
  };
  keep('uid', false);
  keep('creationTimestamp', true);
  keep('deletionTimestamp', true);
  keep('deletionGracePeriodSeconds', true);
  keep('generateName', false);
  keep('namespace', false);
  keep('generation', true);
  delete metadata.selfLink;
}
