import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeObject } from '../../decode.js';
import { errorText } from '../../field-errors.js';
import { customResourceDefinition as kind } from './custom-resource-definition.js';

type Loose = Record<string, unknown>;

const body = (version: Loose, spec: Loose = {}): Loose => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'things.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'things', kind: 'Thing' },
    versions: [{ name: 'v1', served: true, storage: true, ...version }],
    ...spec,
  },
});

function created(value: Loose) {
  const { object } = decodeObject(kind, value, { fieldValidation: 'Strict' });
  kind.defaults(object);
  kind.strategy.prepareForCreate(object);
  return object;
}

const errors = (value: Loose) => kind.validate(created(value)).map(errorText);
const schema = (openAPIV3Schema: Loose) => errors(body({ schema: { openAPIV3Schema } }));
const AT = 'spec.validation.openAPIV3Schema';

test('a definition is completed: names from the kind, no conversion, the version in which objects are stored', () => {
  const it = created(body({ schema: { openAPIV3Schema: { type: 'object' } } }));
  assert.deepEqual(kind.validate(it), []);
  assert.equal(it.spec?.names?.singular, 'thing');
  assert.equal(it.spec?.names?.listKind, 'ThingList');
  assert.deepEqual(it.spec?.conversion, { strategy: 'None' });
  assert.deepEqual(it.status?.storedVersions, ['v1']);
});

test('what is the same in all versions is told above them, what differs at each', () => {
  const versions = (second: Loose) =>
    errors(
      body(
        {},
        {
          versions: [
            { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'x' } } },
            { name: 'v2', served: true, storage: false, schema: { openAPIV3Schema: second } },
          ],
        },
      ),
    );
  assert.deepEqual(versions({ type: 'x' }), [
    `${AT}.type: Invalid value: "x": must be object at the root`,
    `${AT}.type: Unsupported value: "x": supported values: "array", "boolean", "integer", "number", "object", "string"`,
  ]);
  assert.match(
    versions({ type: 'object', nullable: true })[2]!,
    /^spec\.versions\[1\]\.schema\.openAPIV3Schema\.nullable: Forbidden/,
  );
});

test('exactly one version is stored, and none is there twice', () => {
  const version = (name: string, storage: boolean) => ({
    name,
    served: true,
    storage,
    schema: { openAPIV3Schema: { type: 'object' } },
  });
  const of = (...versions: Loose[]) =>
    errors(body({}, { versions })).map((it) => it.replace(/Invalid value: \[.*\]: /, ''));
  assert.deepEqual(of(version('v1', true), version('v2', false)), []);
  assert.deepEqual(of(version('v1', false)), [
    'spec.versions: must have exactly one version marked as storage version',
    'status.storedVersions: Invalid value: null: must have at least one stored version',
  ]);
  assert.deepEqual(of(version('v1', true), version('v1', true)), [
    'spec.versions: must contain unique version names',
    'spec.versions: must have exactly one version marked as storage version',
    'status.storedVersions: must have the storage version v1',
  ]);
});

test('a schema says what every value is, once', () => {
  assert.deepEqual(schema({ properties: { a: {} } }), [
    `${AT}.properties[a].type: Required value: must not be empty for specified object fields`,
    `${AT}.type: Required value: must not be empty at the root`,
  ]);
  assert.deepEqual(schema({ type: 'object', properties: { a: { type: 'array' }, b: { type: 'array', items: {} } } }), [
    `${AT}.properties[a].items: Required value: must be specified`,
    `${AT}.properties[b].items.type: Required value: must not be empty for specified array items`,
  ]);
  assert.deepEqual(schema({ type: 'object', anyOf: [{ type: 'object', properties: { a: { default: 1 } } }] }), [
    `${AT}.anyOf[0].properties[a].default: Forbidden: must be undefined to be structural`,
    `${AT}.anyOf[0].type: Forbidden: must be empty to be structural`,
    `${AT}.properties[a]: Required value: because it is defined in ${AT}.anyOf[0].properties[a]`,
  ]);
  const intOrString = { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] };
  assert.deepEqual(schema({ type: 'object', properties: { port: intOrString } }), []);
  assert.deepEqual(schema({ type: 'object', properties: { metadata: { type: 'object', description: 'x' } } }), [
    `${AT}.properties[metadata]: Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified`,
  ]);
});

test('a default is a value of its schema, and nothing more', () => {
  const of = (a: Loose) =>
    schema({ type: 'object', properties: { a } }).map((it) => it.replace(`${AT}.properties[a].`, ''));
  assert.deepEqual(of({ type: 'string', default: 1 }), [
    'default: Invalid value: "integer":  in body must be of type string: "integer"',
  ]);
  assert.deepEqual(of({ type: 'string', default: '', enum: ['x'] }), [
    'default: Unsupported value: "": supported values: "x"',
  ]);
  assert.deepEqual(of({ type: 'boolean', default: false }), []);
  assert.deepEqual(of({ type: 'object', properties: { b: { type: 'integer' } }, default: { b: 1, c: 2 } }), [
    'default: Invalid value: {"b":1,"c":2}: must not have unknown fields',
  ]);
  const rule = {
    type: 'integer',
    default: 1,
    'x-kubernetes-validations': [{ rule: 'self > 1', message: 'too small' }],
  };
  assert.deepEqual(of(rule), ['default: Invalid value: 1: too small']);
});

test('rules of expressions are compiled with what they will see, and their costs are limited', () => {
  const rules = (...all: Loose[]) =>
    schema({ type: 'object', properties: { a: { type: 'string' } }, 'x-kubernetes-validations': all }).map((it) =>
      it.replace(/^.*x-kubernetes-validations/, '').replace(/Invalid value: \{"Rule".*?\}: /, ''),
    );
  assert.deepEqual(rules({ rule: "self.a == 'x'" }, { rule: 'self.metadata.name.size() > 1' }), []);
  assert.match(rules({ rule: 'self.b' })[0]!, /^\[0\]\.rule: compilation failed: ERROR: .*undefined field 'b'/s);
  assert.deepEqual(rules({ rule: 'self.a' }), ['[0].rule: cel expression must evaluate to a bool']);
  assert.deepEqual(rules({ rule: ' ', reason: 'x', fieldPath: '.nope' }), [
    '[0].rule: Required value: rule is not specified',
    '[0].reason: Unsupported value: "x": supported values: "FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"',
    '[0].fieldPath: Invalid value: ".nope": must be a valid path',
  ]);
  const costly = {
    type: 'array',
    items: { type: 'string' },
    'x-kubernetes-validations': [{ rule: 'self.all(x, self.all(y, x == y))' }],
  };
  assert.match(
    schema({ type: 'object', properties: { a: costly } })[0]!,
    /rule: Forbidden: estimated rule cost exceeds budget by factor of more than 100x/,
  );
  const item = { type: 'string', 'x-kubernetes-validations': [{ rule: 'self == oldSelf' }] };
  assert.match(
    schema({ type: 'object', properties: { a: { type: 'array', maxItems: 2, items: item } } })[0]!,
    /oldSelf cannot be used on the uncorrelatable portion of the schema within .*properties\[a\]$/,
  );
});

test('lists that are maps have keys, and keys have values', () => {
  const of = (list: Loose) =>
    schema({ type: 'object', properties: { a: { type: 'array', ...list } } }).map((it) =>
      it.replace(`${AT}.properties[a].`, ''),
    );
  const items = { type: 'object', properties: { k: { type: 'string' } } };
  assert.deepEqual(of({ items, 'x-kubernetes-list-type': 'map' }), [
    'x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type is map',
  ]);
  assert.deepEqual(of({ items, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['k'] }), [
    'items.properties[k].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property',
  ]);
  assert.deepEqual(of({ items, 'x-kubernetes-list-type': 'set' }), [
    'items.x-kubernetes-map-type: Invalid value: null: must be atomic as item of a list with x-kubernetes-list-type=set',
  ]);
});

test('schemas may be values, lists or booleans where OpenAPI says so, and are read as such', () => {
  const of = (a: unknown) => () => schema({ type: 'object', properties: { a } as Loose });
  assert.deepEqual(of({ type: 'object', additionalProperties: false })(), []);
  assert.throws(of({ type: 'object', additionalProperties: 'x' }), /boolean or JSON schema expected/);
  assert.throws(
    of({ type: 'array', items: { type: 1 } }),
    /JSONSchemaProps\.spec\..*\.properties\.items\.type of type string/,
  );
  assert.match(
    of({ type: 'array', items: [{ type: 'string' }] })()[0]!,
    /items must be a schema object and not an array/,
  );
});

test('a stored definition keeps the faults that it has, but gets no new ones', () => {
  const old = created(body({ schema: { openAPIV3Schema: { type: 'object', properties: { a: { type: 'string' } } } } }));
  old.metadata.resourceVersion = '1';
  const update = (value: Loose) => {
    const next = created(value);
    next.metadata.resourceVersion = '1';
    kind.strategy.prepareForUpdate(next, old);
    return kind.validateUpdate(next, old).map(errorText);
  };
  assert.deepEqual(update(body({ schema: { openAPIV3Schema: { type: 'object' } } })), []);
  assert.deepEqual(update(body({ schema: { openAPIV3Schema: { type: 'object' } }, name: 'v2' })), [
    'status.storedVersions[0]: Invalid value: "v1": missing from spec.versions; v1 was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in v1 and removes v1 from status.storedVersions',
  ]);
  old.status = { ...old.status, conditions: [{ type: 'Established', status: 'True' }] };
  assert.deepEqual(update(body({ schema: { openAPIV3Schema: { type: 'object' } } }, { scope: 'Cluster' })), [
    'spec.scope: Invalid value: "Cluster": field is immutable',
  ]);
});

test('a conversion webhook is a webhook', () => {
  const of = (webhook: Loose, strategy = 'Webhook') =>
    errors(body({ schema: { openAPIV3Schema: { type: 'object' } } }, { conversion: { strategy, webhook } })).map((it) =>
      it.replace('spec.conversion.', ''),
    );
  const clientConfig = { url: 'https://example.com/convert' };
  assert.deepEqual(of({ clientConfig, conversionReviewVersions: ['v1'] }), []);
  assert.deepEqual(of({ clientConfig: { url: 'http://u@h/?q' }, conversionReviewVersions: ['v2'] }), [
    `webhookClientConfig.url: Invalid value: "http": 'https' is the only allowed URL scheme; desired format: https://host[/path]`,
    'webhookClientConfig.url: Invalid value: "u": user information is not permitted in the URL',
    'webhookClientConfig.url: Invalid value: "q": query parameters are not permitted in the URL',
    'conversionReviewVersions: Invalid value: ["v2"]: must include at least one of v1, v1beta1',
  ]);
  assert.deepEqual(of({ clientConfig }, 'None'), [
    'webhookClientConfig: Forbidden: should not be set when strategy is not set to Webhook',
  ]);
});

test('formats that mean nothing are warned of when they come', () => {
  const of = (format: string, type = 'string') =>
    created(body({ schema: { openAPIV3Schema: { type: 'object', properties: { a: { type, format } } } } }));
  const { warnings } = kind.strategy;
  assert.deepEqual(warnings(of('nope')), ['unrecognized format "nope"']);
  assert.deepEqual(warnings(of('nope'), of('nope')), []);
  assert.deepEqual([...warnings(of('date-time')), ...warnings(of('int64', 'integer'))], []);
});
