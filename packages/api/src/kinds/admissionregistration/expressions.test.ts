import assert from 'node:assert/strict';
import test from 'node:test';
import { errorText, path } from '../../field-errors.js';
import { PolicyExpressions, validateMatchConditions } from './expressions.js';

const spec = path('spec');
const paramKind = { apiVersion: 'v1', kind: 'ConfigMap' };

test('a condition is refused with its place, and names are qualified and unique', () => {
  const errors = validateMatchConditions(
    [
      { name: 'fine', expression: "object.metadata.name != 'x'" },
      { name: 'fine', expression: 'object.size()' },
      { name: 'not fine', expression: 'request.nope' },
    ],
    spec.child('matchConditions'),
  );
  assert.deepEqual(errors.map(errorText), [
    'spec.matchConditions[1].expression: Invalid value: "object.size()": must evaluate to bool but got int',
    'spec.matchConditions[1].name: Duplicate value: "fine"',
    `spec.matchConditions[2].expression: Invalid value: "request.nope": compilation failed: ERROR: <input>:1:8: undefined field 'nope'\n | request.nope\n | .......^`,
    `spec.matchConditions[2].name: Invalid value: "not fine": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
  ]);
});

test('conditions see parameters only of policies that have some, and never variables', () => {
  const errors = (expression: string, hasParams: boolean) =>
    validateMatchConditions([{ name: 'a', expression }], spec, hasParams).length;
  assert.equal(errors('params.data.a == "b"', true), 0);
  assert.equal(errors('params.data.a == "b"', false), 1);
  assert.equal(errors('variables.a', true), 1);
});

test('a validation may use the variables before it; its message no authorizer', () => {
  const variables = [
    { name: 'count', expression: 'object.data.size()' },
    { name: 'few', expression: 'variables.count < 3' },
  ];
  const expressions = new PolicyExpressions(paramKind, variables);
  assert.deepEqual(expressions.validateVariables(variables, spec.child('variables')), []);
  const validate = (it: object) =>
    expressions.validateValidation(it, spec.child('validations').index(0)).map(errorText);
  assert.deepEqual(validate({ expression: 'variables.few', messageExpression: "'at most ' + params.data.most" }), []);
  assert.match(validate({ expression: 'variables.many' })[0]!, /undefined field 'many'/);
  assert.match(
    validate({ expression: 'true', messageExpression: 'string(authorizer)' })[0]!,
    /messageExpression.*undeclared reference to 'authorizer'/,
  );
  assert.deepEqual(validate({ expression: ' ', message: 'a\nb', reason: 'Unauthorized' }), [
    'spec.validations[0].expression: Required value: expression is not specified',
    'spec.validations[0].message: Invalid value: "a\\nb": must not contain line breaks',
    'spec.validations[0].reason: Unsupported value: "Unauthorized": supported values: "Forbidden", "Invalid", "RequestEntityTooLarge"',
  ]);
});

test('mutations make an object or a list of patches, of the type that they say', () => {
  const expressions = new PolicyExpressions(undefined, undefined, { patchTypes: true });
  const validate = (it: object) => expressions.validateMutation(it, spec.child('mutations').index(0)).map(errorText);
  assert.deepEqual(
    validate({
      patchType: 'ApplyConfiguration',
      applyConfiguration: { expression: "Object{metadata: Object.metadata{labels: {'a': 'b'}}}" },
    }),
    [],
  );
  assert.deepEqual(
    validate({
      patchType: 'JSONPatch',
      jsonPatch: {
        expression: `[JSONPatch{op: "add", path: "/metadata/labels/" + jsonpatch.escapeKey("a/b"), value: 1}]`,
      },
    }),
    [],
  );
  assert.deepEqual(validate({ patchType: 'JSONPatch', jsonPatch: { expression: 'Object{}' } }), [
    'spec.mutations[0].jsonPatch.expression: Invalid value: "Object{}": must evaluate to list(JSONPatch) but got Object',
  ]);
  assert.deepEqual(
    validate({ patchType: 'JSONPatch', jsonPatch: { expression: '[]' }, applyConfiguration: { expression: 'x' } })[0],
    'spec.mutations[0].applyConfiguration: Invalid value: "{applyConfiguration}": must not be specified when patchType is JSONPatch',
  );
});

test('an annotation has a key below its policy and comes to a text or null', () => {
  const expressions = new PolicyExpressions(undefined, undefined);
  const at = spec.child('auditAnnotations');
  const validate = (...expressionsOf: string[]) =>
    expressions
      .validateAuditAnnotations(
        expressionsOf.map((valueExpression) => ({ key: 'k', valueExpression })),
        'policy.example.com',
        at,
      )
      .map(errorText);
  assert.deepEqual(validate("'text'"), []);
  assert.deepEqual(validate('null', '1'), [
    'spec.auditAnnotations[1].valueExpression: Invalid value: "1": must evaluate to one of [string null_type] but got int',
    'spec.auditAnnotations[1].key: Duplicate value: "k"',
  ]);
});
