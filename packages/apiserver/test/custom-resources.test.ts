import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createServer, request as httpsRequest, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { options, ServerUnderTest } from './server-under-test.js';

let world: ServerUnderTest;
before(async () => {
  world = await ServerUnderTest.start();
});
after(() => world.stop());

type Loose = Record<string, unknown>;

interface Answer {
  readonly status: number;
  readonly warning?: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: answers of every kind are looked into
  readonly body: any;
}

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const admin = { cert: 'admin' };

const call = (method: string, path: string, body?: object, mediaType?: string, of = world): Promise<Answer> =>
  of.call(method, path, admin, body, mediaType);

/** Longer than anything takes, shorter than what a test may take. */
const PATIENCE_MS = 40_000;

/** Asks until the answer is as wanted. */
async function until(path: string, holds: (answer: Answer) => boolean, of = world): Promise<Answer> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = await call('GET', path, undefined, undefined, of);
    if (holds(answer)) return answer;
    assert.ok(Date.now() < end, `${path} never was as wanted, at last ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const conditions = ({ body }: Answer): Record<string, string> =>
  Object.fromEntries((body.status?.conditions ?? []).map((it: Loose) => [it['type'], it['status']]));
const established = (name: string, of = world) =>
  until(`${DEFINITIONS}/${name}`, (it) => conditions(it)['Established'] === 'True', of);

const SCHEMA = {
  type: 'object',
  properties: {
    spec: { type: 'object', properties: { size: { type: 'integer', default: 1 }, color: { type: 'string' } } },
    status: { type: 'object', properties: { ready: { type: 'boolean' } } },
  },
};

function version(name: string, more: Loose = {}): Loose {
  return { name, served: true, storage: false, schema: { openAPIV3Schema: SCHEMA }, ...more };
}

function definition(plural: string, kind: string, versions: Loose[], more: Loose = {}): object {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.example.com` },
    spec: { group: 'example.com', scope: 'Namespaced', names: { plural, kind }, versions, ...more },
  };
}

const at = (plural: string, name = '', version = 'v1') =>
  `/apis/example.com/${version}/namespaces/default/${plural}${name === '' ? '' : `/${name}`}`;

test('what a definition says is served, discovered, and gone with it', options, async () => {
  const named = { plural: 'lamps', kind: 'Lamp', shortNames: ['lp'], categories: ['all'] };
  const made = await call(
    'POST',
    DEFINITIONS,
    definition('lamps', 'Lamp', [version('v1', { storage: true })], { names: named }),
  );
  assert.equal(made.status, 201);
  const ready = await established('lamps.example.com');
  assert.deepEqual(ready.body.status.acceptedNames, { ...named, singular: 'lamp', listKind: 'LampList' });
  assert.deepEqual(ready.body.status.storedVersions, ['v1']);
  // What is established is served from that moment.
  const { body: resources } = await call('GET', '/apis/example.com/v1');
  assert.deepEqual(
    resources.resources.map((it: Loose) => [it['name'], it['shortNames']]),
    [['lamps', ['lp']]],
  );
  assert.ok((await call('GET', '/apis')).body.groups.some((it: Loose) => it['name'] === 'example.com'));
  const document = await call('GET', '/openapi/v3/apis/example.com/v1');
  assert.ok(document.body.components.schemas['com.example.v1.Lamp']);

  const lamp = { apiVersion: 'example.com/v1', kind: 'Lamp', metadata: { name: 'a' }, spec: { color: 'red', odd: 1 } };
  const created = await call('POST', at('lamps'), lamp);
  assert.equal(created.status, 201);
  assert.deepEqual(created.body.spec, { color: 'red', size: 1 });
  assert.match(created.warning ?? '', /unknown field \\"spec\.odd\\"/);
  assert.equal(created.body.metadata.generation, 1);
  const patched = await call('PATCH', at('lamps', 'a'), { spec: { size: 2 } }, 'application/merge-patch+json');
  assert.deepEqual([patched.body.spec.size, patched.body.metadata.generation], [2, 2]);
  const refused = await call('PATCH', at('lamps', 'a'), { spec: { size: 'x' } }, 'application/merge-patch+json');
  assert.equal(refused.status, 422);
  assert.match(refused.body.message, /spec\.size: Invalid value: "string": spec\.size in body must be of type integer/);

  const last = { ...lamp, metadata: { name: 'held', finalizers: ['example.com/hold'] } };
  assert.equal((await call('POST', at('lamps'), last)).status, 201);
  const ending = await call('DELETE', `${DEFINITIONS}/lamps.example.com`);
  assert.equal(ending.status, 200);
  assert.deepEqual(ending.body.metadata.finalizers, ['customresourcecleanup.apiextensions.k8s.io']);
  await until(at('lamps', 'a'), ({ status }) => status === 404);
  const forbidden = await call('POST', at('lamps'), { ...lamp, metadata: { name: 'b' } });
  assert.equal(forbidden.status, 403);
  assert.match(forbidden.body.message, /create not allowed while custom resource definition is terminating/);
  assert.equal(conditions(await call('GET', `${DEFINITIONS}/lamps.example.com`))['Terminating'], 'True');
  const release = { metadata: { finalizers: null } };
  assert.equal((await call('PATCH', at('lamps', 'held'), release, 'application/merge-patch+json')).status, 200);
  await until(`${DEFINITIONS}/lamps.example.com`, ({ status }) => status === 404);
  await until('/apis/example.com/v1', ({ status }) => status === 404);
  assert.equal((await call('GET', at('lamps'))).status, 404);
});

/** The events of a watch as they come. */
class Watched {
  readonly events: Loose[] = [];
  isOver = false;
  #text = '';

  static async of(path: string): Promise<Watched> {
    const it = new Watched();
    const [ca, cert, key] = ['ca.crt', 'admin.crt', 'admin.key'].map((name) => world.read(name));
    const target = { host: '127.0.0.1', port: world.ports.rest, path: `${path}?watch=1`, agent: false, ca, cert, key };
    const [response] = (await once(httpsRequest(target).end(), 'response')) as [IncomingMessage];
    response.on('data', (chunk) => it.#take(String(chunk)));
    response.on('end', () => {
      it.isOver = true;
    });
    return it;
  }

  #take(chunk: string): void {
    this.#text += chunk;
    const lines = this.#text.split('\n');
    this.#text = lines.pop()!;
    for (const line of lines) this.events.push(JSON.parse(line) as Loose);
  }

  async until(holds: () => boolean): Promise<void> {
    const end = Date.now() + PATIENCE_MS;
    while (!holds()) {
      assert.ok(Date.now() < end, `never so: ${holds}, after ${JSON.stringify(this.events)}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

test('a definition that changes drops no watch and loses no object', options, async () => {
  const [v1, v2] = [version('v1', { storage: true }), version('v2')];
  await call('POST', DEFINITIONS, definition('cups', 'Cup', [v1]));
  await established('cups.example.com');
  const cup = (name: string, spec = {}) => ({ apiVersion: 'example.com/v1', kind: 'Cup', metadata: { name }, spec });
  await call('POST', at('cups'), cup('before', { color: 'red' }));
  const watched = await Watched.of(at('cups'));
  await watched.until(() => watched.events.length === 1);

  // Now v2 is stored, a field has gone and another has a default.
  const properties = { spec: { type: 'object', default: {}, properties: { depth: { type: 'integer', default: 7 } } } };
  const schema = { openAPIV3Schema: { type: 'object', properties } };
  const spec = {
    versions: [
      { ...v1, storage: false, schema },
      { ...v2, storage: true, schema },
    ],
  };
  const path = `${DEFINITIONS}/cups.example.com`;
  assert.equal((await call('PATCH', path, { spec }, 'application/merge-patch+json')).status, 200);
  await until(at('cups', 'before', 'v2'), ({ status }) => status === 200);
  const read = await call('GET', at('cups', 'before', 'v2'));
  assert.deepEqual([read.body.apiVersion, read.body.spec], ['example.com/v2', { depth: 7 }]);
  await call('POST', at('cups', '', 'v2'), { ...cup('after'), apiVersion: 'example.com/v2' });
  await watched.until(() => watched.events.length === 2);
  const { object } = watched.events[1] as { object: Loose };
  assert.deepEqual([object['apiVersion'], object['spec']], ['example.com/v1', { depth: 7 }]);
  assert.deepEqual((await call('GET', path)).body.status.storedVersions, ['v1', 'v2']);

  // A version that is served no more ends its watches.
  const unserved = {
    versions: [
      { ...v1, served: false, storage: false, schema },
      { ...v2, storage: true, schema },
    ],
  };
  assert.equal((await call('PATCH', path, { spec: unserved }, 'application/merge-patch+json')).status, 200);
  await watched.until(() => watched.isOver);
  assert.equal((await call('GET', at('cups'))).status, 404);
  const { body } = await call('GET', at('cups', '', 'v2'));
  assert.deepEqual(
    body.items.map((it: { metadata: Loose }) => it.metadata['name']),
    ['after', 'before'],
  );
});

test('names that others have are refused until they are free', options, async () => {
  await call('POST', DEFINITIONS, definition('pens', 'Pen', [version('v1', { storage: true })]));
  await established('pens.example.com');
  const names = { plural: 'quills', kind: 'Pen', singular: 'quill', listKind: 'QuillList' };
  await call('POST', DEFINITIONS, definition('quills', 'Pen', [version('v1', { storage: true })], { names }));
  const refused = await until(`${DEFINITIONS}/quills.example.com`, (it) => conditions(it)['NamesAccepted'] === 'False');
  assert.deepEqual(
    refused.body.status.conditions.map((it: Loose) => [it['type'], it['reason'], it['message']]),
    [
      ['NamesAccepted', 'KindConflict', '"Pen" is already in use'],
      ['Established', 'NotAccepted', 'not all names are accepted'],
    ],
  );
  assert.equal((await call('GET', at('quills'))).status, 404);
  await call('DELETE', `${DEFINITIONS}/pens.example.com`);
  await established('quills.example.com');
  assert.equal((await call('GET', at('quills'))).status, 200);
});

test('several API servers serve the same, and whatever dies the end is the end', options, async () => {
  const other = await ServerUnderTest.beside(world);
  try {
    await call('POST', DEFINITIONS, definition('nuts', 'Nut', [version('v1', { storage: true })]));
    await established('nuts.example.com');
    // The other one has not been told yet, and answers all the same.
    const nut = (name: string) => ({ apiVersion: 'example.com/v1', kind: 'Nut', metadata: { name } });
    assert.equal((await call('POST', at('nuts'), nut('a'), undefined, other)).status, 201);
    for (let index = 0; index < 50; index++) await call('POST', at('nuts'), nut(`n-${index}`), undefined, other);
    await call('DELETE', `${DEFINITIONS}/nuts.example.com`, undefined, undefined, other);
  } finally {
    await other.stop();
  }
  await until(`${DEFINITIONS}/nuts.example.com`, ({ status }) => status === 404);
  const store = world.store();
  const key = Buffer.from('/registry/example.com/nuts/');
  const { kvs } = await store.kv.range({ key, rangeEnd: Buffer.from('/registry/example.com/nuts0') });
  await store.close();
  assert.equal(kvs.length, 0);
});

describe('conversion by a webhook', options, () => {
  let server: Server;
  let convert: (review: { request: Loose & { objects: Loose[] } }) => object | undefined;
  const reviews: { request: Loose & { objects: Loose[] } }[] = [];

  /** v1 has spec.size, v2 has spec.depth. */
  const swap = (review: (typeof reviews)[number]) => {
    const { uid, desiredAPIVersion, objects } = review.request;
    const convertedObjects = objects.map((it) => {
      const { size, depth, ...rest } = (it['spec'] ?? {}) as Loose;
      const value = size ?? depth;
      const spec =
        value === undefined ? rest : { ...rest, [String(desiredAPIVersion).endsWith('v2') ? 'depth' : 'size']: value };
      return { ...it, apiVersion: desiredAPIVersion, spec };
    });
    const response = { uid, result: { status: 'Success' }, convertedObjects };
    return { kind: 'ConversionReview', apiVersion: 'apiextensions.k8s.io/v1', response };
  };

  before(async () => {
    if (options.skip) return;
    convert = swap;
    server = createServer(
      { cert: world.read('server.crt'), key: world.read('server.key') },
      async (request, response) => {
        let text = '';
        for await (const chunk of request) text += String(chunk);
        const review = JSON.parse(text) as (typeof reviews)[number];
        reviews.push(review);
        const answer = convert(review);
        if (answer !== undefined) response.end(JSON.stringify(answer));
        else response.destroy();
      },
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const field = (name: string) => {
      const spec = { type: 'object', properties: { [name]: { type: 'integer' } } };
      return { schema: { openAPIV3Schema: { type: 'object', properties: { spec } } } };
    };
    const caBundle = world.read('ca.crt').toString('base64');
    const clientConfig = { url: `https://127.0.0.1:${port}/convert`, caBundle };
    const conversion = { strategy: 'Webhook', webhook: { clientConfig, conversionReviewVersions: ['v1'] } };
    const versions = [version('v1', { storage: true, ...field('size') }), version('v2', field('depth'))];
    await call('POST', DEFINITIONS, definition('boxes', 'Box', versions, { conversion }));
    await established('boxes.example.com');
  });
  after(() => {
    server?.closeAllConnections();
    server?.close();
  });

  const box = (name: string, spec: object) => ({
    ...{ apiVersion: 'example.com/v2', kind: 'Box', metadata: { name, labels: { own: 'yes' } }, spec },
  });

  test('goes both ways, for reads, writes, lists and watches', options, async () => {
    const watched = await Watched.of(at('boxes', '', 'v2'));
    const made = await call('POST', at('boxes', '', 'v2'), box('a', { depth: 3 }));
    assert.deepEqual([made.status, made.body.message, made.body.spec], [201, undefined, { depth: 3 }]);
    assert.deepEqual((await call('GET', at('boxes', 'a'))).body.spec, { size: 3 });
    const patch = { spec: { size: 4 } };
    assert.equal((await call('PATCH', at('boxes', 'a'), patch, 'application/merge-patch+json')).status, 200);
    const { body } = await call('GET', `${at('boxes', '', 'v2')}?labelSelector=own`);
    assert.deepEqual(
      body.items.map((it: Loose) => it['spec']),
      [{ depth: 4 }],
    );
    await watched.until(() => watched.events.length === 2);
    assert.deepEqual(
      watched.events.map((it) => [it['type'], (it['object'] as Loose)['apiVersion'], (it['object'] as Loose)['spec']]),
      [
        ['ADDED', 'example.com/v2', { depth: 3 }],
        ['MODIFIED', 'example.com/v2', { depth: 4 }],
      ],
    );
    assert.ok(
      reviews.every(({ request }) => request.objects.every((it) => it['apiVersion'] !== request['desiredAPIVersion'])),
    );
  });

  test('that lies, fails or is not there is told, and what is stored stays', options, async () => {
    const answered = (change: (it: Loose) => unknown) => (review: (typeof reviews)[number]) => {
      const good = swap(review);
      return {
        ...good,
        response: { ...good.response, convertedObjects: good.response.convertedObjects.map((it) => change(it)) },
      };
    };
    const metadata = (it: Loose, more: object) => ({ ...it, metadata: { ...(it['metadata'] as object), ...more } });
    const lies: [typeof convert, RegExp][] = [
      [() => undefined, /failed: Post "https:.*": EOF/],
      [(review) => ({ ...swap(review), response: undefined }), /failed: no response provided/],
      [
        answered((it) => metadata(it, { name: 'other' })),
        /returned invalid object: must have the same name: a != other/,
      ],
      [answered((it) => metadata(it, { uid: 'x' })), /returned invalid object: must have the same UID/],
      [answered((it) => ({ ...it, kind: 'Ball' })), /invalid kind \(expected Box, received Ball\)/],
      [
        answered((it) => metadata(it, { labels: { 'a b': 'c' } })),
        /returned invalid metadata: metadata\.labels: Invalid value/,
      ],
      [
        (review) => ({ ...swap(review), response: { ...swap(review).response, convertedObjects: [] } }),
        /returned 0 objects, expected 1/,
      ],
      [
        (review) => ({
          ...swap(review),
          response: { uid: review.request['uid'], result: { status: 'Failed', message: 'no way' } },
        }),
        /^conversion webhook for example\.com\/v1, Kind=Box failed: no way$/,
      ],
    ];
    for (const [lie, text] of lies) {
      convert = lie;
      const answer = await call('GET', at('boxes', 'a', 'v2'));
      assert.equal(answer.status, 500);
      assert.match(answer.body.message, text);
      // A definition's own version needs nobody.
      assert.equal((await call('GET', at('boxes', 'a'))).status, 200);
    }
    convert = answered((it) => metadata(it, { finalizers: ['a/b'], labels: { new: 'one' } }));
    const { body } = await call('GET', at('boxes', 'a', 'v2'));
    assert.deepEqual([body.metadata.labels, body.metadata.finalizers], [{ new: 'one' }, undefined]);
    convert = swap;
  });
});

test(
  'who manages what is forgotten where the object is none of the version in which somebody wrote it',
  options,
  async () => {
    const schema = (properties: Loose) => ({
      schema: { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties } } } },
    });
    const text = { type: 'string' };
    const versions = [
      version('v1', {
        storage: true,
        ...schema({ a: text, n: { type: 'integer' }, only1: { type: 'string', default: 'one' } }),
      }),
      version('v2', schema({ a: text, only2: text })),
      version('v3', schema({ a: text, only1: text })),
    ];
    const scaled = { subresources: { scale: { specReplicasPath: '.spec.n', statusReplicasPath: '.status.n' } } };
    versions[0] = { ...versions[0], ...scaled };
    await call('POST', DEFINITIONS, definition('vessels', 'Vessel', versions));
    await established('vessels.example.com');
    const vessel = (name: string, of: string, more: Loose = {}) => ({
      ...{ apiVersion: `example.com/${of}`, kind: 'Vessel', metadata: { name }, spec: { a: 'x' } },
      ...more,
    });
    const merge = 'application/merge-patch+json';
    for (const [name, other, kept] of [
      ['b', 'v2', 0],
      ['c', 'v3', 2],
    ] as const) {
      assert.equal((await call('POST', at('vessels', '', other), vessel(name, other))).status, 201);
      const { body } = await call('PATCH', at('vessels', name), { spec: { a: 'y' } }, merge);
      assert.equal(body.metadata.managedFields?.length ?? 0, kept, JSON.stringify(body));
    }
    // An apply cannot leave it out.
    await call('POST', at('vessels', '', 'v2'), vessel('d', 'v2'));
    const applied = await call(
      'PATCH',
      `${at('vessels', 'd')}?fieldManager=f`,
      vessel('d', 'v1'),
      'application/apply-patch+yaml',
    );
    assert.deepEqual([applied.status, applied.body.message], [500, '.spec.only1: field not declared in schema']);

    // A body of another version is read as that, and then refused.
    const refused = async (path: string, body: Loose) => {
      const { status, warning, body: said } = await call('POST', path, body);
      return [status, warning, said.message];
    };
    const mismatch = (found: string) =>
      `the API version in the data (${found}) does not match the expected API version (example.com/v1)`;
    const odd = { spec: { a: 'x', only1: 'y', odd: 1 } };
    assert.deepEqual(await refused(at('vessels'), vessel('e', 'v2', odd)), [
      ...[
        400,
        '299 - "unknown field \\"spec.odd\\"", 299 - "unknown field \\"spec.only1\\""',
        mismatch('example.com/v2'),
      ],
    ]);
    assert.deepEqual(await refused(at('vessels'), vessel('e', 'v9')), [
      ...[400, '299 - "unknown field \\"spec\\""', mismatch('example.com/v9')],
    ]);
    assert.deepEqual(await refused(at('vessels'), { ...vessel('e', 'v1', odd), apiVersion: 'x.example.com/v1' }), [
      ...[400, undefined, mismatch('x.example.com/v1')],
    ]);
    assert.match(
      String((await refused(`${at('vessels')}?fieldValidation=Strict`, vessel('e', 'v9')))[2]),
      /strict decoding error: unknown field "spec"$/,
    );
    const scale = await call('PUT', `${at('vessels', 'c')}/scale`, vessel('c', 'v1'));
    assert.deepEqual(
      [scale.status, scale.body.message],
      [400, 'no kind is registered for the type v1.Scale in scheme "pkg/apiserver/customresource_handler.go:781"'],
    );
  },
);

test('a definition from before schemas had to be structural says so until it is changed', options, async () => {
  const name = 'relics.example.com';
  const old = definition('relics', 'Relic', [
    version('v1', { storage: true, schema: { openAPIV3Schema: { properties: { spec: { type: 'object' } } } } }),
  ]) as Loose & { spec: Loose };
  const stored = {
    ...old,
    metadata: { name, uid: 'a-b-c', generation: 1, creationTimestamp: '2019-01-01T00:00:00Z' },
    spec: { ...old.spec, preserveUnknownFields: true, conversion: { strategy: 'None' } },
    status: { conditions: [], acceptedNames: { plural: '', kind: '' }, storedVersions: ['v1'] },
  };
  const store = world.store();
  const key = Buffer.from(`/registry/apiextensions.k8s.io/customresourcedefinitions/${name}`);
  await store.kv.put({ key, value: Buffer.from(JSON.stringify(stored)) });
  store.close();
  const told = (it: Answer) =>
    it.body.status?.conditions?.find((each: Loose) => each['type'] === 'NonStructuralSchema');
  const { status, reason, message } = told(
    await until(`${DEFINITIONS}/${name}`, (it) => told(it) !== undefined && conditions(it)['Established'] === 'True'),
  );
  assert.deepEqual([status, reason], ['True', 'Violations']);
  assert.match(message, /^\[spec\.preserveUnknownFields: Invalid value: true: must be false, /);
  assert.match(
    message,
    /spec\.versions\[0\]\.schema\.openAPIV3Schema\.type: Required value: must not be empty at the root/,
  );
  const versions = [version('v1', { storage: true })];
  const patch = { spec: { preserveUnknownFields: false, versions } };
  assert.equal((await call('PATCH', `${DEFINITIONS}/${name}`, patch, 'application/merge-patch+json')).status, 200);
  await until(`${DEFINITIONS}/${name}`, (it) => told(it) === undefined);
});
