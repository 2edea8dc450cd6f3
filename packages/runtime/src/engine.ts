import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { cri } from '@keelson/protocol';
import type { Clock, Logger, Random } from '@keelson/service';
import type { AddressPool } from './address-pool.js';
import type { ImageCatalogue } from './catalogue.js';
import { RuntimeError } from './errors.js';
import { type EngineEvent, EventHub } from './events.js';
import { readJson, writeJsonAtomic } from './files.js';
import { KeyedLock } from './keyed-lock.js';
import { type ContainerRecord, isHostNetwork, type SandboxRecord, sandboxName } from './records.js';
import type { Workload } from './workload.js';

export interface Container {
  record: ContainerRecord;
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
  catalogue: ImageCatalogue;
  makeWorkload: WorkloadFactory;
  /** A simulated runtime accepts containers without a command. */
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
  readonly #options: EngineOptions;
  readonly #deps: EngineDependencies;

  constructor(options: EngineOptions, dependencies: EngineDependencies) {
    this.#options = options;
    this.#deps = dependencies;
  }

  /** Finds again what ran before this process started. */
  async recover(): Promise<void> {
    for (const folder of ['sandboxes', 'containers', 'trash']) mkdirSync(this.#path(folder), { recursive: true });
    rmSync(this.#path('trash'), { recursive: true, force: true });
    mkdirSync(this.#path('trash'));
    const sandboxes = this.#readAll<SandboxRecord>('sandboxes', 'sandbox.json');
    for (const record of sandboxes.sort((a, b) => a.createdAt - b.createdAt)) {
      this.sandboxes.set(record.id, record);
      if (record.ready && record.ip !== '') this.#deps.addresses.hold(record.ip);
    }
    for (const record of this.#readAll<ContainerRecord>('containers', 'container.json')) {
      const sandbox = this.sandboxes.get(record.sandboxId);
      if (sandbox === undefined) this.#discard(this.#path('containers', record.id));
      else await this.#adopt(record, sandbox).workload.recover();
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
        mkdirSync(this.#path('sandboxes', id));
        this.#save(record);
      } catch (error) {
        if (ip !== '') this.#deps.addresses.release(ip);
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
    await this.#locks.run(id, async () => {
      await Promise.all(this.containersOf(id).map(({ workload }) => workload.stop(0)));
      if (!record.ready) return;
      record.ready = false;
      this.#save(record);
      if (record.ip !== '') this.#deps.addresses.release(record.ip);
    });
  }

  async removeSandbox(id: string): Promise<void> {
    await this.stopSandbox(id);
    for (const { record } of this.containersOf(id)) await this.removeContainer(record.id);
    await this.#locks.run(id, async () => {
      if (this.sandboxes.delete(id)) this.#discard(this.#path('sandboxes', id));
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
      const argv = this.#deps.simulated
        ? [...config.command, ...config.args]
        : this.#deps.catalogue.resolve(imageName(config), config.command, config.args);
      const record: ContainerRecord = { id: this.#newId(), sandboxId, createdAt: this.#deps.clock.now(), config, argv };
      mkdirSync(this.#path('containers', record.id, 'rootfs'), { recursive: true });
      writeJsonAtomic(this.#path('containers', record.id, 'container.json'), record);
      this.#adopt(record, sandbox);
      this.#emit('created', record);
      return record.id;
    });
  }

  async startContainer(id: string): Promise<void> {
    const { record, workload } = this.container(id);
    await this.#locks.run(id, async () => {
      if (!this.sandbox(record.sandboxId).ready) {
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
      this.containers.delete(id);
      this.#discard(container.directory);
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
    const directory = this.#path('containers', record.id);
    const workload = this.#deps.makeWorkload({ record, directory }, sandbox, () => this.#emit('stopped', record));
    const container = { record, directory, workload };
    this.containers.set(record.id, container);
    return container;
  }

  #emit(type: EngineEvent['type'], record: ContainerRecord): void {
    this.events.emit({ type, containerId: record.id, sandboxId: record.sandboxId, at: this.#deps.clock.now() });
  }

  #save(record: SandboxRecord): void {
    writeJsonAtomic(this.#path('sandboxes', record.id, 'sandbox.json'), record);
  }

  /** A folder without its record was being made when the runtime died. */
  #readAll<T>(folder: string, file: string): T[] {
    return readdirSync(this.#path(folder)).flatMap((id) => {
      const record = readJson<T>(this.#path(folder, id, file));
      if (record === undefined) this.#discard(this.#path(folder, id));
      return record === undefined ? [] : [record];
    });
  }

  /** The rename makes the removal atomic; what a crash leaves in the trash goes at the next start. */
  #discard(directory: string): void {
    const trash = this.#path('trash', this.#newId());
    renameSync(directory, trash);
    rmSync(trash, { recursive: true, force: true });
  }

  #path(...parts: string[]): string {
    return join(this.#options.rootDir, ...parts);
  }

  #newId(): string {
    return this.#deps.random.bytes(ID_BYTES).toString('hex');
  }
}

export function imageName(config: cri.ContainerConfig): string {
  return config.image?.userSpecifiedImage || config.image?.image || '';
}
