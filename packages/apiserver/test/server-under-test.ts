import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock, systemRandom } from '@keelson/service';
import { FreePorts } from '@keelson/service/sockets';
import { createStoreClient, type StoreClient } from '@keelson/store-client';
import { writeCertificates } from './certificates.js';

const MAIN = fileURLToPath(new URL('../src/main.js', import.meta.url));
export const freePorts = new FreePorts(process.pid);
const hasEtcd = spawnSync('etcd', ['--version']).status === 0;
export const options = { skip: hasEtcd ? false : 'no etcd on this machine', timeout: 60_000 };

const READY_WITHIN_MS = 50_000;
const OUTPUT_MAX = 4_000;

export interface Reply {
  readonly status: number;
  readonly warning: string | undefined;
  readonly body: Record<string, never> & {
    message?: string;
    metadata?: { uid?: string; resourceVersion?: string; continue?: string };
  };
}

/** The process of an API server over Debian's etcd, with certificates of a CA of its own. */
export class ServerUnderTest {
  readonly #directory: string;
  /** The server whose etcd and certificates this one shares. */
  readonly #first: ServerUnderTest | undefined;
  readonly #children: ChildProcess[] = [];
  readonly #said = new Map<ChildProcess, { text: string }>();
  readonly #flags: readonly string[];
  #server: ChildProcess | undefined;
  ports = { etcd: 0, peer: 0, rest: 0, grpc: 0 };

  private constructor(flags: readonly string[], first?: ServerUnderTest) {
    this.#flags = flags;
    this.#first = first;
    this.#directory = first?.file('') ?? mkdtempSync(join(tmpdir(), 'apiserver-test-'));
  }

  /** Where there is no etcd nothing is started: tests are skipped. */
  static async start(...flags: string[]): Promise<ServerUnderTest> {
    const it = new ServerUnderTest(flags);
    if (hasEtcd) await it.#start();
    return it;
  }

  /** Another API server over the same store. Stop it before the first. */
  static async beside(first: ServerUnderTest, ...flags: string[]): Promise<ServerUnderTest> {
    const it = new ServerUnderTest(flags, first);
    if (!hasEtcd) return it;
    const [rest = 0, grpc = 0] = await freePorts.take(2);
    it.ports = { ...first.ports, rest, grpc };
    await it.startServer();
    return it;
  }

  async #start(): Promise<void> {
    const [etcd = 0, peerPort = 0, rest = 0, grpc = 0] = await freePorts.take(4);
    this.ports = { etcd, peer: peerPort, rest, grpc };
    await writeCertificates(this.#directory, {
      server: [{ CN: ['kube-apiserver'] }],
      admin: [{ O: ['system:masters'] }, { CN: ['admin'] }],
      jane: [{ CN: ['jane'] }],
      tom: [{ CN: ['tom'] }],
      'stream-node': [{ O: ['system:nodes'] }, { CN: ['system:node:stream-node'] }],
    });
    const stranger = [{ O: ['system:masters'] }, { CN: ['admin'] }];
    await writeCertificates(this.#directory, { stranger }, 'unknown-ca');
    const [client, peer] = [`http://127.0.0.1:${this.ports.etcd}`, `http://127.0.0.1:${this.ports.peer}`];
    this.#spawn('etcd', [
      ...['--data-dir', this.file('etcd'), '--listen-client-urls', client, '--advertise-client-urls', client],
      ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer, '--initial-cluster', `default=${peer}`],
    ]);
    await this.startServer();
  }

  file(name: string): string {
    return join(this.#directory, name);
  }

  read(name: string): Buffer {
    return readFileSync(this.file(name));
  }

  #spawn(program: string, args: readonly string[]): ChildProcess {
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    const said = { text: '' };
    child.stderr?.on('data', (data: Buffer) => {
      said.text = (said.text + data.toString()).slice(-OUTPUT_MAX);
    });
    this.#children.push(child);
    this.#said.set(child, said);
    return child;
  }

  /** Starts another process with more flags, which are to end it. */
  tryFlags(...more: string[]): { status: number | null; output: string } {
    const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...this.#given(), ...more], {
      encoding: 'utf8',
      timeout: 30_000,
    });
    return { status, output: stderr + stdout };
  }

  #given(): string[] {
    const flags = {
      'etcd-servers': `http://127.0.0.1:${this.ports.etcd}`,
      'secure-port': this.ports.rest,
      'grpc-port': this.ports.grpc,
      'tls-cert-file': this.file('server.crt'),
      'tls-private-key-file': this.file('server.key'),
      'client-ca-file': this.file('ca.crt'),
    };
    return Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]);
  }

  /** Resolves once it is ready. */
  async startServer(): Promise<void> {
    this.#server = this.#spawn(process.execPath, [MAIN, ...this.#given(), ...this.#flags]);
    const end = Date.now() + READY_WITHIN_MS;
    for (;;) {
      const reply = await this.call('GET', '/readyz', { cert: 'admin' }).catch(() => undefined);
      if (reply?.status === 200) return;
      const ended = this.#children.find((it) => it !== this.#server && (it.exitCode ?? 0) !== 0);
      if (!this.isRunning || ended !== undefined || Date.now() > end) {
        throw new Error(`the API server is not ready: ${[...this.#said.values()].map(({ text }) => text).join('\n')}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  get isRunning(): boolean {
    return this.#server !== undefined && this.#server.exitCode === null && this.#server.signalCode === null;
  }

  signal(signal: NodeJS.Signals): void {
    this.#server?.kill(signal);
  }

  async killServer(): Promise<void> {
    const server = this.#server;
    if (server === undefined || !this.isRunning) return;
    const exit = once(server, 'exit');
    server.kill('SIGKILL');
    await exit;
  }

  async stop(): Promise<void> {
    for (const child of this.#children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const exit = once(child, 'exit');
      child.kill('SIGKILL');
      await exit;
    }
    if (this.#first === undefined) rmSync(this.#directory, { recursive: true, force: true });
  }

  /** A client of the etcd below. */
  store(): StoreClient {
    const endpoints = [`127.0.0.1:${this.ports.etcd}`];
    return createStoreClient({ endpoints }, { clock: systemClock(), random: systemRandom() });
  }

  /** One request with a client certificate or a token. */
  call(
    method: string,
    path: string,
    who: { cert?: string; token?: string },
    body?: object,
    mediaType = 'application/json',
    more: Record<string, string> = {},
  ): Promise<Reply> {
    const identity = who.cert ? { cert: this.read(`${who.cert}.crt`), key: this.read(`${who.cert}.key`) } : {};
    const headers = {
      'content-type': mediaType,
      ...more,
      ...(who.token ? { authorization: `Bearer ${who.token}` } : {}),
    };
    return new Promise((resolve, reject) => {
      const target = {
        host: '127.0.0.1',
        port: this.ports.rest,
        method,
        path,
        headers,
        agent: false,
        ca: this.read('ca.crt'),
        ...identity,
      };
      const request = httpsRequest(target, async (response) => {
        let text = '';
        for await (const chunk of response) text += String(chunk);
        const isJson = String(response.headers['content-type']).includes('json');
        const { warning } = response.headers;
        resolve({ status: response.statusCode ?? 0, warning, body: isJson ? JSON.parse(text) : { text } });
      });
      request.on('error', reject);
      request.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}
