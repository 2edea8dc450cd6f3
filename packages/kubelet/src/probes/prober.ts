import type { Container, ExecAction, GRPCAction, HTTPGetAction, Probe } from '@keelson/api';
import type { Clock } from '@keelson/service';
import { connectTcp } from '@keelson/service/sockets';
import type { CriClient } from '../cri/cri-client.js';
import { httpGet, httpTarget, portNumber } from '../pods/http-get.js';
import { grpcProbe } from './grpc-probe.js';

export interface ProbeTarget {
  container: Container;
  containerId: string;
  podIP: string;
}

export interface ProbeResult {
  ok: boolean;
  output: string;
  /** The container passed, and somebody should look at how. */
  warning?: boolean;
}

const OUTPUT_MAX = 10 * 1024;
const USER_AGENT = 'kube-probe/1.36';

/**
 * Asks once. Rejects if the probe could not be made: that says nothing of the container, and whoever asked throws the
 * attempt away. A container that does not answer has failed.
 */
export async function probeOnce(
  probe: Probe,
  target: ProbeTarget,
  { cri, clock }: { cri: CriClient; clock: Clock },
): Promise<ProbeResult> {
  const seconds = probe.timeoutSeconds || 1;
  if (probe.exec !== undefined) return await execProbe(probe.exec, target, { cri, clock }, seconds);
  const late = new AbortController();
  const until = clock.monotonic() + seconds * 1000;
  const timer = clock.after(seconds * 1000, () => {
    late.abort(new LateError(clock.monotonic() - until > HELD_UP_MS));
  });
  try {
    if (probe.httpGet !== undefined) return await httpProbe(probe.httpGet, target, late.signal);
    if (probe.tcpSocket !== undefined) {
      const host = probe.tcpSocket.host || addressOf(target);
      return await tcpProbe(host, portNumber(probe.tcpSocket.port, target.container), late.signal);
    }
    if (probe.grpc !== undefined) return await healthProbe(probe.grpc, target, late.signal, seconds);
  } finally {
    timer.cancel();
  }
  return { ok: true, output: '' };
}

/** A timer that fires so much too late says that this process was held up, not that the container was. */
const HELD_UP_MS = 1_000;

class LateError extends Error {
  override name = 'LateError';
  readonly isOwnFault: boolean;

  constructor(isOwnFault: boolean) {
    super(isOwnFault ? 'this kubelet was held up' : 'late');
    this.isOwnFault = isOwnFault;
  }
}

/** Errors of a connection for which the container can do nothing: this process or this machine has too little left. */
const OWN_FAULTS = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRNOTAVAIL']);

/** Rethrows what is no failure of the container. */
function throwOwnFault(error: unknown, signal: AbortSignal): void {
  const late: unknown = signal.reason;
  if (late instanceof LateError && late.isOwnFault) throw late;
  if (OWN_FAULTS.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
}

function addressOf({ podIP, container }: ProbeTarget): string {
  if (podIP === '') throw new Error(`container "${container.name}" has no address yet`);
  return podIP;
}

function authority(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

const DEADLINE_EXCEEDED = 4;
/** The runtime ends the command by itself; this is for a runtime that does not. */
const EXEC_MARGIN_MS = 5_000;
/** Deadlines of calls are kept by another clock. */
const CLOCK_MARGIN_MS = 200;

async function execProbe(
  { command: cmd = [] }: ExecAction,
  { containerId }: ProbeTarget,
  { cri, clock }: { cri: CriClient; clock: Clock },
  timeoutSeconds: number,
): Promise<ProbeResult> {
  const timeoutMs = timeoutSeconds * 1000 + EXEC_MARGIN_MS;
  const startedAt = clock.monotonic();
  try {
    const { exitCode, stdout, stderr } = await cri.runtime.execSync(
      { containerId, cmd, timeout: timeoutSeconds },
      { timeout: timeoutMs },
    );
    const output = Buffer.concat([stdout, stderr]).subarray(0, OUTPUT_MAX).toString();
    return { ok: exitCode === 0, output };
  } catch (error) {
    if ((error as { code?: number }).code !== DEADLINE_EXCEEDED) throw error;
    // The runtime says that the command took too long; if it did not say so itself, it is the one that is late.
    if (clock.monotonic() - startedAt >= timeoutMs - CLOCK_MARGIN_MS) throw error;
    return { ok: false, output: `command timed out: ${JSON.stringify(cmd)} timed out after ${timeoutSeconds}s` };
  }
}

async function httpProbe(action: HTTPGetAction, target: ProbeTarget, signal: AbortSignal): Promise<ProbeResult> {
  const url = httpTarget(action, target.container, target.podIP);
  try {
    const { status, body } = await httpGet(url, action, { userAgent: USER_AGENT, signal });
    // The body of a refusal is not repeated: events are read by more people than the pod's answers.
    if (status < 200 || status >= 400) return { ok: false, output: `HTTP probe failed with statuscode: ${status}` };
    if (status < 300) return { ok: true, output: body };
    return { ok: true, output: `Probe terminated redirects, Response body: ${body}`, warning: true };
  } catch (error) {
    throwOwnFault(error, signal);
    return { ok: false, output: `Get "${url.href}": ${describe(error, url.host, signal)}` };
  }
}

/** Passes if something accepts a connection. */
async function tcpProbe(host: string, port: number, signal: AbortSignal): Promise<ProbeResult> {
  try {
    await new Promise<void>((resolve, reject) => {
      const socket = connectTcp({ host, port, signal });
      socket.on('connect', () => {
        resolve();
        socket.destroy();
      });
      socket.on('error', reject);
    });
    return { ok: true, output: '' };
  } catch (error) {
    throwOwnFault(error, signal);
    const address = authority(host, port);
    const output = signal.aborted ? `dial tcp ${address}: i/o timeout` : describe(error, address, signal);
    return { ok: false, output };
  }
}

async function healthProbe(
  action: GRPCAction,
  target: ProbeTarget,
  signal: AbortSignal,
  seconds: number,
): Promise<ProbeResult> {
  const address = authority(addressOf(target), action.port ?? 0);
  try {
    return await grpcProbe(address, action.service ?? '', USER_AGENT, signal);
  } catch (error) {
    throwOwnFault(error, signal);
    const output = signal.aborted
      ? `timeout: health rpc did not complete within ${seconds}s`
      : `error: failed to connect service "${address}": ${describe(error, address, signal)}`;
    return { ok: false, output };
  }
}

function describe(error: unknown, address: string, signal: AbortSignal): string {
  if (signal.aborted) return 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)';
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ECONNREFUSED') return `dial tcp ${address}: connect: connection refused`;
  return code === 'EHOSTUNREACH' ? `dial tcp ${address}: connect: no route to host` : message;
}
