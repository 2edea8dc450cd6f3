import type { TLSSocket } from 'node:tls';
import { apiErrors } from '@keelson/api';
import { type Random, type ShownCertificate, shownCertificate } from '@keelson/service';
import type { AuditRecord } from '../../audit/audit-record.js';
import { type Auditor, isLongRunning, type SeenRequest } from '../../audit/auditor.js';
import type { Authenticator } from '../../auth/authenticator.js';
import { ANONYMOUS, type User } from '../../auth/user.js';
import type { AccessMetrics } from '../../metrics/access-metrics.js';
import type { RequestMetrics } from '../../metrics/request-metrics.js';
import { toApiError } from '../../registry/handler.js';
import { sourceIps } from '../source-ips.js';
import type { Request } from './exchange.js';
import { headerOf, headersOf, type Target } from './incoming.js';
import { takeWebSocketToken } from './web-socket-token.js';

export interface ArrivalDependencies {
  authenticator: Authenticator;
  /** Absent: nothing is recorded. */
  auditor: Auditor | undefined;
  metrics: { requests: RequestMetrics; access: AccessMetrics };
  random: Random;
}

/** What is done with a request before it is served: it is counted, whoever sends it is known, and it is recorded. */
export class Arrivals {
  readonly #deps: ArrivalDependencies;
  readonly #certificates = new WeakMap<object, ShownCertificate | undefined>();

  constructor(dependencies: ArrivalDependencies) {
    this.#deps = dependencies;
  }

  /** The client's own name for a request, or a new one. */
  idOf(request: Request): string {
    return headerOf(request, 'audit-id') || this.#deps.random.uuid();
  }

  /** Undefined: nobody wants to know of it. */
  record(request: Request, target: Target, id: string, caller: User): AuditRecord | undefined {
    return this.#deps.auditor?.record(this.#seen(request, target, id), caller);
  }

  #seen(request: Request, { attributes }: Target, id: string): SeenRequest {
    const uri = request.url ?? '/';
    const remote = request.socket.remoteAddress;
    const { all } = headersOf(request);
    return {
      ...{ id, uri, attributes },
      sourceIPs: sourceIps((name) => all(name)[0], remote),
      userAgent: headerOf(request, 'user-agent'),
    };
  }

  /** Throws where the request is not to be served without a record of it. */
  async received(record: AuditRecord): Promise<void> {
    if (await record.received()) return;
    this.#deps.auditor?.rejected();
    throw apiErrors.internalError(new Error('failed to store audit event'));
  }

  counted(request: Request, { url, attributes }: Target): (code: number, bytes: number) => void {
    const asked = attributes(ANONYMOUS);
    const method = request.method ?? 'GET';
    const dryRun = url.searchParams.getAll('dryRun');
    const counted = { method, attributes: asked, mediaType: headerOf(request, 'content-type'), dryRun };
    return this.#deps.metrics.requests.begin(counted, isLongRunning(asked));
  }

  /** Who asks. Throws 401, which is recorded. */
  async caller(request: Request, target: Target, id: string): Promise<User> {
    try {
      const user = await this.#deps.metrics.access.authenticate(() => this.#authenticate(request, target));
      if (user !== undefined) return user;
      throw apiErrors.unauthorized();
    } catch (error) {
      this.#deps.auditor?.record(this.#seen(request, target, id))?.refused(toApiError(error).status());
      throw error;
    }
  }

  #authenticate(request: Request, { url }: Target): Promise<User | undefined> {
    return this.#deps.authenticator.authenticate({
      certificate: this.#shownOn(request),
      authorization: request.headers.authorization ?? takeWebSocketToken(request.headers),
      headers: headersOf(request),
      path: url.pathname,
    });
  }

  /** A connection's certificate stays what it is. */
  #shownOn(request: Request): ShownCertificate | undefined {
    const { socket } = request;
    if (!this.#certificates.has(socket)) this.#certificates.set(socket, shownCertificate(socket as TLSSocket));
    return this.#certificates.get(socket);
  }
}
