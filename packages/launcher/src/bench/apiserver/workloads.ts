import { PATCH_TYPES } from '@keelson/api';
import type { Clock, HttpCall, HttpCaller } from '@keelson/service';
import { type Sample, sample, sampleAtRate } from '../load.js';
import { getsBesideListers, getsBesideWatches, renewalsBesideListers, renewalsBesideWatches } from './crowd.js';
import { customObject, customPath } from './custom.js';
import { call, configMap, pathOf, pod, succeed } from './objects.js';
import { watchFanOut, watchLatency } from './watches.js';

export interface WorkloadOptions {
  readonly seconds: number;
  readonly clients: number;
  /** ConfigMaps, and pods, that are there. */
  readonly objects: number;
  readonly watchers: number;
}

/** What one of several threads does of a load. */
export interface Share {
  /** From 0 on. */
  readonly part: number;
  readonly parts: number;
  /** Of this and no other time that the load is put: what is created is named by it. */
  readonly run: number;
  readonly options: WorkloadOptions;
  readonly clock: Clock;
  open(count: number): HttpCaller[];
  /** Resolves once all parts are ready. */
  start(): Promise<void>;
}

/** One load on the API server. */
export interface Workload {
  readonly name: string;
  readonly unit: '/s' | 'p50 ms' | 'p99 ms';
  /** It is put beside policies and webhooks that are about something else, too. */
  readonly isWrite?: boolean;
  run(share: Share): Promise<Sample>;
}

/** `client` is of all parts; each object that is there is written by one client. */
type Request = (object: number, turn: number, name: string) => HttpCall;

/** A label chooses one in so many. */
const LABELLED = 100;
const LIST_CLIENTS = 4;
const PAGE = 500;
const RATE = 1_000;
const RATE_CONNECTIONS = 8;

const configMapOf = (number: number) => pathOf('configmaps', configMapName(number));

export const configMapName = (number: number) => `config-${number}`;
export const labelsOf = (number: number) => ({ part: `p${number % LABELLED}` });

const merge: Request = (number, turn) =>
  call('PATCH', configMapOf(number), { data: { key: `merged-${turn}` } }, PATCH_TYPES.merge);

const LOADS: Readonly<Record<string, Request>> = {
  'get a ConfigMap': (number) => call('GET', configMapOf(number)),
  'create a ConfigMap': (_number, _turn, name) => call('POST', pathOf('configmaps'), configMap(name)),
  'merge patch a ConfigMap': merge,
  'update a ConfigMap': (number, turn) =>
    call('PUT', configMapOf(number), configMap(configMapName(number), `updated-${turn}`, labelsOf(number))),
  'apply a ConfigMap': (number, turn) => {
    const path = `${configMapOf(number)}?fieldManager=bench&force=true`;
    const applied = configMap(configMapName(number), `applied-${turn}`, labelsOf(number));
    return call('PATCH', path, applied, PATCH_TYPES.apply);
  },
};

const WRITES = new Set(['create a ConfigMap', 'update a ConfigMap']);

const LISTS: Readonly<Record<string, (turn: number) => HttpCall>> = {
  'list all pods': () => call('GET', pathOf('pods')),
  'list all pods from the cache': () => call('GET', `${pathOf('pods')}?resourceVersion=0`),
  'list 1 % of the pods by label': (turn) =>
    call('GET', `${pathOf('pods')}?labelSelector=${encodeURIComponent(`part=p${turn % LABELLED}`)}`),
};

/** The same of a kind that a definition makes. */
const CUSTOM_LOADS: Readonly<Record<string, Request>> = {
  'create a custom resource': (_number, _turn, name) => call('POST', customPath(), customObject(name)),
  'get a custom resource': (number) => call('GET', customPath(configMapName(number))),
  'merge patch a custom resource': (number, turn) =>
    call('PATCH', customPath(configMapName(number)), { spec: { key: `merged-${turn}` } }, PATCH_TYPES.merge),
};

/** The pods that are created come last: nothing else counts them. */
export const WORKLOADS: readonly Workload[] = [
  ...Object.entries(LOADS).map(([name, request]) => ({ ...closedLoop(name, request), isWrite: WRITES.has(name) })),
  ...Object.entries(LISTS).map(([name, request]): Workload => ({ name, unit: '/s', run: lists(request) })),
  { name: `pods in pages of ${PAGE}`, unit: '/s', run: pages },
  { name: `merge patch, ${RATE} due a second`, unit: 'p99 ms', run: atRate },
  { name: 'watch events to all watchers', unit: '/s', run: watchFanOut },
  { name: 'watch event, from its write on', unit: 'p50 ms', run: watchLatency },
  { name: 'renewal of a lease while 200 clients list all pods', unit: 'p99 ms', run: renewalsBesideListers },
  { name: 'get by another user while 200 clients list all pods', unit: 'p99 ms', run: getsBesideListers },
  { name: 'renewal of a lease while one user begins 10,000 watches', unit: 'p99 ms', run: renewalsBesideWatches },
  { name: 'get by another user while one user begins 10,000 watches', unit: 'p99 ms', run: getsBesideWatches },
  ...Object.entries(CUSTOM_LOADS).map(([name, request]) => closedLoop(name, request)),
  closedLoop('create a pod', (_number, _turn, name) => call('POST', pathOf('pods'), pod(name))),
];

/** The clients of a part: those whose numbers leave its own when they are divided by the parts. */
const shareOf = (count: number, { part, parts }: Share) => Math.floor((count + parts - 1 - part) / parts);

function closedLoop(name: string, request: Request): Workload {
  const run = async (share: Share) => {
    const { part, parts, options, clock, open } = share;
    const { clients, seconds, objects } = options;
    const own = Math.max(1, Math.floor(objects / clients));
    const operation = (caller: HttpCaller, client: number, turn: number) => {
      const number = client * parts + part;
      const made = `new-${share.run}-${number}-${turn}`;
      return succeed(caller, request((number * own + (turn % own)) % objects, turn, made));
    };
    await share.start();
    return await sample(operation, { clients: shareOf(clients, share), seconds, open }, clock);
  };
  return { name, unit: '/s', run };
}

function lists(request: (turn: number) => HttpCall) {
  return async (share: Share) => {
    const { part, options, clock, open } = share;
    const operation = (caller: HttpCaller, client: number, turn: number) =>
      succeed(caller, request(part + client + turn * LIST_CLIENTS));
    await share.start();
    return await sample(operation, { clients: shareOf(LIST_CLIENTS, share), seconds: options.seconds, open }, clock);
  };
}

/** Each client goes through all pages, again and again; a page counts. */
async function pages(share: Share): Promise<Sample> {
  const { options, clock, open } = share;
  const tokens = new Map<number, string>();
  const operation = async (caller: HttpCaller, client: number) => {
    const token = tokens.get(client) ?? '';
    const from = token === '' ? '' : `&continue=${encodeURIComponent(token)}`;
    const body = await succeed(caller, call('GET', `${pathOf('pods')}?limit=${PAGE}${from}`));
    // The token stands near the start: a whole page is not worth taking apart for it.
    tokens.set(client, /"continue":"([^"]*)"/.exec(body.toString('latin1', 0, 2_000))?.[1] ?? '');
  };
  await share.start();
  return await sample(operation, { clients: shareOf(LIST_CLIENTS, share), seconds: options.seconds, open }, clock);
}

async function atRate(share: Share): Promise<Sample> {
  const { part, parts, options, clock, open } = share;
  const operation = (caller: HttpCaller, _client: number, turn: number) =>
    succeed(caller, merge((turn * parts + part) % options.objects, turn, ''));
  const rate = { perSecond: RATE / parts, connections: Math.ceil(RATE_CONNECTIONS / parts) };
  await share.start();
  return await sampleAtRate(operation, { ...rate, seconds: options.seconds, open }, clock);
}
