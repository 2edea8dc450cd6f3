import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Container, Pod, PodSpec } from '@keelson/api';
import type { Connection, cri } from '@keelson/protocol';
import { connect, systemClock } from '@keelson/service';
import { criClient } from '../src/cri/cri-client.js';
import type { Kubelet } from '../src/kubelet.js';
import { FakeApi } from './fake-api.js';
import { newKubelet } from './new-kubelet.js';

export const clock = systemClock({ keepAlive: false });
const RUNTIME = fileURLToPath(new URL('../../../runtime/dist/src/main.js', import.meta.url));

export async function until<T>(
  what: string,
  probe: () => Promise<T | undefined | false> | T | undefined | false,
): Promise<T> {
  const deadline = clock.monotonic() + 40_000;
  for (;;) {
    const value = await probe();
    if (value !== undefined && value !== false) return value;
    assert.ok(clock.monotonic() < deadline, `timed out waiting until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export function sh(script: string): Pick<Container, 'command'> {
  return { command: ['/bin/sh', '-c', script] };
}

export function pod(name: string, container: Partial<Container>, spec: Partial<PodSpec> = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', generation: 1 },
    spec: {
      nodeName: 'node-1',
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 5,
      ...spec,
      containers: spec.containers ?? [{ name: 'main', image: 'test', imagePullPolicy: 'IfNotPresent', ...container }],
    },
    status: { phase: 'Pending', qosClass: 'BestEffort' },
  };
}

/** A kubelet in this process, a real runtime process, and an API server in memory. */
export class NodeUnderTest {
  readonly directory = mkdtempSync(join(tmpdir(), 'keelson-kubelet-'));
  readonly api = new FakeApi();
  readonly #simulate: boolean;
  kubelet: Kubelet | undefined;
  #runtime: ChildProcess | undefined;
  #connection: Connection | undefined;

  constructor(options: { simulate?: boolean } = {}) {
    this.#simulate = options.simulate ?? false;
  }

  async start(): Promise<void> {
    await this.startRuntime();
    await this.startKubelet();
  }

  async startRuntime(): Promise<void> {
    const flags = [
      ...['--listen', `unix://${this.directory}/runtime.sock`, '--root-dir', join(this.directory, 'runtime')],
      ...[
        '--pod-cidr',
        `127.${20 + (process.pid % 200)}.${Math.floor(Math.random() * 250)}.0/24`,
        '--log-level',
        'warn',
      ],
    ];
    if (this.#simulate) flags.push('--simulate');
    this.#runtime = spawn(process.execPath, [RUNTIME, ...flags], { stdio: ['ignore', 'ignore', 'inherit'] });
    this.#connection ??= connect(`unix:${this.directory}/runtime.sock`, { clock });
    await until('the runtime serves', async () => await this.cri.runtime.version({}).catch(() => undefined));
  }

  get cri() {
    assert.ok(this.#connection);
    return criClient(this.#connection);
  }

  async startKubelet(): Promise<void> {
    const { directory, api, cri } = this;
    const often = { labels: { zone: 'a' }, nodeStatusUpdateMs: 200, leaseDurationSeconds: 4, simulate: this.#simulate };
    this.kubelet = newKubelet({ directory, api, cri, clock }, often);
    await this.kubelet.start();
  }

  async killRuntime(): Promise<void> {
    const child = this.#runtime;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }

  async cleanUp(): Promise<void> {
    await this.kubelet?.stop();
    const { items } = await this.cri.runtime.listPodSandbox({});
    for (const { id } of items) await this.cri.runtime.removePodSandbox({ podSandboxId: id });
    await this.killRuntime();
    this.#connection?.close();
    rmSync(this.directory, { recursive: true, force: true });
  }

  run(object: Pod): Pod {
    return this.api.seed('pods', object);
  }

  pod(name: string): Pod {
    const found = this.api.find<Pod>('pods', name);
    assert.ok(found, `pod ${name} is there`);
    return found;
  }

  condition(name: string, type: string): string | undefined {
    return this.pod(name).status?.conditions?.find((it) => it.type === type)?.status;
  }

  async ready(name: string): Promise<Pod> {
    return await until(`${name} is ready`, () => this.condition(name, 'Ready') === 'True' && this.pod(name));
  }

  async phase(name: string, phase: string): Promise<Pod> {
    return await until(`${name} is ${phase}`, () => this.pod(name).status?.phase === phase && this.pod(name));
  }

  log(name: string, container = 'main', attempt = 0): string {
    const { uid } = this.pod(name).metadata;
    try {
      const path = join(this.directory, 'kubelet/logs', `default_${name}_${uid}`, container, `${attempt}.log`);
      const lines = readFileSync(path, 'utf8').split('\n');
      return lines.map((line) => line.split(' ').slice(3).join(' ')).join('\n');
    } catch {
      return '';
    }
  }

  /** Reasons of the events about a pod. */
  events(name: string): string[] {
    return this.#eventsOf(name).map((event) => event.reason);
  }

  messages(name: string): string[] {
    return this.#eventsOf(name).map((event) => event.message);
  }

  #eventsOf(name: string) {
    return this.api
      .all<{ metadata: object; involvedObject: { name: string }; reason: string; message: string }>('events' as never)
      .filter((event) => event.involvedObject.name === name);
  }

  async containers(name: string, state?: cri.ContainerState): Promise<cri.Container[]> {
    const { containers } = await this.cri.runtime.listContainers({
      filter: { labelSelector: { 'io.kubernetes.pod.name': name } },
    });
    return containers.filter((it) => state === undefined || it.state === state);
  }

  processesOf(containerId: string): number[] {
    return readdirSync('/proc')
      .filter((pid) => {
        try {
          if (!/^\d+$/.test(pid) || /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))) return false;
          return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`KEELSON_CONTAINER_ID=${containerId}`);
        } catch {
          return false;
        }
      })
      .map(Number);
  }
}
