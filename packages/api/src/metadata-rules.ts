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

export interface MetadataSettings {
  /** What the kind itself checks of an update's metadata, beside what holds for all; `update` if not told. */
  readonly updateMetadata?: 'create' | 'twice' | 'update' | 'both' | 'none';
  /** Finalizers need no domain. */
  readonly plainFinalizers?: boolean;
}

interface MetadataRules {
  create(it: ObjectMeta): FieldError[];
  update(next: ObjectMeta, old: ObjectMeta): FieldError[];
  statusUpdate(next: ObjectMeta, old: ObjectMeta): FieldError[];
}

export function metadataRules(
  kind: MetadataSettings & { readonly scope: string; readonly nameRule: NameRule },
): MetadataRules {
  const { updateMetadata: checks = 'update', nameRule } = kind;
  const path = new Path('metadata');
  const namespaced = kind.scope === 'Namespaced';
  const finalizers = (it: ObjectMeta) => (kind.plainFinalizers === true ? [] : validateKubeFinalizers(it, path));
  const common = (next: ObjectMeta, old: ObjectMeta) => [
    ...validateObjectMeta(next, { namespaced, nameRule: pathSegmentName, path }),
    ...validateObjectMetaUpdate(next, old, path),
  ];
  const ownUpdate = (next: ObjectMeta, old: ObjectMeta) => [
    ...validateObjectMetaUpdate(next, old, path),
    ...finalizers(next),
  ];
  const create = (it: ObjectMeta) => [...validateObjectMeta(it, { namespaced, nameRule, path }), ...finalizers(it)];
  return {
    create,
    update: (next, old) => [
      ...common(next, old),
      ...(checks === 'update' || checks === 'both' ? ownUpdate(next, old) : []),
      ...(checks === 'create' || checks === 'both' || checks === 'twice' ? create(next) : []),
      ...(checks === 'twice' ? create(next) : []),
    ],
    statusUpdate: (next, old) => [...common(next, old), ...(checks === 'none' ? [] : ownUpdate(next, old))],
  };
}
