import { spawn } from 'node:child_process';
import { cri } from '@keelson/protocol';
import { type Clock, connect, type Logger } from '@keelson/service';
import type { ComponentSpec } from '../plan/components.js';

const CALL_MS = 30_000;

/**
 * Kills every pod of a runtime that is left. Pods outlive their kubelet and runtime by design, so a cluster that is taken
 * down has to end them itself. False if the runtime does not answer.
 */
export async function stopPods(socket: string, dependencies: { clock: Clock; logger: Logger }): Promise<boolean> {
  const connection = connect(socket, dependencies);
  const runtime = connection.service(cri.RuntimeServiceService);
  try {
    const { items } = await runtime.listPodSandbox({}, { timeout: CALL_MS });
    await Promise.all(items.map((it) => runtime.stopPodSandbox({ podSandboxId: it.id }, { timeout: CALL_MS })));
    return true;
  } catch (error) {
    dependencies.logger.warn({ socket, reason: (error as Error).message }, 'pods not stopped by their runtime');
    return false;
  } finally {
    connection.close();
  }
}

/** Kills the pods of a runtime that does not run. */
export async function removePods(
  spec: ComponentSpec,
  { clock, logger }: { clock: Clock; logger: Logger },
): Promise<void> {
  const child = spawn(process.execPath, [spec.program, ...spec.args, '--remove-all'], { stdio: 'ignore' });
  const late = clock.after(CALL_MS, () => child.kill('SIGKILL'));
  const code = await new Promise<number | null>((resolve) => {
    child.once('exit', resolve);
    child.once('error', () => resolve(null));
  });
  late.cancel();
  if (code !== 0) logger.error({ runtime: spec.name, code }, 'pods may still run: see them with ps');
}
