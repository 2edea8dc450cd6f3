import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FreePorts } from '@keelson/service/sockets';

const MAIN = fileURLToPath(new URL('../src/main.js', import.meta.url));
/** Ports that a cluster takes from its first one on. */
const PORTS = 120;
const freePorts = new FreePorts(process.pid);

/** A real cluster of real processes in a directory of its own, started and stopped as a user would. */
export class ClusterUnderTest {
  readonly dataDir = mkdtempSync(join(tmpdir(), 'keelson-'));
  portBase = 0;

  get kubeconfig(): string {
    return join(this.dataDir, 'kubeconfig');
  }

  async up(...flags: string[]): Promise<string> {
    this.portBase ||= await freePorts.takeRow(PORTS);
    const args = ['up', '--detach', '--port-base', String(this.portBase), '--timeout', '180', ...flags];
    return (await this.keelson(...args)).stdout;
  }

  /** Stops the cluster and removes what it kept. */
  async remove(): Promise<void> {
    await this.keelson('down', '--force');
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  components(): { role: string; name: string; pid: number; log: string }[] {
    return JSON.parse(readFileSync(join(this.dataDir, 'cluster.json'), 'utf8')).components;
  }

  /** Runs `keelson`; fails with its output unless it ends as expected. */
  keelson(...args: string[]): Promise<Output> {
    return run(process.execPath, [MAIN, ...args, '--data-dir', this.dataDir]);
  }

  kubectl(...args: string[]): Promise<Output> {
    return run('kubectl', ['--kubeconfig', this.kubeconfig, ...args]);
  }
}

export interface Output {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export function run(command: string, args: readonly string[], expected = 0): Promise<Output> {
  return new Promise((resolve, reject) => {
    const child: ChildProcess = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout?.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr?.on('data', (chunk) => {
      stderr += chunk;
    });
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === expected) resolve({ code, stdout, stderr });
      else reject(new Error(`${command} ${args.join(' ')} ended with ${code}, not ${expected}:\n${stdout}${stderr}`));
    });
  });
}

/** Waits until a look succeeds; its last failure is the reason when it does not within the time. */
export async function eventually<T>(look: () => Promise<T>, withinMs = 90_000): Promise<T> {
  const end = Date.now() + withinMs;
  for (;;) {
    try {
      return await look();
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}
