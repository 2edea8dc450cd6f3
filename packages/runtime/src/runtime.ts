import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { cri } from '@keelson/protocol';
import { type Clock, GrpcServer, type Logger, type Random } from '@keelson/service';
import { AddressPool } from './address-pool.js';
import { ImageCatalogue } from './catalogue.js';
import { imageService } from './cri/image-service.js';
import { runtimeService } from './cri/runtime-service.js';
import { Engine, type EngineDependencies, imageName, type WorkloadFactory } from './engine.js';
import { toStatus } from './errors.js';
import { ImageStore } from './image-store.js';
import { lockRoot } from './instance-lock.js';
import { containerProcesses } from './process/container-files.js';
import { containerSpec, type HostFacts } from './process/container-spec.js';
import { ControlGroups } from './process/control-group.js';
import { ProcessWorkload } from './process/process-workload.js';
import type { Leftovers } from './record-store.js';
import type { SandboxRecord } from './records.js';
import { SimulatedWorkload } from './simulated/simulated-workload.js';
import { type Simulation, simulationOf, type UsualLoad } from './simulated/simulation.js';
import { StreamingServer } from './streaming/streaming-server.js';

export interface RuntimeOptions {
  /** unix:///path or host:port, each served. */
  listen: string[];
  rootDir: string;
  podCidr: string;
  /** Run nothing; containers use this much unless their pod says otherwise. */
  simulate: UsualLoad | undefined;
  imageCatalogue?: string | undefined;
  /** Where containers get control groups: a directory, `auto` or `none`. */
  cgroupRoot: string;
  streamHost: string;
  streamPort: number;
  sandboxesMax: number;
  version: string;
}

const IMAGES_MAX = 10_000;

type HowToRun = Pick<EngineDependencies, 'commandOf' | 'makeWorkload' | 'leftovers' | 'simulated'>;

/** A CRI runtime on its sockets. */
export class Runtime {
  readonly #options: RuntimeOptions;
  readonly #deps: { clock: Clock; random: Random; logger: Logger };
  readonly #servers: GrpcServer[] = [];
  #streaming: StreamingServer | undefined;

  constructor(options: RuntimeOptions, dependencies: { clock: Clock; random: Random; logger: Logger }) {
    this.#options = { ...options, rootDir: resolve(options.rootDir) };
    this.#deps = dependencies;
  }

  async start(): Promise<void> {
    const { rootDir, simulate, version } = this.#options;
    const { clock, logger } = this.#deps;
    const engine = await this.#recover();
    const images = new ImageStore({ directory: join(rootDir, 'images'), imagesMax: IMAGES_MAX });
    images.recover(logger);
    const streaming = new StreamingServer(
      { host: this.#options.streamHost, port: this.#options.streamPort },
      this.#deps,
    );
    this.#streaming = streaming;
    await streaming.listen();
    for (const address of this.#options.listen) {
      const server = new GrpcServer({ address: prepareSocket(address), protoFiles: ['cri/runtime/v1/api.proto'] });
      server.add(cri.RuntimeServiceService, runtimeService({ engine, images, streaming, clock, version }), toStatus);
      server.add(cri.ImageServiceService, imageService(images, rootDir, clock), toStatus);
      await server.listen();
      if (address.startsWith('unix:')) chmodSync(socketPath(address), 0o600);
      server.setServing(true);
      this.#servers.push(server);
      logger.info({ address, simulate: simulate !== undefined }, 'serving CRI');
    }
  }

  /** Ends every container below the root directory and forgets every sandbox; for a runtime that is not started. */
  async removeAll(): Promise<number> {
    const engine = await this.#recover();
    const ids = [...engine.sandboxes.keys()];
    for (const id of ids) await engine.removeSandbox(id);
    return ids.length;
  }

  async #recover(): Promise<Engine> {
    const { rootDir, podCidr, simulate, imageCatalogue, sandboxesMax } = this.#options;
    const { clock, logger } = this.#deps;
    const addresses = new AddressPool(podCidr);
    const path = process.env['PATH'] ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
    const catalogue = ImageCatalogue.fromFile(imageCatalogue, path);
    lockRoot(rootDir, logger);
    const how = simulate === undefined ? this.#asProcesses(catalogue, path) : simulated(simulate, clock);
    const engine = new Engine({ rootDir, sandboxesMax }, { ...this.#deps, addresses, ...how });
    await engine.recover();
    return engine;
  }

  #asProcesses(catalogue: ImageCatalogue, path: string): HowToRun {
    const { rootDir, cgroupRoot } = this.#options;
    const { clock, logger } = this.#deps;
    const controlGroups = ControlGroups.find(cgroupRoot, rootDir);
    return {
      simulated: false,
      commandOf: (config) => catalogue.resolve(imageName(config), config.command, config.args),
      makeWorkload: asProcess({ clock, logger }, hostFacts(path, controlGroups)),
      leftovers: processLeftovers(clock, controlGroups),
    };
  }

  /** Containers run on: their shims do not need this process. */
  async stop(): Promise<void> {
    this.#streaming?.close();
    await Promise.all(this.#servers.map((server) => server.close((ms) => this.#deps.clock.sleep(ms), 500)));
  }
}

function asProcess(dependencies: { clock: Clock; logger: Logger }, host: HostFacts): WorkloadFactory {
  return (container, sandbox, onEnd) =>
    new ProcessWorkload(
      {
        id: container.record.id,
        directory: container.directory,
        controlGroups: host.controlGroups,
        stopSignal: stopSignal(container.record.config.stopSignal),
        spec: () => containerSpec(container, sandbox, host),
      },
      { ...dependencies, onEnd },
    );
}

/** How long it may take to end what is left of a container nobody knows. */
const LEFTOVER_MS = 30_000;

function processLeftovers(clock: Clock, controlGroups: ControlGroups | undefined): Leftovers {
  return {
    list: () => controlGroups?.list() ?? [],
    end: (id, directory) => containerProcesses(id, directory, controlGroups).end(clock, LEFTOVER_MS),
  };
}

function simulated(usual: UsualLoad, clock: Clock): HowToRun {
  const simulation = (config: cri.ContainerConfig, sandbox: SandboxRecord): Simulation =>
    simulationOf(sandbox.config.annotations, config.metadata?.name ?? '', usual);
  return {
    simulated: true,
    commandOf: (config, sandbox) => {
      simulation(config, sandbox);
      return [...config.command, ...config.args];
    },
    makeWorkload: ({ record, directory }, sandbox, onEnd) =>
      new SimulatedWorkload({ directory, simulation: simulation(record.config, sandbox) }, { clock, onEnd }),
    leftovers: { list: () => [], end: async () => {} },
  };
}

/** CRI's enumeration names signals; those that this system lacks fall back to the default. */
function stopSignal(wanted: cri.Signal | undefined): NodeJS.Signals {
  const name = Object.entries(cri.Signal).find(([, value]) => value === wanted)?.[0];
  return name !== undefined && name in constants.signals ? (name as NodeJS.Signals) : 'SIGTERM';
}

function hostFacts(path: string, controlGroups: ControlGroups | undefined): HostFacts {
  const probe = spawnSync('unshare', ['--mount', '--propagation', 'private', '--uts', 'true'], { stdio: 'ignore' });
  return { canMount: probe.status === 0, path, controlGroups };
}

function socketPath(address: string): string {
  return address.replace(/^unix:(\/\/)?/, '');
}

/** What the system allows. */
const SOCKET_PATH_BYTES_MAX = 107;

/** A socket file that a killed runtime left behind would be in the way; the root's lock says that it is nobody's. */
function prepareSocket(address: string): string {
  if (!address.startsWith('unix:')) return address;
  const path = resolve(socketPath(address));
  if (Buffer.byteLength(path) > SOCKET_PATH_BYTES_MAX) {
    throw new Error(`the socket path ${path} is longer than ${SOCKET_PATH_BYTES_MAX} bytes: choose a shorter one`);
  }
  mkdirSync(dirname(path), { recursive: true });
  rmSync(path, { force: true });
  return `unix:${path}`;
}
