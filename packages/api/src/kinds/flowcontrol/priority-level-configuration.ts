import { type FieldError, forbidden, invalid, notSupported, path, required } from '../../field-errors.js';
import type { PriorityLevelConfiguration, PriorityLevelConfigurationSpec } from '../../gen/types.js';
import { defineKind, status } from '../../kind.js';
import { deepEqual } from '../../object.js';
import { ageColumn, nameColumn } from '../columns.js';
import { validateConditions } from './conditions.js';
import { fixedLevels } from './fixed.js';
import { validateExempt, validateLimited } from './limits.js';

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
    if (it.spec === undefined) return;
    if (it.spec.type === 'Exempt') it.spec.exempt ??= {};
    const { exempt, limited } = it.spec;
    if (exempt !== undefined) {
      exempt.nominalConcurrencyShares ??= 0;
      exempt.lendablePercent ??= 0;
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
  validate: ({ metadata, spec: own = {}, status: state }) => [
    ...validateSpec(own, metadata.name ?? ''),
    ...validateFixed(own, metadata.name ?? ''),
    ...validateConditions(state?.conditions),
  ],
  validateStatusUpdate: ({ status: state }) => validateConditions(state?.conditions),
});

function queuing(it: PriorityLevelConfiguration) {
  return it.spec?.limited?.limitResponse?.queuing;
}

function validateSpec({ type = '', exempt, limited }: PriorityLevelConfigurationSpec, name: string): FieldError[] {
  const errors: FieldError[] = [];
  if ((name === 'exempt') !== (type === 'Exempt'))
    errors.push(invalid(spec.child('type'), type, "must be 'Exempt' if and only if `name` is 'exempt'"));
  switch (type) {
    case 'Exempt':
      if (limited !== undefined)
        errors.push(forbidden(spec.child('limited'), 'must be nil if the type is not Limited'));
      return [...errors, ...validateExempt(exempt ?? {}, spec.child('exempt'))];
    case 'Limited':
      if (exempt !== undefined) errors.push(forbidden(spec.child('exempt'), 'must be nil if the type is Limited'));
      if (limited === undefined)
        return [...errors, required(spec.child('limited'), 'must not be empty when type is Limited')];
      return [...errors, ...validateLimited(limited, spec.child('limited'))];
    default:
      return [...errors, notSupported(spec.child('type'), type, ['Exempt', 'Limited'])];
  }
}

/** The levels that the server relies on are as they are, but for how much of it the exempt one counts. */
function validateFixed(own: PriorityLevelConfigurationSpec, name: string): FieldError[] {
  const wanted = fixedLevels()[name];
  if (wanted === undefined) return [];
  if (name !== 'exempt') {
    return deepEqual(own, wanted)
      ? []
      : [invalid(spec, shownLevel(own), `spec of '${name}' must equal the fixed value`)];
  }
  const { exempt: _own, ...rest } = own;
  const { exempt: _wanted, ...fixed } = wanted;
  if (deepEqual(rest, fixed)) return [];
  const text = `spec of '${name}' except the 'spec.exempt' field must equal the fixed value`;
  return [invalid(spec, shownLevel(own), text)];
}

/** As upstream shows it: its own type's fields, with those that are not set. */
function shownLevel({ type = '', limited, exempt }: PriorityLevelConfigurationSpec): object {
  const queues = limited?.limitResponse?.queuing;
  return {
    Type: type,
    Limited:
      limited === undefined
        ? null
        : {
            NominalConcurrencyShares: limited.nominalConcurrencyShares ?? 0,
            LimitResponse: {
              Type: limited.limitResponse?.type ?? '',
              Queuing:
                queues === undefined
                  ? null
                  : {
                      Queues: queues.queues ?? 0,
                      HandSize: queues.handSize ?? 0,
                      QueueLengthLimit: queues.queueLengthLimit ?? 0,
                    },
            },
            LendablePercent: limited.lendablePercent ?? null,
            BorrowingLimitPercent: limited.borrowingLimitPercent ?? null,
          },
    Exempt:
      exempt === undefined
        ? null
        : {
            NominalConcurrencyShares: exempt.nominalConcurrencyShares ?? null,
            LendablePercent: exempt.lendablePercent ?? null,
          },
  };
}
