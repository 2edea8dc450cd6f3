import { type FieldError, forbidden, path, required } from '../../field-errors.js';
import type { PriorityLevelConfiguration } from '../../gen/types.js';
import { defineKind, status } from '../../kind.js';
import { ageColumn, nameColumn } from '../columns.js';
import { inRange, nonNegative, oneOf } from '../rules.js';

const spec = path('spec');

export const priorityLevelConfiguration = defineKind<PriorityLevelConfiguration>({
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind: 'PriorityLevelConfiguration',
  plural: 'prioritylevelconfigurations',
  scope: 'Cluster',
  updateMetadata: 'create',
  generation: ['spec'],
  subresources: [status],
  columns: [
    nameColumn(),
    { name: 'Type', type: 'string', value: (it) => it.spec?.type ?? '' },
    {
      name: 'NominalConcurrencyShares',
      type: 'string',
      value: (it) => it.spec?.limited?.nominalConcurrencyShares ?? '<none>',
    },
    { name: 'Queues', type: 'string', value: (it) => queuing(it)?.queues ?? '<none>' },
    { name: 'HandSize', type: 'string', value: (it) => queuing(it)?.handSize ?? '<none>' },
    { name: 'QueueLengthLimit', type: 'string', value: (it) => queuing(it)?.queueLengthLimit ?? '<none>' },
    ageColumn(),
  ],
  defaults(it) {
    const { limited, exempt, type } = it.spec ?? {};
    if (it.spec !== undefined && type === 'Exempt' && exempt === undefined) {
      it.spec.exempt = { nominalConcurrencyShares: 0, lendablePercent: 0 };
    }
    if (limited === undefined) return;
    limited.nominalConcurrencyShares ??= 30;
    limited.lendablePercent ??= 0;
    const queues = limited.limitResponse?.queuing;
    if (queues === undefined) return;
    queues.queues = queues.queues || 64;
    queues.handSize = queues.handSize || 8;
    queues.queueLengthLimit = queues.queueLengthLimit || 50;
  },
  validate: validateSpec,
});

function queuing(it: PriorityLevelConfiguration) {
  return it.spec?.limited?.limitResponse?.queuing;
}

function validateSpec({ spec: own = {} }: PriorityLevelConfiguration): FieldError[] {
  const errors = oneOf(own.type, ['Exempt', 'Limited'], spec.child('type'));
  if (own.type === 'Exempt' && own.limited !== undefined) {
    errors.push(forbidden(spec.child('limited'), 'must be nil if the type is not Limited'));
  }
  if (own.type !== 'Limited') return errors;
  if (own.limited === undefined)
    return [...errors, required(spec.child('limited'), 'must not be empty when type is Limited')];
  const at = spec.child('limited');
  return [
    ...errors,
    ...nonNegative(own.limited.nominalConcurrencyShares, at.child('nominalConcurrencyShares')),
    ...inRange(own.limited.lendablePercent ?? 0, 0, 100, at.child('lendablePercent')),
    ...oneOf(own.limited.limitResponse?.type, ['Queue', 'Reject'], at.child('limitResponse', 'type')),
  ];
}
