import type { cri, Init } from '@keelson/protocol';
import type { Clock } from '@keelson/service';
import { RuntimeError } from '../errors.js';
import type { Workload } from '../workload.js';

/** CRI's cap for each stream; what is over is dropped and the command goes on. */
const OUTPUT_BYTES_MAX = 16 * 1024 * 1024;

/** Runs a command to its end. `timeoutSeconds` 0 waits for ever; past it the command is killed. */
export async function execSync(
  workload: Workload,
  command: string[],
  timeoutSeconds: number,
  clock: Clock,
): Promise<Init<cri.ExecSyncResponse>> {
  const session = await workload.exec({ command, tty: false, stdin: false });
  const output = { stdout: new Capped(), stderr: new Capped() };
  session.onOutput((stream, chunk) => output[stream].add(chunk));
  return await new Promise((resolve, reject) => {
    const limit =
      timeoutSeconds > 0
        ? clock.after(timeoutSeconds * 1000, () => {
            session.abandon();
            reject(
              new RuntimeError('timeout', `command ${JSON.stringify(command)} timed out after ${timeoutSeconds}s`),
            );
          })
        : undefined;
    session.onEnd((exitCode) => {
      limit?.cancel();
      resolve({ stdout: output.stdout.bytes(), stderr: output.stderr.bytes(), exitCode: exitCode ?? 0 });
    });
  });
}

class Capped {
  readonly #chunks: Buffer[] = [];
  #length = 0;

  add(chunk: Buffer): void {
    const room = OUTPUT_BYTES_MAX - this.#length;
    if (room <= 0) return;
    this.#chunks.push(chunk.subarray(0, room));
    this.#length += Math.min(room, chunk.length);
  }

  bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }
}
