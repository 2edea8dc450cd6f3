/** What definitions that people install ask of a server, each in a small schema of our own. */
import { EITHER, type Feature, KEEPS, list, object, rule, spec, string } from './feature.js';

const listenersOf = list(
  object(
    {
      name: string({ maxLength: 253 }),
      port: { type: 'integer', format: 'int32', minimum: 1, maximum: 65535 },
      protocol: string({ enum: ['HTTP', 'HTTPS', 'TCP'] }),
      hostname: string({ maxLength: 253, pattern: '^(\\*\\.)?[a-z0-9.-]+$' }),
      allowedRoutes: object(
        {
          namespaces: object(
            { from: string({ default: 'Same', enum: ['All', 'Same'] }) },
            { default: { from: 'Same' } },
          ),
        },
        { default: { namespaces: { from: 'Same' } } },
      ),
    },
    { required: ['name', 'port', 'protocol'] },
  ),
  {
    ...{ minItems: 1, maxItems: 16, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] },
    'x-kubernetes-validations': [
      {
        rule: "self.all(l, l.protocol == 'TCP' ? (!has(l.hostname) || l.hostname == '') : true)",
        message: 'hostname must not be specified for TCP',
      },
      {
        rule: 'self.all(a, self.exists_one(b, a.port == b.port && a.protocol == b.protocol))',
        message: 'port and protocol must be unique',
      },
    ],
  },
);
const allowed = { allowedRoutes: { namespaces: { from: 'Same' } } };

export const FEATURES: readonly Feature[] = [
  {
    of: 'Gateway API',
    what: 'lists by keys with rules over all of them, nested defaults',
    kind: 'Entry',
    versions: { v1: spec({ listeners: listenersOf }, { required: ['listeners'] }) },
    samples: [
      {
        name: 'defaulted',
        sent: { spec: { listeners: [{ name: 'a', port: 80, protocol: 'HTTP' }] } },
        stored: { spec: { listeners: [{ name: 'a', port: 80, protocol: 'HTTP', ...allowed }] } },
      },
      {
        name: 'twice',
        sent: { spec: { listeners: [80, 81].map((port) => ({ name: 'a', port, protocol: 'HTTP' })) } },
        refused: /spec\.listeners\[1\]: Duplicate value: \{"name":"a"\}/,
      },
      {
        name: 'hostname',
        sent: { spec: { listeners: [{ name: 'a', port: 80, protocol: 'TCP', hostname: 'b.c' }] } },
        refused: /spec\.listeners: Invalid value: hostname must not be specified for TCP$/,
      },
      {
        name: 'ports',
        sent: { spec: { listeners: ['a', 'b'].map((name) => ({ name, port: 80, protocol: 'HTTP' })) } },
        refused: /port and protocol must be unique/,
      },
      {
        name: 'unlisted',
        sent: { spec: { listeners: [{ name: 'a', port: 70000, protocol: 'UDP' }] } },
        refused: /port in body should be less than or equal to 65535.*protocol: Unsupported value: "UDP"/,
      },
    ],
  },
  {
    of: 'cert-manager',
    what: 'one of several, times, and what is immutable once it is set',
    kind: 'Credential',
    versions: {
      v1: spec(
        {
          duration: string({ format: 'duration' }),
          notAfter: string({ format: 'date-time' }),
          secretName: string(),
          acme: object({ url: string({ format: 'uri' }) }),
          ca: object({ name: string({ minLength: 1 }) }),
        },
        {
          required: ['secretName'],
          oneOf: [{ required: ['acme'] }, { required: ['ca'] }],
          'x-kubernetes-validations': [{ rule: 'self.secretName == oldSelf.secretName', message: 'secretName stays' }],
        },
      ),
    },
    samples: [
      {
        name: 'whole',
        sent: { spec: { secretName: 's', ca: { name: 'a' }, duration: '2160h', notAfter: '2030-01-01T00:00:00Z' } },
      },
      {
        name: 'both',
        sent: { spec: { secretName: 's', ca: { name: 'a' }, acme: {} } },
        refused: /must validate one and only one schema \(oneOf\)/,
      },
      {
        name: 'when',
        sent: { spec: { secretName: 's', ca: { name: 'a' }, notAfter: 'soon' } },
        refused: /spec\.notAfter in body must be of type date-time: "soon"/,
      },
      { name: 'none', sent: { spec: { ca: { name: '' } } }, refused: /spec\.secretName: Required value/ },
    ],
  },
  {
    of: 'Argo CD',
    what: 'what is kept unknown within what is pruned, and objects of any shape',
    kind: 'Delivery',
    versions: {
      v1alpha1: spec({
        source: object({
          repoURL: string(),
          helm: object({ valuesObject: { type: 'object', ...KEEPS }, parameters: list(object({ name: string() })) }),
        }),
        ignoreDifferences: list(object({ kind: string(), jsonPointers: list(string()) }, { required: ['kind'] })),
      }),
    },
    samples: [
      {
        name: 'kept',
        sent: {
          spec: { source: { repoURL: 'x', odd: 1, helm: { valuesObject: { a: { b: [1, { c: null }] } }, also: 2 } } },
        },
        stored: { spec: { source: { repoURL: 'x', helm: { valuesObject: { a: { b: [1, { c: null }] } } } } } },
        warned: /unknown field \\"spec\.source\.odd\\"|unknown field \\"spec\.source\.helm\.also\\"/,
      },
      {
        name: 'nameless',
        sent: { spec: { ignoreDifferences: [{ jsonPointers: ['/a'] }] } },
        refused: /ignoreDifferences\[0\]\.kind: Required value/,
      },
    ],
  },
  {
    of: 'Prometheus operator',
    what: 'numbers or texts, quantities, patterns of durations, lists that are sets',
    kind: 'Scrape',
    versions: {
      v1: spec({
        port: EITHER,
        memory: { ...EITHER, anyOf: [{ type: 'integer' }, { type: 'string' }], pattern: '^[0-9]+(Ki|Mi|Gi)?$' },
        interval: string({ default: '30s', pattern: '^(0|([0-9]+h)?([0-9]+m)?([0-9]+s)?)$' }),
        names: list(string(), { 'x-kubernetes-list-type': 'set' }),
        replicas: { type: 'integer', format: 'int32' },
      }),
    },
    samples: [
      {
        name: 'number',
        sent: { spec: { port: 80, memory: 100 } },
        stored: { spec: { port: 80, memory: 100, interval: '30s' } },
      },
      { name: 'text', sent: { spec: { port: 'web', memory: '1Gi', interval: '1m' } } },
      {
        name: 'neither',
        sent: { spec: { port: true } },
        refused: /spec\.port in body must be of type integer,string: "boolean"/,
      },
      {
        name: 'odd',
        sent: { spec: { memory: '1Xi', interval: 'soon' } },
        refused:
          /spec\.interval in body should match.*spec\.memory in body should match|spec\.memory in body should match.*spec\.interval in body should match/,
      },
      { name: 'same', sent: { spec: { names: ['a', 'a'] } }, refused: /spec\.names\[1\]: Duplicate value: "a"/ },
      {
        name: 'large',
        sent: { spec: { replicas: 3e9 } },
        refused: /must be of type integer with format int32 in spec\.replicas/,
      },
    ],
  },
  {
    of: 'Kyverno',
    what: 'any value, maps of lists, and rules that say their message',
    kind: 'Guard',
    scope: 'Cluster',
    versions: {
      v1: spec({
        rules: list(
          object(
            {
              name: string({ maxLength: 63 }),
              match: object({ any: list({ type: 'object', ...KEEPS }) }),
              pattern: KEEPS,
              labels: { type: 'object', additionalProperties: list(string()) },
            },
            {
              'x-kubernetes-validations': [
                {
                  rule: '!has(self.match) || size(self.match.any) > 0',
                  messageExpression: '"rule " + self.name + " matches nothing"',
                  fieldPath: '.match',
                  reason: 'FieldValueRequired',
                },
              ],
            },
          ),
          { maxItems: 20 },
        ),
      }),
    },
    samples: [
      { name: 'any', sent: { spec: { rules: [{ name: 'a', pattern: [1, 'x', { y: {} }], labels: { a: ['b'] } }] } } },
      {
        name: 'nothing',
        sent: { spec: { rules: [{ name: 'a', match: { any: [] } }] } },
        refused: /spec\.rules\[0\]\.match: Required value: rule a matches nothing/,
      },
      {
        name: 'map',
        sent: { spec: { rules: [{ name: 'a', labels: { a: 'b' } }] } },
        refused: /labels\.a in body must be of type array: "string"/,
      },
    ],
  },
  {
    of: 'Crossplane, Cluster API, Knative',
    what: 'objects within objects, with their metadata',
    kind: 'Bundle',
    versions: {
      v1: spec({
        template: { type: 'object', 'x-kubernetes-embedded-resource': true, ...KEEPS },
        typed: object(
          { spec: object({ size: { type: 'integer', default: 1 } }, { default: {} }) },
          { 'x-kubernetes-embedded-resource': true },
        ),
      }),
    },
    samples: [
      {
        name: 'embedded',
        sent: {
          spec: {
            template: {
              apiVersion: 'v1',
              kind: 'ConfigMap',
              metadata: { name: 'a', odd: 1, labels: { x: 'y' } },
              data: { a: 'b' },
            },
            typed: { apiVersion: 'a/v1', kind: 'B', spec: { odd: 1 }, more: 1 },
          },
        },
        stored: {
          spec: {
            template: {
              apiVersion: 'v1',
              kind: 'ConfigMap',
              metadata: { name: 'a', labels: { x: 'y' } },
              data: { a: 'b' },
            },
            typed: { apiVersion: 'a/v1', kind: 'B', spec: { size: 1 } },
          },
        },
        warned: /unknown field \\"spec\.typed\.more\\"/,
      },
      {
        name: 'untyped',
        sent: { spec: { template: { metadata: {} } } },
        refused: /spec\.template\.apiVersion: Required value.*spec\.template\.kind: Required value/,
      },
      {
        name: 'labels',
        sent: { spec: { template: { apiVersion: 'v1', kind: 'A', metadata: { labels: { 'a b': 'c' } } } } },
        refused: /spec\.template\.metadata\.labels: Invalid value: "a b"/,
      },
    ],
  },
  {
    of: 'Istio, Flux',
    what: 'several versions of one schema, one of them deprecated, and unions in rules',
    kind: 'Route',
    versions: {
      v1: spec(
        {
          selector: object({ labels: { type: 'object', additionalProperties: string() } }),
          targetRef: object({ name: string() }),
          weight: { type: 'integer', nullable: true },
        },
        rule(
          '(has(self.selector) ? 1 : 0) + (has(self.targetRef) ? 1 : 0) <= 1',
          'only one of targetRef or selector can be set',
        ),
      ),
      v1beta1: {
        ...spec({ selector: object({ labels: { type: 'object', additionalProperties: string() } }) }),
        deprecated: true,
        deprecationWarning: 'v1beta1 is going: use v1',
      },
    },
    samples: [
      { name: 'one', sent: { spec: { targetRef: { name: 'a' }, weight: null } } },
      {
        name: 'both',
        sent: { spec: { targetRef: { name: 'a' }, selector: {} } },
        refused: /only one of targetRef or selector can be set/,
      },
      {
        name: 'old',
        version: 'v1beta1',
        sent: { spec: { selector: { labels: { a: 'b' } } } },
        warned: /v1beta1 is going: use v1/,
      },
    ],
  },
  {
    of: 'KEDA',
    what: 'status that only its own path writes, and a scale',
    kind: 'Scaler',
    versions: {
      v1alpha1: {
        schema: object({
          spec: object(
            {
              replicas: { type: 'integer', default: 2 },
              triggers: list(
                object(
                  { type: string(), metadata: { type: 'object', additionalProperties: string() } },
                  { required: ['type', 'metadata'] },
                ),
              ),
            },
            { required: ['triggers'] },
          ),
          status: object({ replicas: { type: 'integer' }, selector: string() }),
        }),
        subresources: {
          status: {},
          scale: {
            specReplicasPath: '.spec.replicas',
            statusReplicasPath: '.status.replicas',
            labelSelectorPath: '.status.selector',
          },
        },
        selectableFields: [{ jsonPath: '.spec.replicas' }],
      },
    },
    samples: [
      {
        name: 'scaled',
        sent: { spec: { triggers: [{ type: 'cpu', metadata: { value: '50' } }] }, status: { replicas: 9 } },
        stored: { spec: { replicas: 2, triggers: [{ type: 'cpu', metadata: { value: '50' } }] } },
      },
      {
        name: 'untyped',
        sent: { spec: { triggers: [{ type: 'cpu', metadata: { value: 50 } }] } },
        refused: /triggers\[0\]\.metadata\.value in body must be of type string: "integer"/,
      },
    ],
  },
];
