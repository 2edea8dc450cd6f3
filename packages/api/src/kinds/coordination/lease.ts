import { path } from '../../field-errors.js';
import type { Lease } from '../../gen/types.js';
import { defineKind } from '../../kind.js';
import { ageColumn, nameColumn } from '../columns.js';
import { nonNegative, positive } from '../rules.js';

const spec = path('spec');

export const lease = defineKind<Lease>({
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  scope: 'Namespaced',
  plainFinalizers: true,
  columns: [
    nameColumn(),
    { name: 'Holder', type: 'string', value: (it) => it.spec?.holderIdentity ?? '' },
    ageColumn(),
  ],
  validate: ({ spec: own = {} }) => [
    ...positive(own.leaseDurationSeconds, spec.child('leaseDurationSeconds')),
    ...nonNegative(own.leaseTransitions, spec.child('leaseTransitions')),
  ],
  strategy: {
    allowCreateOnUpdate: true,
    allowUnconditionalUpdate: false,
    prepareForCreate: (it) => dropCoordination(it, undefined),
    prepareForUpdate: (next, old) => dropCoordination(next, old),
  },
});

/** Leaders that a third party chooses are not there yet. */
function dropCoordination({ spec: own }: Lease, old: Lease | undefined): void {
  for (const field of ['strategy', 'preferredHolder'] as const) {
    if (old?.spec?.[field] === undefined) delete own?.[field];
  }
}
