import { path } from '../../field-errors.js';
import type { FlowSchema } from '../../gen/types.js';
import { defineKind, status } from '../../kind.js';
import { ageColumn, nameColumn } from '../columns.js';
import { inRange, requiredString } from '../rules.js';

const spec = path('spec');
const PRECEDENCE_MAX = 10_000;

export const flowSchema = defineKind<FlowSchema>({
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind: 'FlowSchema',
  plural: 'flowschemas',
  scope: 'Cluster',
  updateMetadata: 'create',
  generation: ['spec'],
  subresources: [status],
  columns: [
    nameColumn(),
    { name: 'PriorityLevel', type: 'string', value: (it) => it.spec?.priorityLevelConfiguration?.name ?? '' },
    { name: 'MatchingPrecedence', type: 'string', value: (it) => it.spec?.matchingPrecedence ?? 0 },
    { name: 'DistinguisherMethod', type: 'string', value: (it) => it.spec?.distinguisherMethod?.type ?? '<none>' },
    ageColumn(),
    { name: 'MissingPL', type: 'string', value: missingText },
  ],
  defaults(it) {
    it.spec ??= {};
    if ((it.spec.matchingPrecedence ?? 0) === 0) it.spec.matchingPrecedence = 1000;
  },
  validate: ({ spec: own = {} }) => [
    ...inRange(own.matchingPrecedence ?? 0, 1, PRECEDENCE_MAX, spec.child('matchingPrecedence')),
    ...requiredString(own.priorityLevelConfiguration?.name, spec.child('priorityLevelConfiguration', 'name')),
  ],
});

function missingText({ status: state = {} }: FlowSchema): string {
  return state.conditions?.find((condition) => condition.type === 'Dangling')?.status ?? '?';
}
