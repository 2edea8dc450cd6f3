import type { Container, LifecycleHandler } from '@keelson/api';
import type { Clock } from '@keelson/service';
import type { CriClient } from '../cri/cri-client.js';
import { httpGet, httpTarget } from './http-get.js';

const USER_AGENT = 'kube-lifecycle/1.36';

export interface HookTarget {
  containerId: string;
  container: Container;
  podIP: string;
}

/**
 * Runs a lifecycle handler to its end; rejects with what went wrong, or as soon as the signal aborts. An HTTP hook has
 * done its work when it was answered, whatever the status.
 */
export async function runHandler(
  handler: LifecycleHandler,
  target: HookTarget,
  timeoutMs: number,
  { cri, clock, signal }: { cri: CriClient; clock: Clock; signal?: AbortSignal | undefined },
): Promise<void> {
  const late = new AbortController();
  const timer = clock.after(timeoutMs, () => late.abort(new Error(`the hook did not end within ${timeoutMs / 1000}s`)));
  const either = signal === undefined ? late.signal : AbortSignal.any([signal, late.signal]);
  try {
    if (handler.exec !== undefined) {
      const { exitCode, stderr, stdout } = await cri.runtime.execSync(
        { containerId: target.containerId, cmd: handler.exec.command ?? [], timeout: Math.ceil(timeoutMs / 1000) },
        { signal: either },
      );
      if (exitCode !== 0) throw new Error(`command exited with ${exitCode}: ${stdout}${stderr}`);
    } else if (handler.httpGet !== undefined) {
      const url = httpTarget(handler.httpGet, target.container, target.podIP);
      const get = (to: URL) => httpGet(to, handler.httpGet ?? {}, { userAgent: USER_AGENT, signal: either });
      await get(url).catch(async (error: unknown) => {
        // A server that speaks no TLS is asked without it, as hooks always were before they could ask for HTTPS.
        if (url.protocol !== 'https:' || !isPlainAnswer(error)) throw error;
        await get(new URL(url.href.replace(/^https:/, 'http:')));
      });
    } else if (handler.sleep !== undefined) {
      await clock.sleep(Math.min((handler.sleep.seconds ?? 0) * 1000, timeoutMs), either);
    }
  } catch (error) {
    throw either.aborted ? either.reason : error;
  } finally {
    timer.cancel();
  }
}

function isPlainAnswer(error: unknown): boolean {
  return ['ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG', 'EPROTO'].includes(
    (error as NodeJS.ErrnoException).code ?? '',
  );
}
