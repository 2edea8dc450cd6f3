import { type ClientHttp2Session, type ClientHttp2Stream, connect, type IncomingHttpHeaders } from 'node:http2';
import { request as httpsRequest } from 'node:https';
import { HTTP_METHODS, type RequestOptions, type Status } from '@keelson/api';
import type { ServerUnderTest } from '../server-under-test.js';
import {
  bytesOf,
  type Call,
  type Caller,
  COMPARED_HEADERS,
  type Door,
  type DoorEvent,
  type DoorWatch,
  type Outcome,
  Refused,
  typeOf,
  USER_AGENT,
  type WatchCall,
} from './door.js';

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io';
const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly accept?: string;
  readonly mediaType?: string | undefined;
  readonly body?: Buffer | undefined;
  readonly as?: Caller | undefined;
}

/** The REST door over HTTP/2. */
export class RestClient implements Door {
  readonly name = 'REST';
  readonly #world: ServerUnderTest;
  readonly #sessions = new Map<string, ClientHttp2Session>();

  constructor(world: ServerUnderTest) {
    this.#world = world;
  }

  ask(call: Call): Promise<Outcome> {
    const { verb, body, patchType = 'application/json', table, as } = call;
    const mayHaveBody = verb !== 'get' && verb !== 'list';
    return this.#send({
      ...{ method: HTTP_METHODS[verb], path: pathOf(call, formOf(call)), as },
      accept: table === undefined ? 'application/json' : TABLE,
      ...(mayHaveBody ? { mediaType: patchType, body: bytesOf(body) } : {}),
    });
  }

  async watch(call: WatchCall): Promise<DoorWatch> {
    const path = pathOf({ ...call, verb: 'list' }, { watch: 'true', ...formOf(call) });
    const accept = call.table === undefined ? 'application/json' : TABLE;
    const stream = this.#open({ method: 'GET', path, accept, as: call.as });
    const head = await headOf(stream);
    if (head[':status'] !== 200) throw new Refused(outcomeOf(head, await textOf(stream)));
    return { warnings: warningsIn(head), events: eventsOf(stream), close: () => stream.destroy() };
  }

  async discover(as?: Caller): Promise<Outcome> {
    const [core, groups] = await Promise.all(
      ['/api', '/apis'].map((path) => this.#send({ method: 'GET', path, accept: AGGREGATED, as })),
    );
    if (core!.refused !== undefined) return core!;
    const items = (outcome: Outcome) => (outcome.object as { items: object[] }).items;
    return { ...groups!, object: [...items(core!), ...items(groups!)] };
  }

  async logs(namespace: string, pod: string, container: string, as?: Caller): Promise<Outcome> {
    const query = container === '' ? '' : `?container=${encodeURIComponent(container)}`;
    return await this.#send({ method: 'GET', path: `/api/v1/namespaces/${namespace}/pods/${pod}/log${query}`, as });
  }

  refusedStream(
    verb: 'exec' | 'attach',
    namespace: string,
    pod: string,
    { cert, token, headers }: Caller = { cert: 'admin' },
  ): Promise<Outcome> {
    const path = `/api/v1/namespaces/${namespace}/pods/${pod}/${verb}?stdout=1&command=true`;
    const upgrade = { connection: 'Upgrade', upgrade: 'SPDY/3.1', 'x-stream-protocol-version': 'v4.channel.k8s.io' };
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const target = { host: '127.0.0.1', port: this.#world.ports.rest, method: 'POST', path, agent: false as const };
    return new Promise((resolve, reject) => {
      const asked = { 'user-agent': USER_AGENT, ...headers, ...upgrade, ...authorization } as Record<string, string>;
      const request = httpsRequest({ ...target, headers: asked, ...this.#identity(cert) }, async (response) => {
        let text = '';
        for await (const chunk of response) text += String(chunk);
        resolve(outcomeOf({ ...response.headers, ':status': response.statusCode } as never, text));
      });
      request.on('upgrade', (_response, socket) => {
        socket.destroy();
        reject(new Error('it was upgraded'));
      });
      request.on('error', reject);
      request.end();
    });
  }

  close(): void {
    for (const session of this.#sessions.values()) session.destroy();
  }

  async #send(sent: Sent): Promise<Outcome> {
    const stream = this.#open(sent);
    const head = await headOf(stream);
    return outcomeOf(head, await textOf(stream));
  }

  #open({
    method,
    path,
    accept = 'application/json',
    mediaType,
    body,
    as = { cert: 'admin' },
  }: Sent): ClientHttp2Stream {
    const stream = this.#session(as).request(
      {
        ...{ ':method': method, ':path': path, accept, 'user-agent': USER_AGENT },
        ...(mediaType === undefined ? {} : { 'content-type': mediaType }),
        ...(as.token === undefined ? {} : { authorization: `Bearer ${as.token}` }),
        ...(as.headers as Record<string, string | string[]>),
      },
      { endStream: body === undefined },
    );
    stream.on('error', () => {});
    if (body !== undefined) stream.end(body);
    return stream;
  }

  #session({ cert = '' }: Caller): ClientHttp2Session {
    const known = this.#sessions.get(cert);
    if (known !== undefined && !known.closed && !known.destroyed) return known;
    // Node keeps bodies that nobody read, and counts them.
    const settings = { maxSessionMemory: 1024, ...this.#identity(cert) };
    const made = connect(`https://127.0.0.1:${this.#world.ports.rest}`, settings);
    made.on('error', () => {});
    this.#sessions.set(cert, made);
    return made;
  }

  #identity(cert = '') {
    const own = cert === '' ? {} : { cert: this.#world.read(`${cert}.crt`), key: this.#world.read(`${cert}.key`) };
    return { ca: this.#world.read('ca.crt'), ...own };
  }
}

function pathOf({ resource, namespace = '', name = '', subresource = '', options = {} }: Call, more = {}): string {
  const { group, version, resource: plural } = typeOf(resource);
  const parts = group === '' ? ['api', version] : ['apis', group, version];
  if (namespace !== '') parts.push('namespaces', namespace);
  parts.push(plural);
  if (name !== '') parts.push(name);
  if (subresource !== '') parts.push(subresource);
  const query = queryOf(options, more).toString();
  return `/${parts.map(encodeURIComponent).join('/')}${query === '' ? '' : `?${query}`}`;
}

function formOf({ table }: Pick<Call, 'table'>): object {
  return table === undefined ? {} : { includeObject: table };
}

function queryOf({ continueToken, dryRun = [], ...options }: RequestOptions, more: object): URLSearchParams {
  const query = new URLSearchParams({ ...more });
  for (const [name, value] of Object.entries({ ...options, continue: continueToken }))
    if (value !== undefined) query.set(name, String(value));
  for (const value of dryRun) query.append('dryRun', value);
  return query;
}

function headOf(stream: ClientHttp2Stream): Promise<IncomingHttpHeaders & { ':status'?: number }> {
  return new Promise((resolve, reject) => {
    stream.once('response', resolve);
    stream.once('close', () => reject(new Error('the stream closed before an answer')));
  });
}

async function textOf(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

async function* eventsOf(stream: AsyncIterable<Buffer>): AsyncGenerator<DoorEvent> {
  let rest = '';
  for await (const chunk of stream) {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const event = JSON.parse(line) as DoorEvent;
      // A watch of what is forgotten is refused in its stream here, where clients look for it.
      if (event.type === 'ERROR') throw new Refused({ refused: event.object as Status, warnings: [], headers: {} });
      yield event;
    }
  }
}

function outcomeOf(head: IncomingHttpHeaders & { ':status'?: number }, text: string): Outcome {
  const status = head[':status'] ?? 0;
  const isJson = String(head['content-type']).includes('json');
  const warnings = warningsIn(head);
  const found = COMPARED_HEADERS.filter((name) => head[name] !== undefined).map((name) => [name, String(head[name])]);
  const headers = Object.fromEntries(found);
  if (status < 400) return { object: isJson ? JSON.parse(text) : text, warnings, headers };
  // A flood is told so in a line of text.
  const told: Status = isJson ? JSON.parse(text) : { code: status, message: text.trimEnd() };
  if (told.code !== status) throw new Error(`the answer's status is ${status}, its Status says ${told.code}`);
  return { refused: told, warnings, headers };
}

function warningsIn(head: IncomingHttpHeaders): string[] {
  const values = [head['warning'] ?? []].flat().join(', ');
  return [...values.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)].map((it) => (it[1] ?? '').replace(/\\(.)/g, '$1'));
}
