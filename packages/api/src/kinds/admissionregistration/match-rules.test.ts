import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorText, path } from '../../field-errors.js';
import { validateMatchResources, validateMutatedResources, validateRule } from './match-rules.js';
import { validateParamKind, validateParamRef } from './param-rules.js';
import { validateWebhooks } from './webhook-rules.js';

const at = path('x');
const rule = { operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] };
const selectors = { matchPolicy: 'Exact', namespaceSelector: {}, objectSelector: {} };

test('a wildcard covers what it covers, and that is not said again', () => {
  const resources = (...list: string[]) =>
    validateRule({ ...rule, resources: list }, at).map((it) => errorText(it).replace(/Invalid value: .*?: /, ''));
  assert.deepEqual(resources('*', 'pods/status'), []);
  assert.deepEqual(resources('*', 'pods'), [
    "x.resources: if '*' is present, must not specify other resources without subresources",
  ]);
  assert.deepEqual(resources('pods/*', 'pods/status'), [
    "x.resources[1]: if 'pods/*' is present, must not specify pods/status",
  ]);
  assert.deepEqual(resources('*/status', 'pods/status'), [
    "x.resources[1]: if '*/status' is present, must not specify pods/status",
  ]);
  assert.deepEqual(resources('*/*', 'pods'), ["x.resources: if '*/*' is present, must not specify other resources"]);
  assert.deepEqual(resources(''), ['x.resources[0]: Required value']);
});

test('rules that leave out are rules, too, and names are segments of a path', () => {
  const errors = validateMatchResources(
    {
      ...selectors,
      resourceRules: [{ ...rule, resourceNames: ['a', 'a', 'b/c'] }],
      excludeResourceRules: [{ scope: 'x' }],
    },
    at,
  );
  assert.deepEqual(errors.map(errorText), [
    'x.resourceRules[0].resourceNames[1]: Duplicate value: "a"',
    `x.resourceRules[0].resourceNames[2]: Invalid value: "b/c": may not contain '/'`,
    'x.excludeResourceRules[0].operations: Required value',
    'x.excludeResourceRules[0].apiGroups: Required value',
    'x.excludeResourceRules[0].apiVersions: Required value',
    'x.excludeResourceRules[0].resources: Required value',
    'x.excludeResourceRules[0].scope: Unsupported value: "x": supported values: "*", "Cluster", "Namespaced"',
  ]);
  assert.deepEqual(
    validateMutatedResources({ ...selectors, resourceRules: [{ ...rule, operations: ['DELETE'] }] }, at).map(errorText),
    ['x.resourceRules.operations: Unsupported value: "DELETE": supported values: "*", "CONNECT", "CREATE", "UPDATE"'],
  );
});

test('parameters are of a kind, and a binding means one or chooses some', () => {
  const kinds = (apiVersion: string, kind = 'K') => validateParamKind({ apiVersion, kind }, at).map(errorText);
  assert.deepEqual(kinds('v1'), []);
  assert.deepEqual(kinds('a/b/c', ''), [
    'x.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c',
    'x.kind: Required value',
  ]);
  assert.deepEqual(kinds('/'), ['x.apiVersion: Invalid value: "/": version must be specified']);
  assert.deepEqual(validateParamRef({ name: 'a', selector: {}, parameterNotFoundAction: 'Deny' }, at).map(errorText), [
    'x.name: Forbidden: name and selector are mutually exclusive',
    'x.selector: Forbidden: name and selector are mutually exclusive',
  ]);
  assert.deepEqual(validateParamRef({}, at).map(errorText), [
    'x: Required value: one of name or selector must be specified',
    'x.parameterNotFoundAction: Required value',
  ]);
});

test('webhooks have names of their own, and an update need not mend what was stored', () => {
  const webhook = {
    name: 'a.b.c',
    clientConfig: { service: { name: 's', namespace: 'n', port: 443, path: '/a/B' } },
    sideEffects: 'None',
    admissionReviewVersions: ['v1', 'v1'],
  };
  assert.deepEqual(
    validateWebhooks([webhook], undefined).map((it) => errorText(it).replace(/ \(e\.g\..*/, '')),
    [
      "webhooks[0].clientConfig.service.path: Invalid value: \"/a/B\": segment[1]: a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
      'webhooks[0].admissionReviewVersions[1]: Invalid value: "v1": duplicate version',
    ],
  );
  const plain = { ...webhook, clientConfig: { url: 'https://h' }, admissionReviewVersions: ['v1'] };
  assert.deepEqual(validateWebhooks([plain, plain], undefined).map(errorText), [
    'webhooks[1].name: Duplicate value: "a.b.c"',
  ]);
  assert.deepEqual(validateWebhooks([plain, plain], [plain, plain]), []);
  const some = { ...plain, sideEffects: 'Some' };
  assert.equal(validateWebhooks([some], [plain]).length, 1);
  assert.deepEqual(validateWebhooks([some], [some]), []);
});
