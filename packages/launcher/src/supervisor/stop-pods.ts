import { cri } from '@keelson/protocol';
import { type Clock, connect, type Logger } from '@keelson/service';

const CALL_MS = 30_000;

/**
 * Stops every pod of a runtime. Pods outlive their kubelet and runtime by design, so a cluster that is taken down has
 * to end them itself.
 */
export async function stopPods(socket: string, dependencies: { clock: Clock; logger: Logger }): Promise<void> {
  const connection = connect(socket, dependencies);
  const runtime = connection.service(cri.RuntimeServiceService);
  try {
    const { items } = await runtime.listPodSandbox({}, { timeout: CALL_MS });
    await Promise.all(items.map((it) => runtime.stopPodSandbox({ podSandboxId: it.id }, { timeout: CALL_MS })));
  } catch (error) {
    dependencies.logger.warn({ socket, reason: (error as Error).message }, 'pods not stopped');
  } finally {
    connection.close();
  }
}
