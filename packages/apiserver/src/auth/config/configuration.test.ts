import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError, readConfig } from '../../config/config-file.js';
import { authenticationConfiguration } from './authentication-configuration.js';
import { authorizationConfiguration } from './authorization-configuration.js';

const compile = (expression: string) => {
  if (expression === 'bad') throw new Error('compilation failed');
  return () => true;
};
const authentication = authenticationConfiguration({ issuers: ['https://own'], compile });
const read = (kind: typeof authentication | typeof authorizationConfiguration, text: string) => {
  const head = `apiVersion: apiserver.config.k8s.io/v1\nkind: ${kind.kind}\n`;
  return readConfig<object>(head + text, 'f.yaml', kind as typeof authentication);
};
/** What is wrong, without the file's name. */
function problems(kind: Parameters<typeof read>[0], text: string): string[] {
  try {
    read(kind, text);
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.message.replace('f.yaml: ', '').split('; ');
  }
}

test('a file of another kind, or with unknown fields, is refused', () => {
  assert.throws(
    () => readConfig('kind: X', 'f.yaml', authentication),
    /f.yaml: it must be a AuthenticationConfiguration/,
  );
  assert.deepEqual(problems(authentication, 'jwts: []'), ['strict decoding error: unknown field "jwts"']);
  assert.throws(() => read(authentication, 'jwt: [\n'), ConfigError);
  assert.throws(() => read(authentication, 'jwt: 7'), ConfigError);
});

const ISSUER = '- issuer: {url: "https://a", audiences: [me]}\n  claimMappings: {username: {claim: sub, prefix: ""}}';

test('issuers are checked field by field', () => {
  assert.deepEqual(
    problems(authentication, `jwt:\n${ISSUER}\nanonymous: {enabled: true, conditions: [{path: /livez}]}`),
    [],
  );
  assert.deepEqual(problems(authentication, `jwt:\n${ISSUER}\n${ISSUER}`), [
    'jwt[1].issuer.url: Duplicate value: "https://a"',
  ]);
  assert.deepEqual(problems(authentication, `jwt:\n${ISSUER.replace('https://a', 'https://own')}`), [
    'jwt[0].issuer.url: Duplicate value: "https://own"',
  ]);
  assert.deepEqual(problems(authentication, 'jwt: [{issuer: {url: "http://u:p@a?b#c"}, claimMappings: {}}]'), [
    'jwt[0].issuer.url: Invalid value: "http://u:p@a?b#c": URL scheme must be https',
    'jwt[0].issuer.url: Invalid value: "http://u:p@a?b#c": URL must not contain a username or password',
    'jwt[0].issuer.url: Invalid value: "http://u:p@a?b#c": URL must not contain a query',
    'jwt[0].issuer.url: Invalid value: "http://u:p@a?b#c": URL must not contain a fragment',
    'jwt[0].issuer.audiences: Required value: at least one jwt[0].issuer.audiences is required',
    'jwt[0].claimMappings.username: Required value: claim or expression is required',
  ]);
  const mapped = (text: string) =>
    problems(authentication, `jwt:\n${ISSUER.replace('{claim: sub, prefix: ""}', text)}`);
  assert.match(mapped('{claim: sub}')[0]!, /^jwt\[0\].claimMappings.username.prefix: Required value/);
  assert.match(mapped('{claim: sub, expression: x}')[0]!, /claim and expression can't both be set$/);
  assert.deepEqual(mapped('{expression: bad}'), [
    'jwt[0].claimMappings.username.expression: Invalid value: "bad": compilation failed',
  ]);
  assert.match(problems(authentication, 'anonymous: {conditions: [{path: /x}]}')[0]!, /^anonymous.conditions: Invalid/);
});

const WEBHOOK =
  'timeout: 3s, subjectAccessReviewVersion: v1, failurePolicy: Deny, connectionInfo: {type: KubeConfigFile, kubeConfigFile: /f}';

test('conditions of a webhook compile and are about the request', () => {
  const conditions = (...expressions: string[]) =>
    problems(
      authorizationConfiguration,
      `authorizers: [{type: Webhook, name: w, webhook: {${WEBHOOK}, matchConditionSubjectAccessReviewVersion: v1, matchConditions: ${JSON.stringify(expressions.map((expression) => ({ expression })))}}}]`,
    );
  assert.deepEqual(conditions("request.user == 'a'", "has(request.resourceAttributes) && 'b' in request.groups"), []);
  assert.match(
    conditions('request.nope')[0] ?? '',
    /matchConditions\[0\].expression: Invalid value: .*compilation failed/,
  );
  assert.match(conditions('request.user')[0] ?? '', /must evaluate to bool/);
  assert.match(conditions('true', 'true')[0] ?? '', /Duplicate value/);
  assert.match(conditions('')[0] ?? '', /Required value/);
});

test('authorizers are checked field by field', () => {
  const authorizers = (text: string) => problems(authorizationConfiguration, `authorizers: [${text}]`);
  assert.deepEqual(authorizers(`{type: Node, name: node}, {type: Webhook, name: w, webhook: {${WEBHOOK}}}`), []);
  assert.match(authorizers('')[0]!, /^authorizers: Required value: at least one/);
  assert.deepEqual(authorizers('{type: RBAC, name: a}, {type: RBAC, name: a}'), [
    'authorizers[1].type: Duplicate value: "RBAC"',
    'authorizers[1].name: Duplicate value: "a"',
  ]);
  assert.match(authorizers('{type: Rbac, name: a}')[0]!, /^authorizers\[0\].type: Unsupported value: "Rbac"/);
  assert.deepEqual(authorizers('{type: RBAC, name: A_, webhook: {}}').length, 2);
  assert.deepEqual(authorizers('{type: Webhook, name: w}'), [
    'authorizers[0].webhook: Required value: required when type=Webhook',
  ]);
  assert.deepEqual(authorizers('{type: Webhook, name: w, webhook: {timeout: 31s, failurePolicy: x}}'), [
    'authorizers[0].webhook.timeout: Invalid value: "31s": must be <= 30s',
    'authorizers[0].webhook.subjectAccessReviewVersion: Required value',
    'authorizers[0].webhook.failurePolicy: Unsupported value: "x": supported values: "NoOpinion", "Deny"',
    'authorizers[0].webhook.connectionInfo.type: Required value',
  ]);
});
