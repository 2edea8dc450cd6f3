import { type ApiError, deepEqual, type KubeObject, type PatchType } from '@keelson/api';
import type { EventType, Resource } from '@keelson/client';

/** What is said of an object. */
export interface EventText {
  readonly type: EventType;
  readonly reason: string;
  readonly message: string;
}

export interface WriteCommon {
  /** Said once it is done, of the object that is decided on, or of `about`. */
  readonly done?: (written: KubeObject) => EventText | undefined;
  /** Said when it is refused. */
  readonly failed?: (error: ApiError) => EventText | undefined;
  readonly about?: KubeObject;
  /** Reasons of refusals that are as good as done. */
  readonly ignore?: readonly string[];
  /** Not before the API server, asked itself, has this object still, with its uid and not on its way out. */
  readonly requires?: { readonly resource: Resource; readonly object: KubeObject };
  /** Not as long as the API server, asked itself, has this object, with its uid if one is given, be it on its way out. */
  readonly unless?: { readonly resource: Resource; readonly object: KubeObject };
}

export interface Create extends WriteCommon {
  readonly do: 'create';
  readonly resource: Resource;
  readonly object: KubeObject;
  /** What to do instead when the name is taken, by whom. Absent: that is a failure. */
  readonly taken?: (existing: KubeObject) => readonly Action[];
}

export interface Update extends WriteCommon {
  readonly do: 'update';
  readonly resource: Resource;
  readonly object: KubeObject;
  readonly subresource?: string;
  /** What to write when another writer was quicker, on what is there now; tried a few times. Absent: that is a failure. */
  readonly onConflict?: (newest: KubeObject) => KubeObject;
}

export interface Patch extends WriteCommon {
  readonly do: 'patch';
  readonly resource: Resource;
  readonly object: KubeObject;
  readonly type: PatchType;
  readonly patch: object;
  readonly subresource?: string;
}

/** Of the very object that is named, by its uid; one that is gone already is as good. */
export interface Delete extends WriteCommon {
  readonly do: 'delete';
  readonly resource: Resource;
  readonly object: KubeObject;
  readonly propagationPolicy?: 'Foreground' | 'Background' | 'Orphan';
  readonly resourceVersion?: string;
}

/** What is done to something else than the API's objects. It may be done twice, and has to be as good then. */
export interface Elsewhere extends Pick<WriteCommon, 'requires' | 'unless'> {
  run(): Promise<void>;
  readonly failed?: (error: Error) => EventText | undefined;
}

export interface Tell extends EventText {
  readonly do: 'tell';
  readonly about?: KubeObject;
}

/** One effect on the world, as data: whoever decides does not act. */
export type Action = Create | Update | Patch | Delete | Tell;

/** What is to be done about one object. */
export interface Decision {
  /** Done before the steps; none is done if it fails. */
  readonly first?: Elsewhere;
  /**
   * One after another, those of one step side by side; creations begin slowly, so that what cannot work is tried a few
   * times and not thousands. A step that fails is the last.
   */
  readonly steps?: readonly (readonly Action[])[];
  /** Done after them whatever came of them, given the first failure: the status, as a rule. */
  readonly afterwards?: (failure: unknown) => readonly Action[];
  /** Milliseconds after which to look again though nothing is known to have changed. */
  readonly again?: number | undefined;
}

export const NOTHING: Decision = {};

export function tell(type: EventType, reason: string, message: string, about?: KubeObject): Tell {
  return { do: 'tell', type, reason, message, ...(about === undefined ? {} : { about }) };
}

export function create<T extends KubeObject>(
  resource: Resource<T>,
  object: T,
  { taken, ...more }: WriteCommon & { readonly taken?: (existing: T) => readonly Action[] } = {},
): Create {
  const common = { do: 'create', resource, object, ...more } as const;
  return taken === undefined ? common : { ...common, taken: (existing) => taken(existing as T) };
}

export function update<T extends KubeObject>(resource: Resource<T>, object: T, more: WriteCommon = {}): Update {
  return { do: 'update', resource, object, ...more };
}

export function patch<T extends KubeObject>(
  resource: Resource<T>,
  object: T,
  type: PatchType,
  change: object,
  more: WriteCommon & { readonly subresource?: string } = {},
): Patch {
  return { do: 'patch', resource, object, type, patch: change, ...more };
}

export function remove<T extends KubeObject>(
  resource: Resource<T>,
  object: T,
  more: WriteCommon & Pick<Delete, 'propagationPolicy' | 'resourceVersion'> = {},
): Delete {
  return { do: 'delete', resource, object, ...more };
}

/**
 * Writes an object's status if it says something new; `zero` is what fields that are absent mean. Somebody else's write
 * at the same time brings another look: that is no failure.
 */
export function writeStatus<T extends KubeObject & { status?: object | undefined }>(
  resource: Resource<T>,
  object: T,
  status: NonNullable<T['status']>,
  zero: Partial<NonNullable<T['status']>> = {},
): readonly Action[] {
  if (deepEqual({ ...zero, ...object.status }, { ...zero, ...status })) return [];
  const next = { ...object, status };
  return [{ do: 'update', resource, object: next, subresource: 'status', ignore: ['NotFound'] }];
}
