import type { Agent, ClientRequest, OutgoingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';
import type { APIServiceSpec } from '@keelson/api';
import type { Clock } from '@keelson/service';
import { connectTls, httpAgent, requestHttp } from '@keelson/service/sockets';
import { connectionErrorText } from '../admission/webhooks/client-errors.js';
import type { User } from '../auth/user.js';
import { answerOf } from '../proxy/passing.js';
import type { ProxyTarget } from '../proxy/proxy-target.js';
import { frontProxyHeaders } from './front-proxy-headers.js';
import type { ProxyIdentity, ProxyIdentityFiles } from './proxy-identity.js';
import type { FindService } from './service-connector.js';

export interface RemoteServerDependencies {
  find: FindService;
  /** Absent: it shows nothing, and nobody believes what it says of its callers. */
  identity: Pick<ProxyIdentityFiles, 'current'> | undefined;
  clock: Clock;
}

export interface OpenOptions {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  headers(host: string): OutgoingHttpHeaders;
  /** Over a connection that may have been used before. */
  readonly reuses: boolean;
}

/** What is asked by this server itself. */
export interface Question {
  readonly path: string;
  /** As whom. */
  readonly user: User;
  readonly accept?: string;
  readonly etag?: string | undefined;
  readonly timeoutMs: number;
  /** Of the answer; 0: what it says is of no interest. */
  readonly bytesMax: number;
  /** Nobody wants the answer any more. */
  readonly signal?: AbortSignal;
}

export interface RemoteReply {
  readonly status: number;
  readonly type: string;
  readonly etag: string;
  readonly body: Buffer;
}

/** Whoever connects and then says nothing is given up. */
const CONNECT_MS = 30_000;
const IDLE_CONNECTIONS_MAX = 16;

/** Another API server, reached through a service; it is trusted by the name `NAME.NAMESPACE.svc`. */
export class RemoteServer {
  /** Why it cannot be reached, whatever it does. */
  readonly problem: string | undefined;
  readonly #spec: APIServiceSpec;
  readonly #deps: RemoteServerDependencies;
  readonly #agent: Agent;

  constructor(spec: APIServiceSpec, dependencies: RemoteServerDependencies) {
    this.#spec = spec;
    this.#deps = dependencies;
    const bundle = this.#authorities();
    const isUnreadable = bundle !== undefined && !bundle.includes('-----BEGIN CERTIFICATE-----');
    this.problem = isUnreadable ? 'unable to load root certificates: unable to parse bytes as PEM block' : undefined;
    this.#agent = httpAgent({ keepAlive: true, maxFreeSockets: IDLE_CONNECTIONS_MAX });
  }

  /** Nothing is asked of it any more; what is under way goes on. */
  close(): void {
    this.#agent.maxFreeSockets = 0;
    for (const socket of Object.values(this.#agent.freeSockets).flat()) socket?.destroy();
  }

  /** Where it is now. Rejects where it is nowhere. */
  find(): Promise<ProxyTarget> {
    const { namespace = '', name = '', port = 443 } = this.#spec.service ?? {};
    return this.#deps.find(namespace, name, port);
  }

  /** Begins a request, whose body is to follow. */
  open(target: ProxyTarget, { method, path, headers, reuses }: OpenOptions): ClientRequest {
    const connect = { createConnection: () => this.#connect(target) };
    return requestHttp(`http://${target.host}${path}`, {
      ...{ method, headers: headers(target.host) },
      ...connect,
      ...(reuses ? { agent: this.#agent } : {}),
    });
  }

  /** Asks for a document. Rejects in Go's words where there is no answer, or one that is too large. */
  async ask(target: ProxyTarget, question: Question): Promise<RemoteReply> {
    const { path, user, accept = 'application/json', etag, timeoutMs, bytesMax, signal } = question;
    const more = { accept, ...(etag ? { 'if-none-match': etag } : {}), 'accept-encoding': 'identity' };
    const headers = (host: string) => ({ ...frontProxyHeaders(user), ...more, host });
    const passed = this.open(target, { method: 'GET', path, headers, reuses: false });
    let isLate = false;
    const timer = this.#deps.clock.after(timeoutMs, () => {
      isLate = true;
      passed.destroy(new Error('context deadline exceeded'));
    });
    const leave = () => passed.destroy(new Error('nobody wants to know any more'));
    if (signal?.aborted) leave();
    signal?.addEventListener('abort', leave, { once: true });
    passed.end();
    try {
      const answer = await answerOf(passed);
      const chunks: Buffer[] = [];
      let bytes = 0;
      if (bytesMax === 0) answer.destroy();
      else
        for await (const chunk of answer) {
          bytes += (chunk as Buffer).length;
          if (bytes > bytesMax) throw new Error(`the answer has more than ${bytesMax} bytes`);
          chunks.push(chunk as Buffer);
        }
      const { statusCode: status = 0, headers: told } = answer;
      return { status, type: told['content-type'] ?? '', etag: told.etag ?? '', body: Buffer.concat(chunks) };
    } catch (error) {
      const url = `https://${target.host}${path}`;
      const late = 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)';
      throw new Error(`Get ${JSON.stringify(url)}: ${isLate ? late : this.errorText(error as Error, target)}`);
    } finally {
      timer.cancel();
      signal?.removeEventListener('abort', leave);
      passed.destroy();
    }
  }

  /** Why there was no answer, in Go's words. */
  errorText(error: Error, { host }: ProxyTarget): string {
    const { details } = error as { details?: string };
    if (details !== undefined) return details;
    const isName = (error as { code?: string }).code === 'ERR_TLS_CERT_ALTNAME_INVALID';
    return connectionErrorText(error, new URL(`https://${isName ? this.#serverName : host}`));
  }

  get #serverName(): string {
    const { namespace = '', name = '' } = this.#spec.service ?? {};
    return `${name}.${namespace}.svc`;
  }

  #authorities(): Buffer | undefined {
    const { caBundle = '' } = this.#spec;
    return caBundle === '' ? undefined : Buffer.from(caBundle, 'base64');
  }

  #connect(target: ProxyTarget): Duplex {
    const { identity, clock } = this.#deps;
    const ca = this.#authorities();
    const socket = connectTls({
      ...(ca === undefined ? {} : { ca }),
      ...(identity === undefined ? {} : ownCertificate(identity.current())),
      socket: target.connect(),
      servername: this.#serverName,
      rejectUnauthorized: this.#spec.insecureSkipTLSVerify !== true,
    });
    const impatience = clock.after(CONNECT_MS, () => socket.destroy(new Error('net/http: TLS handshake timeout')));
    socket.once('secureConnect', () => impatience.cancel());
    socket.once('close', () => impatience.cancel());
    return socket;
  }
}

function ownCertificate({ cert, key }: ProxyIdentity): ProxyIdentity {
  return { cert, key };
}
