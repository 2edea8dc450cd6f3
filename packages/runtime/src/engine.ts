import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { cri } from '@keelson/protocol';
import type { Clock, Logger, Random } from '@keelson/service';
import type { AddressPool } from './address-pool.js';
import { RuntimeError } from './errors.js';
import { type EngineEvent, EventHub } from './events.js';
import { writeJsonAtomic } from './files.js';
import { KeyedLock } from './keyed-lock.js';
import { type Leftovers, RecordStore } from './record-store.js';
import {
  type ContainerRecord,
  containerRecord,
  isHostNetwork,
  type SandboxRecord,
  sandboxName,
  sandboxRecord,
} from './records.js';
import type { Workload } from './workload.js';

export interface Container {
  record: ContainerRecord;
  sandbox: SandboxRecord;
  directory: string;
  workload: Workload;
}

export interface EngineOptions {
  rootDir: string;
  /** Sandboxes beyond this are refused. */
  sandboxesMax: number;
}

/** Makes what runs a container; `onEnd` is called when it has ended. */
export type WorkloadFactory = (
  container: { record: ContainerRecord; directory: string },
  sandbox: SandboxRecord,
  onEnd: () => void,
) => Workload;

export interface EngineDependencies {
  clock: Clock;
  random: Random;
  logger: Logger;
  addresses: AddressPool;
  /** What a container runs. Throws RuntimeError for one that cannot be run. */
  commandOf: (config: cri.ContainerConfig, sandbox: SandboxRecord) => string[];
  makeWorkload: WorkloadFactory;
  leftovers: Leftovers;
  /** Nothing is run: whatever resources are asked for can be given. */
  simulated: boolean;
}

const ID_BYTES = 32;

/**
 * The sandboxes and containers of a node, kept on disk first and in memory second. Calls about one sandbox run one
 * after another; reads are served from memory.
 */
export class Engine {
  readonly sandboxes = new Map<string, SandboxRecord>();
  readonly containers = new Map<string, Container>();
  readonly events = new EventHub();
  readonly #locks = new KeyedLock();
  /** Sandboxes whose containers are being stopped: none may begin. */
  readonly #stopping = new Set<string>();
  readonly #store: RecordStore;
  readonly #options: EngineOptions;
  readonly #deps: EngineDependencies;

  constructor(options: EngineOptions, dependencies: EngineDependencies) {
    this.#options = options;
    this.#store = new RecordStore(options.rootDir, dependencies);
    this.#deps = dependencies;
  }

  /** Finds again what ran before this process started. What cannot be read is ended and set aside; the rest goes on. */
  async recover(): Promise<void> {
    this.#store.open();
    const sandboxes = await this.#store.readAll('sandboxes', 'sandbox.json', sandboxRecord);
    for (const record of sandboxes.sort((a, b) => a.createdAt - b.createdAt)) {
      this.sandboxes.set(record.id, record);
      if (record.ready && record.ip !== '') this.#deps.addresses.hold(record.ip);
    }
    for (const record of await this.#store.readAll('containers', 'container.json', containerRecord))
      await this.#readopt(record);
    for (const id of this.#deps.leftovers.list()) {
      if (!this.containers.has(id)) await this.#store.endLeftover(id);
    }
    const running = [...this.containers.values()].filter(({ workload }) => workload.status.state === 'running');
    this.#deps.logger.info(
      { sandboxes: this.sandboxes.size, containers: this.containers.size, running: running.length },
      'recovered',
    );
  }

  async runSandbox(config: cri.PodSandboxConfig, runtimeHandler: string): Promise<string> {
    const name = sandboxName(config);
    return await this.#locks.run(name, async () => {
      for (const other of this.sandboxes.values()) {
        if (sandboxName(other.config) === name) {
          throw new RuntimeError('already-exists', `sandbox name "${name}" is reserved for "${other.id}"`);
        }
      }
      if (this.sandboxes.size >= this.#options.sandboxesMax) {
        throw new RuntimeError('exhausted', `there are ${this.sandboxes.size} sandboxes, which is the limit`);
      }
      const ip = isHostNetwork(config) ? '' : this.#deps.addresses.take();
      const id = this.#newId();
      const record: SandboxRecord = { id, createdAt: this.#deps.clock.now(), config, runtimeHandler, ip, ready: true };
      try {
        if (config.logDirectory !== '') mkdirSync(config.logDirectory, { recursive: true });
        mkdirSync(this.#store.path('sandboxes', id));
        this.#save(record);
      } catch (error) {
        if (ip !== '') this.#deps.addresses.release(ip);
        this.#store.discard(this.#store.path('sandboxes', id));
        throw error;
      }
      this.sandboxes.set(id, record);
      return id;
    });
  }

  /** Ends its containers and gives its address back. Stopping what is gone is no error. */
  async stopSandbox(id: string): Promise<void> {
    const record = this.sandboxes.get(id);
    if (record === undefined) return;
    this.#stopping.add(id);
    await this.#locks
      .run(id, async () => {
        await Promise.all(this.containersOf(id).map(({ workload }) => workload.stop(0)));
        if (!record.ready) return;
        record.ready = false;
        this.#save(record);
        if (record.ip !== '') this.#deps.addresses.release(record.ip);
      })
      .finally(() => this.#stopping.delete(id));
  }

  async removeSandbox(id: string): Promise<void> {
    await this.stopSandbox(id);
    for (const { record } of this.containersOf(id)) await this.removeContainer(record.id);
    await this.#locks.run(id, async () => {
      if (!this.sandboxes.has(id)) return;
      this.#store.discard(this.#store.path('sandboxes', id));
      this.sandboxes.delete(id);
    });
  }

  async createContainer(sandboxId: string, config: cri.ContainerConfig): Promise<string> {
    return await this.#locks.run(sandboxId, async () => {
      const sandbox = this.sandbox(sandboxId);
      if (!sandbox.ready) throw new RuntimeError('failed-precondition', `sandbox ${sandboxId} is not ready`);
      const { name, attempt } = config.metadata ?? { name: '', attempt: 0 };
      for (const { record } of this.containersOf(sandboxId)) {
        if (record.config.metadata?.name === name && (record.config.metadata?.attempt ?? 0) === attempt) {
          throw new RuntimeError(
            'already-exists',
            `container name "${name}_${attempt}" is reserved for "${record.id}"`,
          );
        }
      }
      const argv = this.#deps.commandOf(config, sandbox);
      const record: ContainerRecord = { id: this.#newId(), sandboxId, createdAt: this.#deps.clock.now(), config, argv };
      const directory = this.#store.path('containers', record.id);
      try {
        mkdirSync(directory, { mode: 0o711 });
        mkdirSync(join(directory, 'rootfs'));
        writeJsonAtomic(join(directory, 'container.json'), record);
      } catch (error) {
        this.#store.discard(directory);
        throw error;
      }
      this.#adopt(record, sandbox);
      this.#emit('created', record);
      return record.id;
    });
  }

  async startContainer(id: string): Promise<void> {
    const { record, sandbox, workload } = this.container(id);
    await this.#locks.run(id, async () => {
      if (!sandbox.ready || this.#stopping.has(sandbox.id)) {
        throw new RuntimeError('failed-precondition', `sandbox ${record.sandboxId} is not ready`);
      }
      await workload.start();
      this.#emit('started', record);
    });
  }

  async stopContainer(id: string, graceMs: number): Promise<void> {
    await this.containers.get(id)?.workload.stop(graceMs);
  }

  /** Ends the container if it runs, and leaves neither a process nor a file of it, save its log. */
  async removeContainer(id: string): Promise<void> {
    await this.#locks.run(id, async () => {
      const container = this.containers.get(id);
      if (container === undefined) return;
      await container.workload.stop(0);
      this.#store.discard(container.directory);
      this.containers.delete(id);
      this.#emit('deleted', container.record);
    });
  }

  /** Changes what can be enforced on processes, and refuses the rest by name. */
  async updateResources(id: string, wanted: cri.LinuxContainerResources): Promise<void> {
    const { record, workload, directory } = this.container(id);
    const unable = [
      wanted.cpuQuota > 0 && 'cpu_quota',
      wanted.memoryLimitInBytes > 0 && 'memory_limit_in_bytes',
      wanted.cpusetCpus !== '' && 'cpuset_cpus',
      wanted.cpusetMems !== '' && 'cpuset_mems',
    ].filter((field) => field !== false);
    if (unable.length > 0 && !this.#deps.simulated) {
      throw new RuntimeError('unimplemented', `processes of this host cannot be held to ${unable.join(', ')}`);
    }
    workload.setOomScore(wanted.oomScoreAdj);
    record.resources = wanted;
    writeJsonAtomic(join(directory, 'container.json'), record);
  }

  sandbox(id: string): SandboxRecord {
    const record = this.sandboxes.get(id);
    if (record === undefined) throw new RuntimeError('not-found', `could not find sandbox "${id}"`);
    return record;
  }

  container(id: string): Container {
    const container = this.containers.get(id);
    if (container === undefined) throw new RuntimeError('not-found', `could not find container "${id}"`);
    return container;
  }

  containersOf(sandboxId: string): Container[] {
    return [...this.containers.values()].filter(({ record }) => record.sandboxId === sandboxId);
  }

  #adopt(record: ContainerRecord, sandbox: SandboxRecord): Container {
    const directory = this.#store.path('containers', record.id);
    const workload = this.#deps.makeWorkload({ record, directory }, sandbox, () => this.#emit('stopped', record));
    const container = { record, sandbox, directory, workload };
    this.containers.set(record.id, container);
    return container;
  }

  #emit(type: EngineEvent['type'], record: ContainerRecord): void {
    this.events.emit({ type, containerId: record.id, sandboxId: record.sandboxId, at: this.#deps.clock.now() });
  }

  #save(record: SandboxRecord): void {
    writeJsonAtomic(this.#store.path('sandboxes', record.id, 'sandbox.json'), record);
  }

  async #readopt(record: ContainerRecord): Promise<void> {
    const { logger } = this.#deps;
    const directory = this.#store.path('containers', record.id);
    const sandbox = this.sandboxes.get(record.sandboxId);
    if (sandbox === undefined) {
      logger.warn({ containerId: record.id, sandboxId: record.sandboxId }, 'ending a container without a sandbox');
      await this.#store.endLeftover(record.id);
      this.#store.discard(directory);
      return;
    }
    try {
      await this.#adopt(record, sandbox).workload.recover();
    } catch (error) {
      this.containers.delete(record.id);
      await this.#store.setAside('containers', record.id, error);
    }
  }

  #newId(): string {
    return this.#deps.random.bytes(ID_BYTES).toString('hex');
  }
}

export function imageName(config: cri.ContainerConfig): string {
  return config.image?.userSpecifiedImage || config.image?.image || '';
}
