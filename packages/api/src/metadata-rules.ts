/** By which rules a kind's metadata is checked, and how often: upstream tells a finding again for each that finds it. */
import { type FieldError, Path } from './field-errors.js';
import type { ObjectMeta } from './gen/types.js';
import {
  type NameRule,
  pathSegmentName,
  validateKubeFinalizers,
  validateObjectMeta,
  validateObjectMetaUpdate,
} from './meta.js';

/** One part of what a kind checks of an update: metadata as at creation, its change, the kind's rules, what may not change. */
export type UpdateCheck = 'create' | 'update' | 'rules' | 'change';

/** The usual orders. */
const UPDATE_CHECKS = {
  update: ['update', 'rules', 'change'],
  create: ['create', 'rules', 'change'],
  both: ['update', 'create', 'rules', 'change'],
  none: ['rules', 'change'],
} as const satisfies Readonly<Record<string, readonly UpdateCheck[]>>;

export interface MetadataSettings {
  /** The kind itself checks nothing of a new object's metadata; what holds for all is checked where the rest is right. */
  readonly plainMetadata?: boolean;
  /** What the kind checks of an update, beside what holds for all, and in which order; `update` if not told. */
  readonly updateMetadata?: keyof typeof UPDATE_CHECKS | readonly UpdateCheck[];
  /** Finalizers need no domain. */
  readonly plainFinalizers?: boolean;
}

interface MetadataRules<T> {
  /** What holds for every kind's new object. */
  general(it: ObjectMeta): FieldError[];
  /** What the kinds themselves check of one. */
  create(it: T): FieldError[];
  /** What holds for every kind's update. */
  common(next: ObjectMeta, old: ObjectMeta): FieldError[];
  /** What the kinds themselves check of an update. */
  update(next: ObjectMeta, old: ObjectMeta): FieldError[];
  readonly updateChecks: readonly UpdateCheck[];
  statusUpdate(next: ObjectMeta, old: ObjectMeta): FieldError[];
}

/** Says what is wrong with the name of an object, where it may depend on what else the object is. */
export type ObjectNameRule<T> = (name: string, isPrefix: boolean, it: T) => string[];

export function metadataRules<T extends { readonly metadata: ObjectMeta }>(
  kind: MetadataSettings & { readonly scope: string; readonly nameRule: ObjectNameRule<T> },
): MetadataRules<T> {
  const { updateMetadata: checks = 'update', nameRule } = kind;
  const path = new Path('metadata');
  const namespaced = kind.scope === 'Namespaced';
  const general = (it: ObjectMeta) => validateObjectMeta(it, { namespaced, nameRule: pathSegmentName, path });
  const finalizers = (it: ObjectMeta) => (kind.plainFinalizers === true ? [] : validateKubeFinalizers(it, path));
  const common = (next: ObjectMeta, old: ObjectMeta) => [
    ...general(next),
    ...validateObjectMetaUpdate(next, old, path),
  ];
  const update = (next: ObjectMeta, old: ObjectMeta) => [
    ...validateObjectMetaUpdate(next, old, path),
    ...finalizers(next),
  ];
  return {
    general,
    create: (it) => {
      const own: NameRule = (name, isPrefix) => nameRule(name, isPrefix, it);
      return [...validateObjectMeta(it.metadata, { namespaced, nameRule: own, path }), ...finalizers(it.metadata)];
    },
    common,
    update,
    updateChecks: typeof checks === 'string' ? UPDATE_CHECKS[checks] : checks,
    statusUpdate: (next, old) => [...common(next, old), ...(checks === 'none' ? [] : update(next, old))],
  };
}
