import { ApiError, apiErrors, fieldErrors, type Kind, type KubeObject } from '@keelson/api';
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

/** Refuses an object without a name, or with another than the request's. */
export function checkName({ metadata }: KubeObject, name: string): void {
  const found = metadata.name ?? '';
  if (found === name) return;
  throw apiErrors.badRequest(
    found === ''
      ? `the name of the object (${name} based on URL) was undeterminable: name must be provided`
      : `the name of the object (${found}) does not match the name on the URL (${name})`,
  );
}

/** Takes away what only the server says, whatever a new object says of itself. */
export function wipeSystemFields({ metadata }: KubeObject): void {
  delete metadata.uid;
  delete metadata.creationTimestamp;
  delete metadata.deletionTimestamp;
  delete metadata.deletionGracePeriodSeconds;
  delete metadata.selfLink;
}

/** What the server alone says of a new object. */
export function stampNew(object: KubeObject, dependencies: { clock: Clock; random: Random }): void {
  const { metadata } = object;
  wipeSystemFields(object);
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

/**
 * What the server owns, taken over from the object as it is: always where only the server says it, and where the update
 * leaves it out. What then still differs is refused by validation.
 */
export function keepSystemFields(next: KubeObject, old: KubeObject): void {
  const { metadata } = next;
  const before = old.metadata;
  metadata.uid ||= before.uid;
  if (before.creationTimestamp !== undefined) metadata.creationTimestamp = before.creationTimestamp;
  if (before.deletionTimestamp !== undefined) metadata.deletionTimestamp = before.deletionTimestamp;
  if (before.deletionGracePeriodSeconds !== undefined)
    metadata.deletionGracePeriodSeconds ??= before.deletionGracePeriodSeconds;
  if (before.generation === undefined) delete metadata.generation;
  else metadata.generation = before.generation;
}

const VERSION_MAX = 2n ** 64n - 1n;

/** The resource version that an update is meant for; undefined where it is meant for any. */
export function wantedVersion({ metadata }: KubeObject): string | undefined {
  const text = metadata.resourceVersion ?? '';
  if (text === '') return undefined;
  if (!/^\d+$/.test(text)) throw unreadableVersion(text, 'invalid syntax');
  const version = BigInt(text);
  if (version > VERSION_MAX) throw unreadableVersion(text, 'value out of range');
  return version === 0n ? undefined : version.toString();
}

/** An error that kube-apiserver does not expect from here: code 500 and no reason. */
function unreadableVersion(text: string, what: string): ApiError {
  return new ApiError({
    code: 500,
    reason: '',
    message: `strconv.ParseUint: parsing ${fieldErrors.quote(text)}: ${what}`,
  });
}

/** Whether an object says of which version it is; a text that is no version says nothing. */
export function namesVersion({ metadata }: KubeObject): boolean {
  const text = metadata.resourceVersion ?? '';
  return /^\d+$/.test(text) && BigInt(text) !== 0n && BigInt(text) <= VERSION_MAX;
}
