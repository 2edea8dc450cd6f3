import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorText } from '../../field-errors.js';
import type { FlowSchema, FlowSchemaSpec, PolicyRulesWithSubjects } from '../../gen/types.js';
import { fixedSchemas } from './fixed.js';
import { flowSchema } from './flow-schema.js';

const subjects = [{ kind: 'User', user: { name: '*' } }];
const resourceRules = [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'], clusterScope: true }];
const problems = (spec: FlowSchemaSpec, name = 'f'): string[] => {
  const it = { metadata: { name }, spec: { priorityLevelConfiguration: { name: 'l' }, ...spec } } as FlowSchema;
  flowSchema.defaults(it);
  return flowSchema.validate(it).map((error) => errorText(error).replace(/^spec\./, ''));
};
const rule = (given: PolicyRulesWithSubjects) =>
  problems({ rules: [{ subjects, resourceRules, ...given }] }).map((it) => it.replace('rules[0].', ''));

test('precedence is a positive number, and the first is one schema’s', () => {
  assert.deepEqual(problems({}), []);
  assert.match(problems({ matchingPrecedence: -1 })[0] ?? '', /must be a positive value/);
  assert.match(problems({ matchingPrecedence: 10_001 })[0] ?? '', /must not be greater than 10000/);
  assert.match(problems({ matchingPrecedence: 1 })[0] ?? '', /only the schema named 'exempt'/);
  assert.deepEqual(problems({ ...fixedSchemas()['exempt']! }, 'exempt'), []);
  assert.match(problems({ priorityLevelConfiguration: {} })[0] ?? '', /must reference a priority level/);
});

test('a subject is of one kind', () => {
  assert.deepEqual(rule({}), []);
  assert.deepEqual(rule({ subjects: [] }), ['subjects: Required value: subjects must contain at least one value']);
  assert.deepEqual(rule({ subjects: [{ kind: 'Group', user: { name: 'a' } }] }), [
    "subjects[0].group: Required value: group is required when subject kind is 'Group'",
    "subjects[0].user: Forbidden: user is forbidden when subject kind is not 'User'",
  ]);
  assert.match(rule({ subjects: [{ kind: 'Pod' }] })[0] ?? '', /kind: Unsupported value: "Pod"/);
  assert.deepEqual(rule({ subjects: [{ kind: 'ServiceAccount', serviceAccount: { name: '*' } }] }), [
    'subjects[0].serviceAccount.namespace: Required value: must specify namespace for service account',
  ]);
});

test('what is all stands alone, and something is asked for', () => {
  const resource = (given: object) => rule({ resourceRules: [{ ...resourceRules[0], ...given }] });
  assert.match(resource({ verbs: ['*', 'get'] })[0] ?? '', /verbs: .*if '\*' is present, must not specify other verbs/);
  assert.match(resource({ verbs: ['look'] })[0] ?? '', /verbs: Unsupported value: \["look"\]/);
  assert.match(resource({ apiGroups: [] })[0] ?? '', /must supply at least one api group/);
  assert.match(resource({ namespaces: [], clusterScope: false })[0] ?? '', /must supply at least one namespace/);
  assert.deepEqual(resource({ namespaces: [] }), []);
  const url = (...nonResourceURLs: string[]) =>
    rule({ resourceRules: [], nonResourceRules: [{ verbs: ['get'], nonResourceURLs }] });
  assert.deepEqual(url('/healthz', '/a/*'), []);
  assert.match(url('a')[0] ?? '', /must start with slash/);
  assert.match(url('/*/a')[0] ?? '', /wildcard can only do suffix matching/);
  assert.match(url('/a//b')[0] ?? '', /double slash/);
});
