import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, type Logger, loadIdentity, type Random, type Timer } from '@keelson/service';
import { adminFiles } from '../pki/certificates.js';
import { ensurePki } from '../pki/cluster-pki.js';
import { ensureEncryption } from '../pki/encryption.js';
import { kubeconfig } from '../pki/kubeconfig.js';
import { type ComponentSpec, certificatePlan, planComponents } from '../plan/components.js';
import type { ClusterOptions, Role } from '../plan/options.js';
import { Child } from './child.js';
import { recordOf, writeCluster } from './cluster-file.js';
import { type DrainProgress, drainNodes, type NodeToDrain, nodesOf } from './drain-nodes.js';
import { removePods, stopPods } from './stop-pods.js';

/** What must end before what: pods' nodes first, the store last. */
const STOP_ORDER: readonly (readonly Role[])[] = [
  ['kubelet'],
  ['runtime', 'scheduler', 'controller-manager', 'metrics-server'],
  ['apiserver'],
  ['store'],
];

/** How long pods may take to end when nobody says otherwise, whatever their grace. */
export const DRAIN_MS = 600_000;
const RECORD_AGAIN_MS = 1_000;

/** Keeps the processes of a cluster running, and cluster.json true. */
export class Supervisor {
  readonly #options: ClusterOptions;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #logger: Logger;
  readonly #children: Child[] = [];
  #recordAgain: Timer | undefined;
  #stopped = false;

  constructor(options: ClusterOptions, dependencies: { clock: Clock; random: Random; logger: Logger }) {
    this.#options = options;
    this.#clock = dependencies.clock;
    this.#random = dependencies.random;
    this.#logger = dependencies.logger;
  }

  /** Makes certificates and the kubeconfig, then starts every process. */
  async start(): Promise<void> {
    const { dataDir } = this.#options;
    const pki = join(dataDir, 'pki');
    const logs = join(dataDir, 'logs');
    mkdirSync(logs, { recursive: true, mode: 0o700 });
    chmodSync(logs, 0o700);
    const dependencies = { clock: this.#clock, random: this.#random };
    const replaced = await ensurePki(pki, certificatePlan(this.#options), dependencies);
    ensureEncryption(pki, dependencies.random);
    if (replaced.length > 0) this.#logger.warn({ certificates: replaced }, 'certificates were made anew');
    const specs = planComponents(this.#options);
    this.#writeKubeconfig(pki, specs);
    for (const spec of specs) {
      mkdirSync(join(dataDir, 'data', spec.name), { recursive: true, mode: 0o700 });
      const dependencies = { clock: this.#clock, logger: this.#logger, onChange: () => this.#record() };
      this.#children.push(new Child(spec, join(logs, `${spec.name}.log`), dependencies));
    }
    for (const child of this.#children) child.start();
  }

  /** Ends pods within their grace as long as `patience` lasts, then every process, pods that are left included. */
  async stop(patience: AbortSignal, onProgress: (progress: DrainProgress) => void): Promise<void> {
    const dependencies = { clock: this.#clock, logger: this.#logger, signal: patience, onProgress };
    await drainNodes(this.#nodes(), { timeoutMs: DRAIN_MS }, dependencies);
    const tools = { clock: this.#clock, logger: this.#logger };
    for (const roles of STOP_ORDER) {
      const children = this.#children.filter((it) => roles.includes(it.spec.role));
      await Promise.all(children.map((it) => this.#stopChild(it, tools)));
    }
    this.#stopped = true;
    this.#record();
  }

  async #stopChild(child: Child, tools: { clock: Clock; logger: Logger }): Promise<void> {
    const { spec } = child;
    const podsEnded = spec.socket === undefined || (child.pid !== 0 && (await stopPods(spec.socket, tools)));
    await child.stop();
    if (!podsEnded) await removePods(spec, tools);
  }

  #nodes(): NodeToDrain[] {
    return nodesOf(() => this.#children.map(({ spec, pid }) => ({ ...spec, pid })));
  }

  /** Whoever tells of a change goes on whatever the disk says: what could not be written is written later. */
  #record(): void {
    this.#recordAgain?.cancel();
    this.#recordAgain = undefined;
    try {
      writeCluster(this.#options.dataDir, {
        version: 1,
        supervisor: { pid: process.pid },
        options: this.#options,
        components: this.#children.map((it) => recordOf(it.spec, it.pid, it.restarts, it.log)),
      });
    } catch (error) {
      this.#logger.error({ err: error }, 'cluster.json cannot be written: trying again');
      if (!this.#stopped) this.#recordAgain = this.#clock.after(RECORD_AGAIN_MS, () => this.#record());
    }
  }

  #writeKubeconfig(pki: string, specs: readonly ComponentSpec[]): void {
    const api = specs.find((it) => it.role === 'apiserver');
    if (api?.restUrl === undefined || api.grpcUrl === undefined) return;
    const { ca, cert, key } = loadIdentity(adminFiles(pki), this.#clock.now());
    const text = kubeconfig({ server: api.restUrl, grpcServer: api.grpcUrl, ca, cert, key });
    writeFileSync(join(this.#options.dataDir, 'kubeconfig'), text, { mode: 0o600 });
  }
}
