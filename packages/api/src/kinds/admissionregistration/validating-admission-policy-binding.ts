import { duplicate, type FieldError, invalid, type Path, path, required } from '../../field-errors.js';
import type { ValidatingAdmissionPolicyBinding } from '../../gen/types.js';
import { defineKind } from '../../kind.js';
import { ageColumn, nameColumn } from '../columns.js';
import { oneOf } from '../rules.js';
import { defaultMatchResources, validateMatchResources } from './match-rules.js';
import { paramRefText, validateParamRef, validatePolicyName } from './param-rules.js';
import { ADMISSION_GROUP } from './webhook-rules.js';

const spec = path('spec');

export const validatingAdmissionPolicyBinding = defineKind<ValidatingAdmissionPolicyBinding>({
  group: ADMISSION_GROUP,
  version: 'v1',
  kind: 'ValidatingAdmissionPolicyBinding',
  plural: 'validatingadmissionpolicybindings',
  categories: ['api-extensions'],
  scope: 'Cluster',
  updateMetadata: 'create',
  plainFinalizers: true,
  strategy: { allowUnconditionalUpdate: false },
  generation: ['spec'],
  columns: [
    nameColumn(),
    { name: 'PolicyName', type: 'string', value: (it) => it.spec?.policyName ?? '' },
    { name: 'ParamRef', type: 'string', value: ({ spec: own }) => paramRefText(own?.paramRef) },
    ageColumn(),
  ],
  defaults(it) {
    if (it.spec?.matchResources !== undefined) defaultMatchResources(it.spec.matchResources);
  },
  validate: ({ spec: own = {} }) => [
    ...validatePolicyName(own.policyName ?? '', spec.child('policyName')),
    ...validateParamRef(own.paramRef, spec.child('paramRef')),
    ...(own.matchResources === undefined
      ? []
      : validateMatchResources(own.matchResources, spec.child('matchResources'))),
    ...validateActions(own.validationActions ?? [], spec.child('validationActions')),
  ],
});

const ACTIONS = ['Audit', 'Deny', 'Warn'];

function validateActions(actions: readonly string[], at: Path): FieldError[] {
  if (actions.length === 0) return [required(at, 'at least one validation action is required')];
  const seen = new Set<string>();
  const errors: FieldError[] = [];
  for (const [index, action] of actions.entries()) {
    errors.push(...oneOf(action, ACTIONS, at.index(index)));
    if (seen.has(action)) errors.push(duplicate(at.index(index), action));
    seen.add(action);
  }
  if (!seen.has('Deny') || !seen.has('Warn')) return errors;
  const why = 'repeating the same validation failure information in the API response and headers serves no purpose';
  return [...errors, invalid(at, actions, `must not contain both Deny and Warn (${why})`)];
}
