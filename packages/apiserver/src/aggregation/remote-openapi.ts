import { isRecord, openapi } from '@keelson/api';
import type { Clock, Logger } from '@keelson/service';
import type { User } from '../auth/user.js';
import { inTurns, type TurnLine } from '../breather.js';
import type { ProxyTarget } from '../proxy/proxy-target.js';
import { type NextVisit, Patrol } from './patrol.js';
import type { RemoteApi, RemoteApis } from './remote-apis.js';

export interface RemoteOpenApiDependencies {
  remotes: RemoteApis;
  turns: TurnLine;
  clock: Clock;
  logger: Logger;
}

interface Known {
  /** Where its document in version 3 is. */
  readonly v3: string | undefined;
  readonly v2: openapi.ForeignV2 | undefined;
  readonly etag: string;
}

const OPTIONS = { atOnce: 2, againMs: 60_000, retryMs: 1_000 };
const ASK_MS = 60_000;
const INDEX_BYTES_MAX = 2 * 1024 * 1024;
const V2_BYTES_MAX = 8 * 1024 * 1024;
const USER: User = { user: 'system:aggregator', groups: [] };
const NOTHING: Known = { v3: undefined, v2: undefined, etag: '' };

/** OpenAPI documents of other servers, as they were when last asked for. */
export class RemoteOpenApi implements openapi.ForeignDocuments {
  readonly #deps: RemoteOpenApiDependencies;
  readonly #known = new Map<string, Known>();
  readonly #patrol: Patrol;
  generation = 0;

  constructor(dependencies: RemoteOpenApiDependencies) {
    this.#deps = dependencies;
    this.#patrol = new Patrol(OPTIONS, (name) => this.#visit(name), dependencies);
    dependencies.remotes.onChange((name) => {
      this.generation += 1;
      this.#patrol.visit(name);
    });
  }

  run(signal: AbortSignal): void {
    this.#patrol.run(signal);
  }

  v2(): openapi.ForeignV2[] {
    return this.#current().flatMap(({ v2 }) => v2 ?? []);
  }

  v3(): ReadonlyMap<string, string | undefined> {
    return new Map(this.#current().map(({ path, v3 }) => [path, v3]));
  }

  #current(): (Known & { readonly path: string })[] {
    const apis = [...this.#deps.remotes.all()].sort(byPriority);
    return apis.map((api) => ({ path: pathOf(api), ...(this.#known.get(api.name) ?? NOTHING) }));
  }

  async #visit(name: string): Promise<NextVisit> {
    const api = this.#deps.remotes.named(name);
    if (api === undefined) {
      this.#known.delete(name);
      return 'never';
    }
    const before = this.#known.get(name) ?? NOTHING;
    try {
      if (api.server.problem !== undefined) throw new Error(api.server.problem);
      const target = await api.server.find();
      const v3 = await placeOf(api, target);
      const next = { v3, ...(await this.#older(api, target, before)) };
      this.#known.set(name, next);
      if (next.v3 !== before.v3 || next.v2 !== before.v2) this.generation += 1;
      return 'later';
    } catch (error) {
      this.#deps.logger.debug({ err: error, apiService: name }, 'another server’s OpenAPI documents could not be read');
      return 'soon';
    }
  }

  async #older(api: RemoteApi, target: ProxyTarget, before: Known): Promise<Pick<Known, 'v2' | 'etag'>> {
    const question = { path: '/openapi/v2', user: USER, timeoutMs: ASK_MS, bytesMax: V2_BYTES_MAX };
    const { status, body, etag } = await api.server.ask(target, { ...question, etag: before.etag });
    if (status === 304) return { v2: before.v2, etag: before.etag };
    if (status === 404) return { v2: undefined, etag: '' };
    if (status !== 200) throw new Error(`it answered with ${status} to ${question.path}`);
    const taken = openapi.foreignV2(JSON.parse(body.toString()), `/${pathOf(api)}/`);
    return { v2: await inTurns(taken, this.#deps.turns.work(1)), etag };
  }
}

function pathOf({ group, version }: RemoteApi): string {
  return `apis/${group}/${version}`;
}

function byPriority({ spec: a, name }: RemoteApi, { spec: b, name: other }: RemoteApi): number {
  return (b.groupPriorityMinimum ?? 0) - (a.groupPriorityMinimum ?? 0) || (name < other ? -1 : 1);
}

/** Undefined: it has no such documents. Only its own is asked for, and where that is is not its to say. */
async function placeOf(api: RemoteApi, target: ProxyTarget): Promise<string | undefined> {
  const question = { path: '/openapi/v3', user: USER, timeoutMs: ASK_MS, bytesMax: INDEX_BYTES_MAX };
  const { status, body } = await api.server.ask(target, question);
  if (status === 404) return undefined;
  if (status !== 200) throw new Error(`it answered with ${status} to ${question.path}`);
  const index: unknown = JSON.parse(body.toString());
  const paths = isRecord(index) ? index['paths'] : undefined;
  if (!isRecord(paths)) throw new Error('it is no index of documents');
  const own = Object.hasOwn(paths, pathOf(api)) ? paths[pathOf(api)] : undefined;
  const url = isRecord(own) ? own['serverRelativeURL'] : undefined;
  if (typeof url !== 'string') return undefined;
  const hash = /[?&]hash=([\w%.+/=-]+)/.exec(url)?.[1];
  return `/openapi/v3/${pathOf(api)}${hash === undefined ? '' : `?hash=${hash}`}`;
}
