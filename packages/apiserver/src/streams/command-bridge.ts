import { ApiError } from '@keelson/api';
import type { keelson } from '@keelson/protocol';
import { writeTo } from '@keelson/service';
import type { CommandOptions, CommandSession } from './command-session.js';
import type { PodTarget } from './pod-target.js';

/** Joins a client of exec or attach to a kubelet's stream, until either ends. */
export async function bridgeCommand(
  target: PodTarget,
  verb: 'exec' | 'attach',
  options: CommandOptions,
  session: CommandSession,
  signal: AbortSignal,
): Promise<void> {
  const call = target.kubelet[verb]({ signal });
  const { namespace = '', name = '' } = target.pod.metadata;
  call.write({ start: { ...options, namespace, pod: name, container: target.container } });
  session
    .receive((input) => writeTo(call, input))
    .catch(() => {}) // the command has ended
    .finally(() => call.cancel());
  try {
    for await (const message of call as AsyncIterable<keelson.ExecResponse>) {
      if (message.stdout !== undefined) await session.send('stdout', message.stdout);
      if (message.stderr !== undefined) await session.send('stderr', message.stderr);
      if (message.status !== undefined) await session.send('status', message.status);
    }
  } catch (error) {
    const { details } = error as { details?: string };
    await session.send('status', failure(details ?? String(error))).catch(() => {}); // nobody is there to tell
  } finally {
    session.close();
  }
}

function failure(message: string): Buffer {
  return Buffer.from(JSON.stringify(new ApiError({ code: 500, reason: 'InternalError', message }).status()));
}
