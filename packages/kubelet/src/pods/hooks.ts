import { request } from 'node:http';
import { request as secureRequest } from 'node:https';
import { connect } from 'node:net';
import type { Container, HTTPGetAction, LifecycleHandler } from '@keelson/api';
import type { Clock } from '@keelson/service';
import type { CriClient } from '../cri/cri-client.js';

/** The number behind a port that may be given by name. */
export function portNumber(port: number | string | undefined, container: Container): number {
  if (typeof port === 'number') return port;
  const named = container.ports?.find(({ name }) => name === port)?.containerPort;
  const value = named ?? Number(port);
  if (!(value > 0 && value < 65_536)) throw new Error(`couldn't find port "${port}" of container "${container.name}"`);
  return value;
}

export interface HttpAnswer {
  status: number;
  body: string;
}

const BODY_BYTES_MAX = 10 * 1024;

/** One GET as probes and hooks make it: certificates are not checked, a new connection each time. */
export async function httpGet(
  action: HTTPGetAction,
  container: Container,
  podIP: string,
  timeoutMs: number,
): Promise<HttpAnswer> {
  const secure = action.scheme?.toUpperCase() === 'HTTPS';
  const headers = Object.fromEntries(
    (action.httpHeaders ?? []).map(({ name = '', value = '' }) => [name.toLowerCase(), value]),
  );
  const path = action.path === undefined || action.path === '' ? '/' : action.path;
  const options = {
    host: action.host || podIP,
    port: portNumber(action.port, container),
    path: path.startsWith('/') ? path : `/${path}`,
    headers: { 'user-agent': 'kube-probe/1.36', accept: '*/*', connection: 'close', ...headers },
    agent: false as const,
    rejectUnauthorized: false,
    signal: AbortSignal.timeout(timeoutMs),
  };
  return await new Promise((resolve, reject) => {
    const call = (secure ? secureRequest : request)(options, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => {
        if (body.length < BODY_BYTES_MAX) body += text;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      response.on('error', reject);
    });
    call.on('error', reject);
    call.end();
  });
}

/** Resolves if something accepts a connection. */
export async function tcpConnect(host: string, port: number, timeoutMs: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const socket = connect({ host, port, signal: AbortSignal.timeout(timeoutMs) });
    socket.on('connect', () => {
      resolve();
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

/** Runs a lifecycle handler to its end; rejects with what went wrong. */
export async function runHandler(
  handler: LifecycleHandler,
  target: { containerId: string; container: Container; podIP: string },
  timeoutMs: number,
  dependencies: { cri: CriClient; clock: Clock },
): Promise<void> {
  if (handler.exec !== undefined) {
    const { exitCode, stderr, stdout } = await dependencies.cri.runtime.execSync(
      { containerId: target.containerId, cmd: handler.exec.command ?? [], timeout: Math.ceil(timeoutMs / 1000) },
      { timeout: timeoutMs + 5_000 },
    );
    if (exitCode !== 0) throw new Error(`command exited with ${exitCode}: ${stdout}${stderr}`);
  } else if (handler.httpGet !== undefined) {
    const { status } = await httpGet(handler.httpGet, target.container, target.podIP, timeoutMs);
    if (status >= 400) throw new Error(`HTTP request returned status ${status}`);
  } else if (handler.sleep !== undefined) {
    await dependencies.clock.sleep(Math.min((handler.sleep.seconds ?? 0) * 1000, timeoutMs));
  }
}
