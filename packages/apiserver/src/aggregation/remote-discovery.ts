import { apiVersionOf, type discovery } from '@keelson/api';
import type { Clock, Logger } from '@keelson/service';
import type { User } from '../auth/user.js';
import { ACCEPT_DISCOVERY, isAggregated, resourcesIn, resourcesInList } from './discovery-form.js';
import { type NextVisit, Patrol } from './patrol.js';
import type { RemoteApi, RemoteApis } from './remote-apis.js';

export interface RemoteDiscoveryDependencies {
  remotes: RemoteApis;
  clock: Clock;
  logger: Logger;
}

interface Known {
  readonly resources: readonly object[];
  readonly isStale: boolean;
}

const NOTHING: Known = { resources: [], isStale: true };
const OPTIONS = { atOnce: 2, againMs: 60_000, retryMs: 500 };
const ASK_MS = 5_000;
const BYTES_MAX = 8 * 1024 * 1024;
const AGGREGATOR: User = { user: 'system:kube-aggregator', groups: [] };
const SUPERUSER: User = { ...AGGREGATOR, groups: ['system:masters'] };

/** What other servers serve, as they said when they were last asked. */
export class RemoteDiscovery {
  readonly #deps: RemoteDiscoveryDependencies;
  readonly #known = new Map<string, Known>();
  readonly #patrol: Patrol;

  constructor(dependencies: RemoteDiscoveryDependencies) {
    this.#deps = dependencies;
    this.#patrol = new Patrol(OPTIONS, (name) => this.#visit(name), dependencies);
    dependencies.remotes.onChange((name) => this.#patrol.visit(name));
  }

  run(signal: AbortSignal): void {
    this.#patrol.run(signal);
  }

  versions(): discovery.ServedVersion[] {
    return [...this.#deps.remotes.all()].map(({ name, group, version }) => {
      const { resources, isStale } = this.#known.get(name) ?? NOTHING;
      return { group, version, resources: () => resources, isStale };
    });
  }

  async #visit(name: string): Promise<NextVisit> {
    const api = this.#deps.remotes.named(name);
    if (api === undefined) {
      this.#known.delete(name);
      return 'never';
    }
    try {
      this.#known.set(name, { resources: await resourcesOf(api), isStale: false });
      return 'later';
    } catch (error) {
      this.#deps.logger.debug({ err: error, apiService: name }, 'another server did not say what it serves');
      this.#known.set(name, { resources: this.#known.get(name)?.resources ?? [], isStale: true });
      return 'soon';
    }
  }
}

/** Rejects where nothing can be learnt. */
async function resourcesOf({ group, version, server }: RemoteApi): Promise<readonly object[]> {
  if (server.problem !== undefined) throw new Error(server.problem);
  const target = await server.find();
  const limits = { user: AGGREGATOR, timeoutMs: ASK_MS, bytesMax: BYTES_MAX };
  const whole = { ...limits, path: '/apis', user: SUPERUSER, accept: ACCEPT_DISCOVERY };
  const { status, type, body } = await server.ask(target, whole);
  if (status === 503) throw new Error(`it answered with ${status}`);
  if (status === 200 && isAggregated(type)) return resourcesIn(JSON.parse(body.toString()), { group, version });
  const path = `/apis/${apiVersionOf(group, version)}`;
  const list = await server.ask(target, { ...limits, path });
  if (list.status !== 200) throw new Error(`it answered with ${list.status} to ${path}`);
  return resourcesInList(JSON.parse(list.body.toString()));
}
