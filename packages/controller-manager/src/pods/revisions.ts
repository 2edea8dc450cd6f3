import {
  type ControllerRevision,
  controllerOf,
  controllerReference,
  deepEqual,
  encodeGoJson,
  isRecord,
  type KubeObject,
  largest,
  narrowed,
  type PodTemplateSpec,
} from '@keelson/api';
import { type Resource, resources } from '@keelson/client';
import { type Action, type Create, create, remove, type Update, update } from '../framework/actions.js';
import { goHash } from '../framework/hash.js';

/** What keeps its pods' templates as ControllerRevisions. */
export interface Versioned extends KubeObject {
  readonly spec?: { template?: PodTemplateSpec | undefined; revisionHistoryLimit?: number | undefined } | undefined;
  readonly status?: { collisionCount?: number | undefined } | undefined;
}

export interface RevisionKind<T extends Versioned> {
  readonly resource: Resource<T>;
  /** The label of a revision that says the hash in its name. */
  readonly hashLabel: string;
}

export interface Revisions {
  /** That of the template as it is, if there is one. */
  readonly current: ControllerRevision | undefined;
  /** The others, oldest first. */
  readonly old: readonly ControllerRevision[];
  /** The number that the current one has, or is to have. */
  readonly number: number;
}

/** A suffix of the name, and what is left for the owner's of the 253 characters that a name may have. */
const OWNER_NAME_MAX = 223;
const LIMIT = 10;

/**
 * What of its owner a revision keeps: a patch that brings the template back, with fields in the order of their names.
 * Others compare its bytes with those that they make themselves.
 */
export function revisionData({ spec }: Versioned): Record<string, unknown> {
  return sorted({ spec: { template: { ...spec?.template, $patch: 'replace' } } }) as Record<string, unknown>;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isRecord(value)) return value;
  const fields = Object.entries(value).filter(([, item]) => item !== undefined && item !== null);
  return Object.fromEntries(fields.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, item]) => [key, sorted(item)]));
}

/** The template that a revision brings back; undefined if it says none. */
export function templateOf({ data }: ControllerRevision): PodTemplateSpec | undefined {
  const spec = isRecord(data) ? data.spec : undefined;
  const template = isRecord(spec) ? spec.template : undefined;
  if (!isRecord(template)) return undefined;
  const { $patch: _patch, ...rest } = template;
  return rest;
}

/** `means` tells whether a revision that does not read like the template is it all the same. */
export function revisionsOf(
  owner: Versioned,
  all: readonly ControllerRevision[],
  means: (revision: ControllerRevision) => boolean = () => false,
): Revisions {
  const oldestFirst = [...all].sort(byAge);
  const data = revisionData(owner);
  const newest = oldestFirst.at(-1);
  const current =
    oldestFirst.findLast((it) => deepEqual(it.data, data)) ??
    (newest !== undefined && means(newest) ? newest : undefined);
  const old = oldestFirst.filter((it) => it !== current);
  const after = narrowed(largest(old.map(({ revision }) => BigInt(revision ?? 0))) + 1n) ?? 1;
  const number = current !== undefined && (current.revision ?? 0) >= after ? (current.revision ?? 0) : after;
  return { current, old, number };
}

function byAge(a: ControllerRevision, b: ControllerRevision): number {
  const measures = [
    (it: ControllerRevision) => it.revision ?? 0,
    (it: ControllerRevision) => it.metadata.creationTimestamp ?? '',
    (it: ControllerRevision) => it.metadata.name ?? '',
  ];
  for (const measure of measures) {
    const [first, second] = [measure(a), measure(b)];
    if (first !== second) return first < second ? -1 : 1;
  }
  return 0;
}

/** What has to be written first: the current revision where there is none, or its number where others are after it. */
export function revisionWrite<T extends Versioned>(
  kind: RevisionKind<T>,
  owner: T,
  { current, number }: Revisions,
): Create | Update | undefined {
  if (current === undefined) return createRevision(kind, owner, number);
  if (current.revision === number) return undefined;
  return update(resources.controllerRevisions, { ...current, revision: number });
}

function createRevision<T extends Versioned>(kind: RevisionKind<T>, owner: T, number: number): Create {
  const revision = newRevision(kind, owner, number);
  return create(resources.controllerRevisions, revision, {
    failed: ({ message }) => ({
      type: 'Warning',
      reason: 'FailedCreate',
      message: `Error creating revision ${revision.metadata.name}: ${message}`,
    }),
    taken: (existing) => {
      const isMine = controllerOf(existing)?.uid === owner.metadata.uid;
      return isMine && deepEqual(existing.data, revision.data) ? [] : [countCollision(kind, owner)];
    },
  });
}

/** Something else has the name: the next one is made with the count of such collisions. */
function countCollision<T extends Versioned>({ resource }: RevisionKind<T>, owner: T): Action {
  const status = { ...owner.status, collisionCount: (owner.status?.collisionCount ?? 0) + 1 };
  return { do: 'update', resource, object: { ...owner, status }, subresource: 'status' };
}

function newRevision<T extends Versioned>(kind: RevisionKind<T>, owner: T, revision: number): ControllerRevision {
  const data = revisionData(owner);
  const hash = goHash(encodeGoJson(data) + String(owner.status?.collisionCount ?? 0));
  const { name = '', namespace, annotations } = owner.metadata;
  return {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name: `${name.slice(0, OWNER_NAME_MAX)}-${hash}`,
      namespace,
      labels: { ...owner.spec?.template?.metadata?.labels, [kind.hashLabel]: hash },
      annotations: { ...annotations },
      ownerReferences: [controllerReference(owner, kind.resource)],
    },
    data,
    revision,
  };
}

/** Removes the oldest of those that nothing lives by, so that of `count` no more stay than the owner's limit says. */
export function forgetRevisions(
  { spec }: Versioned,
  oldestFirst: readonly ControllerRevision[],
  count: number,
): readonly Action[] {
  const limit = spec?.revisionHistoryLimit ?? LIMIT;
  if (limit < 0) return [];
  return oldestFirst.slice(0, Math.max(0, count - limit)).map((it) => remove(resources.controllerRevisions, it));
}
