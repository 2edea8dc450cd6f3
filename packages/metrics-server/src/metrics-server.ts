import { setMaxListeners } from 'node:events';
import type { Node, Pod } from '@keelson/api';
import { type ApiClient, DelegatedAccess, Informer, resources } from '@keelson/client';
import type { Clock, Logger, Random, Registry, TlsIdentity } from '@keelson/service';
import { FrontProxyAccess, TRUST } from './access/front-proxy-access.js';
import { HttpDoor } from './api/http-door.js';
import { MetricsApi } from './api/metrics-api.js';
import { UsageStore } from './points/usage-store.js';
import { API_SERVICE, Registration } from './registration.js';
import { KubeletClient, type KubeletClientOptions } from './scrape/kubelet-client.js';
import { ScrapeMetrics } from './scrape/scrape-metrics.js';
import { Scraper } from './scrape/scraper.js';

export interface MetricsServerOptions {
  readonly host: string;
  readonly port: number;
  readonly tls: TlsIdentity;
  /** Where API servers reach it; port 0 stands for the one that it listens on. Absent: it does not register itself. */
  readonly advertise: { readonly host: string; readonly port: number } | undefined;
  readonly resolutionMs: number;
  readonly atOnce: number;
  readonly kubelets: Omit<KubeletClientOptions, 'tls'>;
}

export interface MetricsServerDependencies {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly registry: Registry;
}

/** Asks kubelets what is used, remembers it for two rounds, and answers for metrics.k8s.io. */
export class MetricsServer {
  readonly #options: MetricsServerOptions;
  readonly #deps: MetricsServerDependencies;
  readonly #stopping = new AbortController();
  readonly #kubelets: KubeletClient;
  readonly #running: Promise<void>[] = [];
  #door: HttpDoor | undefined;

  constructor(options: MetricsServerOptions, dependencies: MetricsServerDependencies) {
    this.#options = options;
    this.#deps = dependencies;
    this.#kubelets = new KubeletClient({ ...options.kubelets, tls: options.tls }, dependencies);
    setMaxListeners(0, this.#stopping.signal);
  }

  /** Resolves to its port when it listens; what it needs of the API server it waits for in the background. */
  async start(): Promise<number> {
    const { client, clock, logger, registry } = this.#deps;
    const { tls, resolutionMs, atOnce, advertise } = this.#options;
    const { signal } = this.#stopping;
    const nodes = new Informer(resources.nodes, { reduce: nodeParts }, this.#deps);
    const pods = new Informer(resources.pods, { reduce: podParts }, this.#deps);
    const one = { fieldSelector: `metadata.name=${TRUST.name}`, namespace: TRUST.namespace };
    const trust = new Informer(resources.configMaps, one, this.#deps);
    const delegated = new DelegatedAccess({ ca: tls.ca, wanted: pathOnly }, { client, clock });
    const access = new FrontProxyAccess({ delegated, clock, logger });
    trust.addHandler({
      onAdd: (it) => access.trust(it),
      onUpdate: (it) => access.trust(it),
      onDelete: () => access.trust(undefined),
    });
    const store = new UsageStore({ resolutionMs }, { now: () => clock.monotonic() });
    const metrics = new ScrapeMetrics(registry, store);
    nodes.addHandler({ onDelete: ({ metadata: { name = '' } }) => metrics.forget(name) });
    const api = new MetricsApi({ nodes, pods, store, clock });
    const informers = [nodes, pods, trust];
    const unready = () => {
      const missing = informers.filter((it) => !it.hasSynced).map(({ resource }) => resource.plural);
      return missing.length === 0 ? undefined : `not heard of yet: ${missing.join(', ')}`;
    };
    const door = new HttpDoor({ ...this.#options }, { api, access, registry, unready, logger });
    this.#door = door;
    const port = await door.listen();
    for (const informer of informers) informer.start(signal);
    const scrape = (node: Node, until: AbortSignal) => this.#kubelets.scrape(node, until);
    const scraper = new Scraper({ atOnce }, { nodes: () => nodes.list(), scrape, store, metrics, clock, logger });
    const registration = advertise && this.#registration({ ...advertise, port: advertise.port || port });
    this.#running.push(this.#run(nodes, pods, scraper, store, registration));
    return port;
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the server stops'));
    await this.#door?.close();
    await Promise.all(this.#running);
    this.#kubelets.close();
  }

  #registration(where: { host: string; port: number }): Registration {
    const registration = new Registration({ ...where, ca: this.#options.tls.ca }, this.#deps);
    const selected = { fieldSelector: `metadata.name=${API_SERVICE}` };
    const apiServices = new Informer(resources.apiServices, selected, this.#deps);
    apiServices.addHandler({
      onAdd: (it) => registration.see(it),
      onUpdate: (it) => registration.see(it),
      onDelete: () => registration.see(undefined),
    });
    const { signal } = this.#stopping;
    apiServices.start(signal);
    this.#running.push(
      apiServices.synced(signal).then(
        () => registration.run(signal),
        () => {},
      ),
    );
    return registration;
  }

  async #run(
    nodes: Informer<Node>,
    pods: Informer<Pod>,
    scraper: Scraper,
    store: UsageStore,
    registration: Registration | undefined,
  ): Promise<void> {
    const { signal } = this.#stopping;
    const { clock } = this.#deps;
    try {
      await Promise.all([nodes.synced(signal), pods.synced(signal)]);
      while (!signal.aborted) {
        const begun = clock.monotonic();
        // What nobody asks for need not be known.
        if (registration?.holder === 'another') store.clear();
        else void scraper.round(signal);
        await clock.sleep(Math.max(0, this.#options.resolutionMs - (clock.monotonic() - begun)), signal);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}

function pathOnly(verb: string, path: string) {
  return { nonResourceAttributes: { verb, path } };
}

/** What is asked of nodes here. */
function nodeParts({ metadata, status = {} }: Node): Node {
  const { managedFields: _fields, ...kept } = metadata;
  const { addresses, daemonEndpoints } = status;
  return { metadata: kept, status: { addresses, daemonEndpoints } };
}

/** What is asked of pods here, of which there are many. */
function podParts({ metadata, spec, status }: Pod): Pod {
  const { name, namespace, uid, resourceVersion, labels } = metadata;
  const kept = { name, namespace, uid, resourceVersion, ...(labels === undefined ? {} : { labels }) };
  return { metadata: kept, spec: { nodeName: spec?.nodeName }, status: { phase: status?.phase } } as Pod;
}
