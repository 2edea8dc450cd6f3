import type { Clock, HttpCall, HttpCaller } from '@keelson/service';
import { drive, driveAtRate, type LoadResult } from '../load.js';
import type { Contender } from './contender.js';
import { call, configMap, NAMESPACE, pathOf, pod, succeed } from './objects.js';
import { watchFanOut, watchLatency } from './watches.js';

export interface WorkloadOptions {
  readonly seconds: number;
  readonly clients: number;
  /** ConfigMaps, and pods, that are there. */
  readonly objects: number;
  readonly watchers: number;
}

/** One load on the API server. */
export interface Workload {
  readonly name: string;
  readonly unit: '/s' | 'ms';
  run(contender: Contender, options: WorkloadOptions, clock: Clock): Promise<LoadResult>;
}

/** Each object that is there belongs to one client, so that no two write the same. */
type Request = (number: number, turn: number, options: WorkloadOptions) => HttpCall;

/** Name in each hundred that a label chooses. */
const LABELLED = 100;
const LIST_CLIENTS = 4;
const PAGE = 500;
const RATE = 1_000;
const RATE_CONNECTIONS = 8;

/** Names of what is created never come again. */
let created = 0;

const configMapOf = (number: number) => pathOf('configmaps', configMapName(number));

export const configMapName = (number: number) => `config-${number}`;
export const labelsOf = (number: number) => ({ part: `p${number % LABELLED}` });

const merge: Request = (number, turn) =>
  call('PATCH', configMapOf(number), { data: { key: `merged-${turn}` } }, 'application/merge-patch+json');

const LOADS: Readonly<Record<string, Request>> = {
  'get a ConfigMap': (number) => call('GET', configMapOf(number)),
  'create a ConfigMap': () => call('POST', pathOf('configmaps'), configMap(`new-${created++}`)),
  'merge patch a ConfigMap': merge,
  'update a ConfigMap': (number, turn) =>
    call('PUT', configMapOf(number), configMap(configMapName(number), `updated-${turn}`, labelsOf(number))),
  'apply a ConfigMap': (number, turn) => {
    const path = `${configMapOf(number)}?fieldManager=bench&force=true`;
    const applied = configMap(configMapName(number), `applied-${turn}`, labelsOf(number));
    return call('PATCH', path, applied, 'application/apply-patch+yaml');
  },
  'create a pod': () => call('POST', pathOf('pods'), pod(`new-${created++}`)),
};

const LISTS: Readonly<Record<string, (turn: number) => HttpCall>> = {
  'list all pods': () => call('GET', pathOf('pods')),
  'list all pods from the cache': () => call('GET', `${pathOf('pods')}?resourceVersion=0`),
  'list 1 % of the pods by label': (turn) =>
    call('GET', `${pathOf('pods')}?labelSelector=${encodeURIComponent(`part=p${turn % LABELLED}`)}`),
};

export const WORKLOADS: readonly Workload[] = [
  ...Object.entries(LOADS).map(([name, request]): Workload => ({ name, unit: '/s', run: closedLoop(request) })),
  ...Object.entries(LISTS).map(([name, request]): Workload => ({ name, unit: '/s', run: lists(request) })),
  { name: `pods in pages of ${PAGE}`, unit: '/s', run: pages },
  { name: `merge patch, ${RATE} due a second: p99`, unit: 'ms', run: atRate },
  { name: 'watch events to all watchers', unit: '/s', run: watchFanOut },
  { name: 'watch event: p50 from the write on', unit: 'ms', run: watchLatency },
];

function closedLoop(request: Request) {
  return async (contender: Contender, options: WorkloadOptions, clock: Clock) => {
    const { clients, seconds, objects } = options;
    const operation = (caller: HttpCaller, client: number, turn: number) => {
      const own = Math.max(1, Math.floor(objects / clients));
      return succeed(caller, request((client * own + (turn % own)) % objects, turn, options));
    };
    return await drive(operation, { clients, seconds, open: contender.open }, clock);
  };
}

function lists(request: (turn: number) => HttpCall) {
  return async (contender: Contender, { seconds }: WorkloadOptions, clock: Clock) => {
    const operation = (caller: HttpCaller, client: number, turn: number) =>
      succeed(caller, request(client + turn * LIST_CLIENTS));
    return await drive(operation, { clients: LIST_CLIENTS, seconds, open: contender.open }, clock);
  };
}

/** Each client goes through all pages, again and again; a page counts. */
async function pages(contender: Contender, { seconds }: WorkloadOptions, clock: Clock): Promise<LoadResult> {
  const tokens = new Map<number, string>();
  const operation = async (caller: HttpCaller, client: number) => {
    const token = tokens.get(client) ?? '';
    const from = token === '' ? '' : `&continue=${encodeURIComponent(token)}`;
    const body = await succeed(caller, call('GET', `${pathOf('pods')}?limit=${PAGE}${from}`));
    // The token stands near the start: a whole page is not worth taking apart for it.
    tokens.set(client, /"continue":"([^"]*)"/.exec(body.toString('latin1', 0, 2_000))?.[1] ?? '');
  };
  return await drive(operation, { clients: LIST_CLIENTS, seconds, open: contender.open }, clock);
}

async function atRate(contender: Contender, options: WorkloadOptions, clock: Clock): Promise<LoadResult> {
  const operation = (caller: HttpCaller, _client: number, turn: number) =>
    succeed(caller, merge(turn % options.objects, turn, options));
  const rate = { perSecond: RATE, connections: RATE_CONNECTIONS, seconds: options.seconds, open: contender.open };
  return await driveAtRate(operation, rate, clock);
}

/** What every load needs to be there. */
export async function prepare(contender: Contender): Promise<void> {
  const [caller] = contender.open(1);
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } };
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } };
  try {
    await succeed(caller!, call('POST', '/api/v1/namespaces', namespace));
    await succeed(caller!, call('POST', pathOf('serviceaccounts'), account));
  } finally {
    caller!.close();
  }
}
