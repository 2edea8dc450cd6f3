import { invalid, path } from '../../field-errors.js';
import type { Namespace } from '../../gen/types.js';
import { ALL_VERBS, defineKind, status } from '../../kind.js';
import { dnsLabelName, validateFinalizerName } from '../../meta.js';
import { ageColumn, nameColumn } from '../columns.js';

/** Carried by every namespace: its own name, so that selectors can choose it. */
export const NAMESPACE_NAME_LABEL = 'kubernetes.io/metadata.name';
const FINALIZER = 'kubernetes';

export const namespace = defineKind<Namespace>({
  group: '',
  version: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  shortNames: ['ns'],
  scope: 'Cluster',
  updateMetadata: ['create', 'rules', 'update'],
  verbs: ALL_VERBS.filter((verb) => verb !== 'deletecollection'),
  nameRule: dnsLabelName,
  subresources: [{ name: 'finalize', verbs: ['update'] }, status],
  columns: [nameColumn(), { name: 'Status', type: 'string', value: (it) => it.status?.phase ?? '' }, ageColumn()],
  selectableFields: {
    'status.phase': (it) => it.status?.phase ?? '',
    name: (it) => it.metadata.name ?? '',
  },
  defaults(it) {
    labelWithName(it);
    it.status = { ...it.status, phase: it.status?.phase ?? 'Active' };
  },
  validate: (it) =>
    (it.spec?.finalizers ?? []).flatMap((name) => validateFinalizerName(name, path('spec', 'finalizers'))),
  validateStatusUpdate(next) {
    const phase = next.status?.phase ?? '';
    const wanted = next.metadata.deletionTimestamp === undefined ? 'Active' : 'Terminating';
    if (phase === wanted) return [];
    const when = wanted === 'Active' ? 'empty' : 'not empty';
    return [invalid('status.Phase', phase, `may only be '${wanted}' if \`deletionTimestamp\` is ${when}`)];
  },
  strategy: {
    prepareForCreate(it) {
      it.status = { phase: 'Active' };
      const finalizers = it.spec?.finalizers ?? [];
      it.spec = { finalizers: finalizers.includes(FINALIZER) ? finalizers : [...finalizers, FINALIZER] };
      labelWithName(it);
    },
    prepareForUpdate(next, old) {
      next.spec = { ...next.spec };
      if (old.spec?.finalizers === undefined) delete next.spec.finalizers;
      else next.spec.finalizers = [...old.spec.finalizers];
    },
  },
});

function labelWithName(it: Namespace): void {
  const { name } = it.metadata;
  if (name === undefined || name === '') return;
  it.metadata.labels = { ...it.metadata.labels, [NAMESPACE_NAME_LABEL]: name };
}
