import { Client, credentials } from '@grpc/grpc-js';
import type { Container, Probe } from '@keelson/api';
import type { CriClient } from '../cri/cri-client.js';
import { httpGet, portNumber, tcpConnect } from '../pods/hooks.js';

export interface ProbeTarget {
  container: Container;
  containerId: string;
  podIP: string;
}

export interface ProbeResult {
  ok: boolean;
  output: string;
}

const OUTPUT_MAX = 10 * 1024;

/** Asks once. A probe that cannot be made is a failure. */
export async function probeOnce(probe: Probe, target: ProbeTarget, cri: CriClient): Promise<ProbeResult> {
  const timeoutMs = (probe.timeoutSeconds ?? 1) * 1000;
  try {
    if (probe.exec !== undefined) return await execProbe(probe, target, cri, timeoutMs);
    if (probe.httpGet !== undefined) {
      const { status, body } = await httpGet(probe.httpGet, target.container, target.podIP, timeoutMs);
      const ok = status >= 200 && status < 400;
      return { ok, output: ok ? body : `HTTP probe failed with statuscode: ${status}` };
    }
    if (probe.tcpSocket !== undefined) {
      const port = portNumber(probe.tcpSocket.port, target.container);
      await tcpConnect(probe.tcpSocket.host || target.podIP, port, timeoutMs);
      return { ok: true, output: '' };
    }
    if (probe.grpc !== undefined) {
      const address = `${target.podIP}:${probe.grpc.port}`;
      return await grpcProbe(address, probe.grpc.service ?? '', timeoutMs);
    }
    return { ok: true, output: '' };
  } catch (error) {
    return { ok: false, output: describe(probe, error) };
  }
}

async function execProbe(probe: Probe, target: ProbeTarget, cri: CriClient, timeoutMs: number): Promise<ProbeResult> {
  const cmd = probe.exec?.command ?? [];
  try {
    const { exitCode, stdout, stderr } = await cri.runtime.execSync(
      { containerId: target.containerId, cmd, timeout: probe.timeoutSeconds ?? 1 },
      { timeout: timeoutMs + 5_000 },
    );
    return { ok: exitCode === 0, output: Buffer.concat([stdout, stderr]).toString().slice(0, OUTPUT_MAX) };
  } catch (error) {
    if ((error as { code?: number }).code !== DEADLINE_EXCEEDED) throw error;
    return {
      ok: false,
      output: `command timed out: ${JSON.stringify(cmd)} timed out after ${probe.timeoutSeconds ?? 1}s`,
    };
  }
}

const DEADLINE_EXCEEDED = 4;

/** grpc.health.v1.Health/Check; its two messages are small enough to read by hand: a string, and a varint. */
async function grpcProbe(address: string, service: string, timeoutMs: number): Promise<ProbeResult> {
  const client = new Client(address, credentials.createInsecure());
  const name = Buffer.from(service);
  const request = name.length === 0 ? Buffer.alloc(0) : Buffer.concat([Buffer.from([0x0a, name.length]), name]);
  const cancelled = AbortSignal.timeout(timeoutMs);
  try {
    const answer = await new Promise<Buffer>((resolve, reject) => {
      const call = client.makeUnaryRequest(
        '/grpc.health.v1.Health/Check',
        (value: Buffer) => value,
        (value: Buffer) => value,
        request,
        (error, value) => (error ? reject(error) : resolve(value ?? Buffer.alloc(0))),
      );
      cancelled.addEventListener('abort', () => call.cancel(), { once: true });
    });
    const serving = answer[0] === 0x08 && answer[1] === SERVING;
    return { ok: serving, output: serving ? '' : `service unhealthy (responded with ${answer[1] ?? 0})` };
  } finally {
    client.close();
  }
}

const SERVING = 1;

function describe(probe: Probe, error: unknown): string {
  const { message, name } = error as Error;
  const late = name === 'AbortError' || name === 'TimeoutError' || /aborted/i.test(message);
  const reason = late ? 'context deadline exceeded' : message;
  if (probe.httpGet !== undefined) return `Get "${probe.httpGet.path ?? '/'}": ${reason}`;
  return probe.tcpSocket === undefined ? reason : `dial tcp: ${reason}`;
}
