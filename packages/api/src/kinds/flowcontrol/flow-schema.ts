import { type FieldError, invalid, notSupported, path, required } from '../../field-errors.js';
import type { FlowSchema } from '../../gen/types.js';
import { defineKind, status } from '../../kind.js';
import { ageColumn, nameColumn } from '../columns.js';
import { dnsSubdomain } from '../rules.js';
import { validateFlowRule } from './flow-rules.js';

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
  validate: validateSchema,
});

const DISTINGUISHERS = ['ByNamespace', 'ByUser'];

function validateSchema({ metadata, spec: own = {} }: FlowSchema): FieldError[] {
  const { matchingPrecedence = 0, distinguisherMethod, priorityLevelConfiguration, rules = [] } = own;
  const errors: FieldError[] = [];
  const precedence = (text: string) => invalid(spec.child('matchingPrecedence'), matchingPrecedence, text);
  if (matchingPrecedence <= 0) errors.push(precedence('must be a positive value'));
  if (matchingPrecedence > PRECEDENCE_MAX) errors.push(precedence(`must not be greater than ${PRECEDENCE_MAX}`));
  if (matchingPrecedence === 1 && metadata.name !== 'exempt')
    errors.push(precedence("only the schema named 'exempt' may have matchingPrecedence 1"));
  if (distinguisherMethod !== undefined && !DISTINGUISHERS.includes(distinguisherMethod.type ?? '')) {
    const shown = { Type: distinguisherMethod.type ?? '' };
    errors.push(notSupported(spec.child('distinguisherMethod', 'type'), shown, DISTINGUISHERS));
  }
  const level = spec.child('priorityLevelConfiguration', 'name');
  const name = priorityLevelConfiguration?.name ?? '';
  errors.push(...(name === '' ? [required(level, 'must reference a priority level')] : dnsSubdomain(name, level)));
  return [...errors, ...rules.flatMap((rule, index) => validateFlowRule(rule, spec.child('rules').index(index)))];
}

function missingText({ status: state = {} }: FlowSchema): string {
  return state.conditions?.find((condition) => condition.type === 'Dangling')?.status ?? '?';
}
