import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Connection, cri, type Init, type ServiceClient } from '@keelson/protocol';
import { connect, systemClock } from '@keelson/service';

export const clock = systemClock({ keepAlive: false });
const PROGRAM = fileURLToPath(new URL('../src/main.js', import.meta.url));

/** Waits for a condition, at most as long as a slow machine may need. */
export async function until<T>(
  what: string,
  probe: () => Promise<T | undefined | false> | T | undefined | false,
): Promise<T> {
  const deadline = clock.monotonic() + 30_000;
  for (;;) {
    const value = await probe();
    if (value !== undefined && value !== false) return value;
    assert.ok(clock.monotonic() < deadline, `timed out waiting until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** A real runtime process on a directory of its own. */
export class TestRuntime {
  readonly directory = mkdtempSync(join(tmpdir(), 'keelson-runtime-'));
  readonly podCidr = `127.${10 + (process.pid % 200)}.${Math.floor(Math.random() * 250)}.0/24`;
  #process: ChildProcess | undefined;
  #connection: Connection | undefined;
  #flags: string[];
  errors = '';
  #pods = 0;

  constructor(...flags: string[]) {
    this.#flags = flags;
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  async start(): Promise<void> {
    const address = `unix://${this.directory}/runtime.sock`;
    const flags = ['--listen', address, '--root-dir', join(this.directory, 'root'), '--pod-cidr', this.podCidr];
    const child = spawn(process.execPath, [PROGRAM, ...flags, '--log-level', 'warn', ...this.#flags], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      this.errors += chunk;
    });
    this.#process = child;
    this.#connection = connect(`unix:${this.directory}/runtime.sock`, { clock });
    await until('the runtime serves', async () => {
      assert.equal(child.exitCode, null, `the runtime ended: ${this.errors}`);
      return await this.runtime.version({}).catch(() => undefined);
    });
  }

  get runtime(): ServiceClient<typeof cri.RuntimeServiceService> {
    return this.#connection!.service(cri.RuntimeServiceService);
  }

  get images(): ServiceClient<typeof cri.ImageServiceService> {
    return this.#connection!.service(cri.ImageServiceService);
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#process;
    this.#connection?.close();
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await ended;
  }

  /** Ends everything that it runs, then itself. */
  async cleanUp(): Promise<void> {
    if (this.#process?.exitCode !== null || this.#process.signalCode !== null) await this.start();
    const { items } = await this.runtime.listPodSandbox({});
    for (const { id } of items) await this.runtime.removePodSandbox({ podSandboxId: id });
    await this.kill('SIGTERM');
    rmSync(this.directory, { recursive: true, force: true });
  }

  async sandbox(name = `pod-${this.#pods++}`, more: Init<cri.PodSandboxConfig> = {}): Promise<string> {
    const config = {
      metadata: { name, namespace: 'default', uid: `uid-${name}`, attempt: 0 },
      hostname: name,
      logDirectory: join(this.directory, 'logs', name),
      ...more,
    };
    return (await this.runtime.runPodSandbox({ config })).podSandboxId;
  }

  async create(podSandboxId: string, config: Init<cri.ContainerConfig>): Promise<string> {
    const full = { metadata: { name: 'main', attempt: 0 }, image: { image: 'test' }, logPath: 'main/0.log', ...config };
    return (await this.runtime.createContainer({ podSandboxId, config: full })).containerId;
  }

  async run(podSandboxId: string, config: Init<cri.ContainerConfig>): Promise<string> {
    const containerId = await this.create(podSandboxId, config);
    await this.runtime.startContainer({ containerId });
    return containerId;
  }

  async status(containerId: string): Promise<cri.ContainerStatus> {
    const { status } = await this.runtime.containerStatus({ containerId });
    assert.ok(status);
    return status;
  }

  async pid_of(containerId: string): Promise<number> {
    const { info } = await this.runtime.containerStatus({ containerId, verbose: true });
    return (JSON.parse(info['info'] ?? '{}') as { pid: number }).pid;
  }

  async exited(containerId: string): Promise<cri.ContainerStatus> {
    return await until('the container has exited', async () => {
      const status = await this.status(containerId);
      return status.state === cri.ContainerState.CONTAINER_EXITED && status;
    });
  }

  /** The text of a container's log without times and tags. */
  log(pod: string, file = 'main/0.log'): string[] {
    try {
      const text = readFileSync(join(this.directory, 'logs', pod, file), 'utf8');
      return text
        .split('\n')
        .slice(0, -1)
        .map((line) => line.split(' ').slice(3).join(' '));
    } catch {
      return [];
    }
  }

  shimPid(containerId: string): number {
    const claim = readFileSync(join(this.directory, 'root/containers', containerId, 'claim.json'), 'utf8');
    return (JSON.parse(claim) as { shim: { pid: number } }).shim.pid;
  }

  /** Living processes of a container, as /proc shows them. */
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

export function sh(script: string): { command: string[] } {
  return { command: ['/bin/sh', '-c', script] };
}

export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
