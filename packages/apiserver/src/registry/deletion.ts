import {
  apiErrors,
  DecodeError,
  type DeleteOptions,
  decodeValue,
  type Kind,
  type KubeObject,
  oneMore,
  type RequestBody,
  typeSchema,
} from '@keelson/api';
import { rfc3339 } from '@keelson/service';
import type { Change } from './collection.js';
import { readBody } from './decode-body.js';
import { checkDeleteOptions } from './options.js';
import type { ResourceRules } from './rules.js';

export const ORPHAN_FINALIZER = 'orphan';
export const FOREGROUND_FINALIZER = 'foregroundDeletion';

const SCHEMA = typeSchema('io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions');

/** A value as DeleteOptions. Throws 400 for one of another shape. */
export function decodeDeleteOptions(value: unknown): DeleteOptions {
  try {
    return (decodeValue(value ?? {}, SCHEMA, 'DeleteOptions').object ?? {}) as DeleteOptions;
  } catch (error) {
    if (error instanceof DecodeError) throw apiErrors.badRequest(error.message);
    throw error;
  }
}

/** DeleteOptions from a request's body; an empty body gives the defaults. */
export function deleteOptionsOf(body: RequestBody | undefined): DeleteOptions {
  if (body === undefined || body.bytes.length === 0) return {};
  const { value } = readBody(undefined, body);
  const options = decodeDeleteOptions(value);
  const kind = options.kind ?? 'DeleteOptions';
  if (kind !== 'DeleteOptions') {
    const version = JSON.stringify(options.apiVersion ?? 'v1');
    throw apiErrors.badRequest(
      `no kind ${JSON.stringify(kind)} is registered for version ${version} in scheme "pkg/apis/meta/internalversion/scheme/register.go:27"`,
    );
  }
  checkDeleteOptions(options);
  return options;
}

/**
 * What a deletion does to an object: mark it and leave it to the kubelet, a controller or finalizers, or remove it. One
 * of a kind that knows a grace is marked even where that is over at once, and removed by the next deletion. Changes
 * `object` in place when it is only marked.
 */
export function deletionOf(
  kind: Kind,
  rules: ResourceRules,
  object: KubeObject,
  options: DeleteOptions,
  nowMs: number,
): Change {
  const { metadata } = object;
  if (rules.mark !== undefined && metadata.deletionTimestamp === undefined) {
    rules.mark(object, nowMs);
    return { do: 'write', object };
  }
  const finalizers = finalizersFor(kind, object, options);
  const grace = kind.strategy.deletionGrace?.(object, options.gracePeriodSeconds) ?? 0;
  const marked = metadata.deletionTimestamp !== undefined;
  const waits = finalizers.length > 0 || (rules.isHeld?.(object) ?? false);
  const isMarkedFirst =
    kind.strategy.deletionGrace !== undefined && !(marked && (metadata.deletionGracePeriodSeconds ?? 0) === 0);
  if (grace === 0 && !waits && !isMarkedFirst) return { do: 'delete' };
  const sameFinalizers = JSON.stringify(finalizers) === JSON.stringify(metadata.finalizers ?? []);
  if (finalizers.length > 0) metadata.finalizers = finalizers;
  else delete metadata.finalizers;
  if (marked) {
    const before = metadata.deletionGracePeriodSeconds ?? 0;
    // A shorter grace counts from when the deletion was asked for first; a longer one is not granted.
    if (grace >= before) return sameFinalizers ? { do: 'nothing' } : { do: 'write', object };
    const asked = Date.parse(metadata.deletionTimestamp!) - before * 1000;
    mark(object, grace, Math.max(asked, 0));
    return { do: 'write', object };
  }
  mark(object, grace, nowMs);
  if ((metadata.generation ?? 0) > 0) metadata.generation = oneMore(metadata.generation!);
  rules.onMarked?.(object);
  return { do: 'write', object };
}

function mark(object: KubeObject, grace: number, fromMs: number): void {
  object.metadata.deletionGracePeriodSeconds = grace;
  object.metadata.deletionTimestamp = rfc3339(fromMs + grace * 1000);
}

/** An object that is marked and that nothing holds any more is removed by the update that let go of it. */
export function isReleased(rules: ResourceRules, object: KubeObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds, finalizers } = object.metadata;
  if (deletionTimestamp === undefined || (finalizers ?? []).length > 0) return false;
  return (deletionGracePeriodSeconds ?? 0) === 0 && !(rules.isHeld?.(object) ?? false);
}

/** The finalizers that the propagation policy asks the garbage collector to work through. */
function finalizersFor(kind: Kind, object: KubeObject, options: DeleteOptions): string[] {
  const present = object.metadata.finalizers ?? [];
  const others = present.filter((it) => it !== ORPHAN_FINALIZER && it !== FOREGROUND_FINALIZER);
  const policy =
    options.propagationPolicy ??
    (options.orphanDependents === undefined ? undefined : options.orphanDependents ? 'Orphan' : 'Background');
  switch (policy) {
    case 'Orphan':
      return [...others, ORPHAN_FINALIZER];
    case 'Foreground':
      return [...others, FOREGROUND_FINALIZER];
    case 'Background':
      return others;
    default:
      if (present.length !== others.length) return present;
      return kind.strategy.defaultPropagation === 'Orphan' ? [...others, ORPHAN_FINALIZER] : others;
  }
}
