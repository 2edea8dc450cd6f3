import { type FieldError, invalid, notSupported, path, required } from '../../field-errors.js';
import type { FlowSchema, FlowSchemaSpec } from '../../gen/types.js';
import { defineKind, status } from '../../kind.js';
import { deepEqual } from '../../object.js';
import { ageColumn, nameColumn } from '../columns.js';
import { dnsSubdomain } from '../rules.js';
import { validateConditions } from './conditions.js';
import { fixedSchemas } from './fixed.js';
import { shownSchema, validateFlowRule } from './flow-rules.js';

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
  validate: ({ metadata, spec: own = {}, status: state }) => [
    ...validateSpec(own, metadata.name ?? ''),
    ...validateFixed(own, metadata.name ?? ''),
    ...validateConditions(state?.conditions),
  ],
  validateStatusUpdate: ({ status: state }) => validateConditions(state?.conditions),
});

const DISTINGUISHERS = ['ByNamespace', 'ByUser'];

function validateSpec(own: FlowSchemaSpec, schemaName: string): FieldError[] {
  const { matchingPrecedence = 0, distinguisherMethod, priorityLevelConfiguration, rules = [] } = own;
  const errors: FieldError[] = [];
  const precedence = (text: string) => invalid(spec.child('matchingPrecedence'), matchingPrecedence, text);
  if (matchingPrecedence <= 0) errors.push(precedence('must be a positive value'));
  if (matchingPrecedence > PRECEDENCE_MAX) errors.push(precedence(`must not be greater than ${PRECEDENCE_MAX}`));
  if (matchingPrecedence === 1 && schemaName !== 'exempt')
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

function validateFixed(own: FlowSchemaSpec, name: string): FieldError[] {
  const wanted = fixedSchemas()[name];
  if (wanted === undefined || deepEqual(own, wanted)) return [];
  return [invalid(spec, shownSchema(own), `spec of '${name}' must equal the fixed value`)];
}

function missingText({ status: state = {} }: FlowSchema): string {
  return state.conditions?.find((condition) => condition.type === 'Dangling')?.status ?? '?';
}
