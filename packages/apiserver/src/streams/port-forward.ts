import type { keelson } from '@keelson/protocol';
import { writeTo } from '@keelson/service';
import type { PodHost } from './pod-target.js';

/** A client's connection to a forwarded port. */
export interface ForwardedClient {
  /** Ends where the client ends its half. */
  readonly input: AsyncIterable<Buffer>;
  /** Resolves once the bytes are handed on. */
  write(bytes: Uint8Array): Promise<void>;
}

/** Joins a client to a port of a pod, both ways; resolves when the pod's side has ended. Throws what went wrong there. */
export async function forwardPort(
  { pod, kubelet }: PodHost,
  port: number,
  client: ForwardedClient,
  signal: AbortSignal,
): Promise<void> {
  const call = kubelet.portForward({ signal });
  const { namespace = '', name = '' } = pod.metadata;
  call.write({ start: { namespace, pod: name, port } });
  const upward = async () => {
    for await (const data of client.input) await writeTo(call, { data });
    call.end();
  };
  upward().catch(() => call.cancel());
  try {
    for await (const { data } of call as AsyncIterable<keelson.PortForwardResponse>) {
      if (data.length > 0) await client.write(data);
    }
  } finally {
    call.cancel();
  }
}

/** What the client of a port that cannot be forwarded is told, in upstream's words. */
export function forwardFailure({ pod }: PodHost, port: number, error: unknown): Buffer {
  const { details } = error as { details?: string };
  const { name, uid } = pod.metadata;
  const why = details ?? (error instanceof Error ? error.message : String(error));
  return Buffer.from(`error forwarding port ${port} to pod ${name}, uid ${uid}: ${why}`);
}

/** The port in a text; undefined if it is none. */
export function portIn(text: string): number | undefined {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : undefined;
}
