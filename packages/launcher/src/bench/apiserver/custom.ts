import type { HttpCaller } from '@keelson/service';
import type { Measured } from '../report.js';
import type { Contender } from './contender.js';
import { call, succeed } from './objects.js';

const GROUP = 'bench.example.com';
const NAMESPACE = 'bench';
const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
const VALUE = 'v'.repeat(256);
/** Definitions that are made side by side. */
const AT_ONCE = 8;
const LOOK_AGAIN_MS = 20;

/** Of the kind that loads read and write: as large as a ConfigMap of theirs, with a rule in its schema. */
export const customPath = (name = '') =>
  `/apis/${GROUP}/v1/namespaces/${NAMESPACE}/notes${name === '' ? '' : `/${name}`}`;

export function customObject(name: string, value = VALUE, labels: Readonly<Record<string, string>> = {}): object {
  return {
    apiVersion: `${GROUP}/v1`,
    kind: 'Note',
    metadata: { name, namespace: NAMESPACE, labels },
    spec: { key: value, size: 1 },
  };
}

function definition(plural: string, kind: string, spec: object): object {
  const schema = { openAPIV3Schema: { type: 'object', properties: { spec } } };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${GROUP}` },
    spec: {
      ...{ group: GROUP, scope: 'Namespaced', names: { plural, kind } },
      versions: [{ name: 'v1', served: true, storage: true, subresources: { status: {} }, schema }],
    },
  };
}

const NOTE = {
  type: 'object',
  properties: { key: { type: 'string', maxLength: 1_000 }, size: { type: 'integer', default: 1 } },
  'x-kubernetes-validations': [{ rule: 'self.size > 0', message: 'size must be positive' }],
};

/** About 15 KB of schema, as definitions of operators have. */
function large(): object {
  const item = {
    type: 'object',
    required: ['name'],
    properties: { name: { type: 'string' }, value: { type: 'string' } },
  };
  const field = {
    type: 'object',
    description: 'What it is, in a sentence or two, as people write it for those who ask kubectl explain.',
    properties: {
      text: { type: 'string', maxLength: 100, description: 'A text of no more than a hundred characters.' },
      number: { type: 'integer', default: 3 },
      items: { type: 'array', items: item },
      values: { type: 'object', additionalProperties: { type: 'string' } },
    },
  };
  return {
    type: 'object',
    properties: Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`field${at}`, field])),
  };
}

/** Makes the kind of the loads, and waits until it is served. */
export async function defineCustom(caller: HttpCaller, sleep: (ms: number) => Promise<void>): Promise<void> {
  await succeed(caller, call('POST', DEFINITIONS, definition('notes', 'Note', NOTE)));
  while ((await caller.request(call('GET', customPath()))).status !== 200) await sleep(LOOK_AGAIN_MS);
}

/** What many definitions cost: the time until all are served, memory of one, and what clients read of them. */
export async function weighDefinitions(
  contender: Contender,
  count: number,
  { now, sleep }: { now: () => number; sleep: (ms: number) => Promise<void> },
): Promise<Measured[]> {
  const [caller] = contender.open(1);
  const before = contender.memory();
  const begin = now();
  try {
    let next = 0;
    const make = async () => {
      while (next < count) {
        const at = next;
        next += 1;
        await succeed(caller!, call('POST', DEFINITIONS, definition(`things${at}`, `Thing${at}`, large())));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, make));
    const path = (at: number) => `/apis/${GROUP}/v1/namespaces/${NAMESPACE}/things${at}`;
    for (let at = 0; at < count; at += 1)
      while ((await caller!.request(call('GET', path(at)))).status !== 200) await sleep(LOOK_AGAIN_MS);
    const perSecond = (count * 1000) / (now() - begin);
    const read = async (request: ReturnType<typeof call>) => {
      const start = now();
      return { bytes: (await succeed(caller!, request)).length, ms: now() - start };
    };
    const discovery = await read({ method: 'GET', path: '/apis', headers: { accept: AGGREGATED } });
    const index = await read(call('GET', '/openapi/v3'));
    const memory = contender.memory() - before;
    return [
      { value: perSecond, note: `${AT_ONCE} clients` },
      { value: memory / count / 1024, note: `${(contender.memory() / 2 ** 20).toFixed(0)} MiB in all` },
      {
        value: discovery.bytes / 1024,
        note: `${discovery.ms.toFixed(0)} ms, index of OpenAPI ${index.ms.toFixed(0)} ms`,
      },
    ];
  } finally {
    caller!.close();
  }
}
