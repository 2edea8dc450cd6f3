import { allKinds } from '@keelson/api';
import { seededRandom } from '@keelson/service';
import type { StoreClient } from '@keelson/store-client';
import type { ServerUnderTest } from '../server-under-test.js';
import { objectOf } from './bodies.js';
import { grpcProblemOf, problemOf } from './checks.js';
import { Clients, type Outcome } from './clients.js';
import { grpcRequest } from './grpc-requests.js';
import { Chooser } from './hostile.js';
import { KubeletStandIn, STREAM_NODE } from './kubelet-stand-in.js';
import { FUZZED, type RestRequest, restRequest } from './rest-requests.js';
import { stream, streamProblemOf } from './stream-client.js';
import { streamRequest } from './stream-requests.js';
import { wireRequest } from './wire-requests.js';

/** Something that must not happen did. */
export interface Finding {
  readonly seed: number;
  readonly request: number;
  readonly what: string;
  readonly problem: string;
}

const REQUESTS = 30;
const SETTLE_MS = 100;
const LOOKS_MAX = 700;

/** Sends what no client should, to both doors, and looks whether the server stays what it is. */
export class Fuzzer {
  readonly #world: ServerUnderTest;
  #clients: Clients;
  readonly #store: StoreClient;
  readonly #kubelet: KubeletStandIn;
  /** Connections on which HTTP/2 was broken: the server learns only after a minute that their clients are gone. */
  broken = 0;
  /** How often each status was answered. */
  readonly statuses = new Map<string, number>();

  constructor(world: ServerUnderTest) {
    this.#world = world;
    this.#clients = new Clients(world);
    this.#store = world.store();
    this.#kubelet = new KubeletStandIn(world);
  }

  async close(): Promise<void> {
    this.#clients.close();
    await this.#store.close();
    await this.#kubelet.close();
  }

  /** What is found with one seed. */
  async run(seed: number): Promise<Finding[]> {
    const choose = new Chooser(seededRandom(seed));
    const namespace = `fuzz-${seed}`;
    await this.#populate(namespace, choose);
    const findings: Finding[] = [];
    for (let request = 1; request <= REQUESTS; request++) {
      const { what, problem } = await this.#one(namespace, choose);
      if (problem !== undefined) findings.push({ seed, request, what, problem });
      if (!this.#world.isRunning) return [...findings, { seed, request, what, problem: 'the server has ended' }];
    }
    const canary = await this.#clients.rest({ method: 'GET', path: '/livez', headers: {} });
    if (canary.status !== 200)
      findings.push({ seed, request: REQUESTS, what: '/livez', problem: String(canary.status) });
    return findings;
  }

  async #one(namespace: string, choose: Chooser): Promise<{ what: string; problem: string | undefined }> {
    const door = choose.upTo(99);
    if (door < 8) {
      const request = wireRequest(choose);
      const isRest = choose.chance(0.7);
      const port = isRest ? this.#world.ports.rest : this.#world.ports.grpc;
      if (request.protocol === 'h2') this.broken += 1;
      const outcome = await this.#clients.wire(request, port);
      this.#count(`wire ${outcome.status ?? 'closed'}`);
      return {
        what: `${request.what} to the ${isRest ? 'REST' : 'gRPC'} door`,
        problem: isRest ? problemOf(outcome) : undefined,
      };
    }
    if (door < 14) {
      const request = streamRequest(`/api/v1/namespaces/${namespace}/pods/streamed`, choose);
      const outcome = await stream(request, this.#world.ports.rest, this.#clients.identity);
      this.#count(`stream ${outcome.code ?? (outcome.isClosed ? 'closed' : 'open')}`);
      return { what: request.what, problem: streamProblemOf(request, outcome) };
    }
    if (door < 31) {
      const request = grpcRequest(namespace, choose);
      const outcome = await this.#clients.grpc(request);
      this.#count(`gRPC ${outcome.status}`);
      return { what: `gRPC ${request.call} ${shown(request.message)}`, problem: grpcProblemOf(outcome) };
    }
    const request = restRequest(namespace, choose);
    const overHttp2 = door < 38;
    const before = await this.#revision();
    const outcome = await (overHttp2 ? this.#clients.http2(request) : this.#clients.rest(request));
    this.#count(`REST ${outcome.status ?? 'closed'}`);
    const problem = problemOf(outcome, request.method !== 'HEAD') ?? (await this.#changed(request, outcome, before));
    return { what: `${overHttp2 ? 'HTTP/2 ' : ''}${text(request)}`, problem };
  }

  #count(what: string): void {
    this.statuses.set(what, (this.statuses.get(what) ?? 0) + 1);
  }

  async #revision(): Promise<number> {
    const { header } = await this.#store.kv.range({ key: Buffer.from('x') });
    return header?.revision ?? 0;
  }

  /** What was refused has changed nothing of its kind; what the server writes of itself may come between. */
  async #changed({ method, path }: RestRequest, { status = 0 }: Outcome, before: number): Promise<string | undefined> {
    if (status < 400 || method === 'GET' || (await this.#revision()) === before) return undefined;
    const plural = allKinds.find((it) => path.includes(`/${it.plural}`))?.plural;
    if (plural === undefined || method === 'DELETE') return undefined;
    const [key, rangeEnd] = [Buffer.from('/registry/'), Buffer.from('/registry0')];
    const { kvs } = await this.#store.kv.range({ key, rangeEnd, minModRevision: before + 1, keysOnly: true });
    const keys = kvs.map((it) => it.key.toString()).filter((it) => it.includes(`/${plural}/`));
    return keys.length === 0 ? undefined : `refused with ${status}, but ${keys.join()} was written`;
  }

  /** Something that patches and updates find. */
  async #populate(namespace: string, choose: Chooser): Promise<void> {
    const post = (path: string, object: object) =>
      this.#clients.rest({
        ...{ method: 'POST', path, headers: {} },
        body: { mediaType: 'application/json', bytes: Buffer.from(JSON.stringify(object)) },
      });
    await post('/api/v1/namespaces', { metadata: { name: namespace } });
    await post(`/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata: { name: 'default' } });
    await this.#populateNode(post);
    const containers = [{ name: 'c', image: 'i' }];
    const streamed = { metadata: { name: 'streamed' }, spec: { nodeName: STREAM_NODE, containers } };
    await post(`/api/v1/namespaces/${namespace}/pods`, streamed);
    const metadata = { name: 'a', labels: { a: 'b' } };
    const spec = { containers: [{ name: 'c', image: 'i' }] };
    const template = { metadata: { labels: { a: 'b' } }, spec };
    await post(`/api/v1/namespaces/${namespace}/configmaps`, { metadata, data: { a: 'b' } });
    await post(`/api/v1/namespaces/${namespace}/pods`, { metadata, spec });
    await post(`/api/v1/namespaces/${namespace}/services`, { metadata, spec: { ports: [{ port: 80 }] } });
    await post(`/apis/apps/v1/namespaces/${namespace}/deployments`, {
      ...{ metadata, spec: { selector: { matchLabels: { a: 'b' } }, template } },
    });
    for (const kind of choose.many(3, () => choose.of(FUZZED))) {
      const root = kind.group === '' ? '/api/v1' : `/apis/${kind.group}/${kind.version}`;
      const scope = kind.scope === 'Namespaced' ? `/namespaces/${namespace}` : '';
      await post(`${root}${scope}/${kind.plural}`, objectOf(kind, namespace, 'a', choose));
    }
  }

  /** The node whose kubelet answers; no seed can take it away. */
  async #populateNode(post: (path: string, object: object) => Promise<Outcome>): Promise<void> {
    if (this.#kubelet.port === 0) await this.#kubelet.listen();
    const addresses = [{ type: 'InternalIP', address: '127.0.0.1' }];
    const status = { addresses, daemonEndpoints: { kubeletEndpoint: { Port: this.#kubelet.port } } };
    await post('/api/v1/nodes', { metadata: { name: STREAM_NODE }, status });
  }

  /** What the server says of itself while nobody else is there; `isSettled` says whether to look again in a moment. */
  async gauges(isSettled: (now: Gauges) => boolean = () => true): Promise<Gauges> {
    this.#clients.close();
    this.#clients = new Clients(this.#world);
    let now = await this.#gauges();
    for (let looks = 0; looks < LOOKS_MAX && !isSettled(now); looks++) {
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
      now = await this.#gauges();
    }
    return now;
  }

  async #gauges(): Promise<Gauges> {
    const { body } = await this.#clients.rest({ method: 'GET', path: '/metrics', headers: {} });
    const value = (name: string) =>
      Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(body.toString())?.[1] ?? Number.NaN);
    return {
      handles: value('nodejs_active_handles_total'),
      files: value('process_open_fds'),
      heap: value('nodejs_heap_size_used_bytes'),
      turn: value('nodejs_eventloop_lag_max_seconds'),
    };
  }
}

/** Handles and files that are open, bytes of the heap, and the longest that a turn of the event loop was late. */
export type Gauges = Readonly<Record<'handles' | 'files' | 'heap' | 'turn', number>>;

function text({ method, path, headers, body }: RestRequest): string {
  const sent =
    body === undefined ? '' : ` ${body.mediaType} ${JSON.stringify(body.bytes.toString('latin1').slice(0, 600))}`;
  return `${method} ${path.slice(0, 300)} ${JSON.stringify(headers).slice(0, 300)}${sent}`;
}

function shown(message: object): string {
  const bytes = (_key: string, value: unknown) =>
    (value as { type?: string } | null)?.type === 'Buffer'
      ? Buffer.from((value as unknown as { data: number[] }).data)
          .toString('latin1')
          .slice(0, 600)
      : value;
  return JSON.stringify(message, bytes).slice(0, 2_000);
}
