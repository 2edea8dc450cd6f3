import {
  cloneObject,
  decodeProtobuf,
  encodeGoJson,
  goDuration,
  type KubeObject,
  type RequestBody,
  type Status,
} from '@keelson/api';
import type { Clock, Logger } from '@keelson/service';
import { type User, userInfoOf } from '../auth/user.js';
import type { RequestRecord } from '../registry/request-record.js';
import { yamlOf } from '../registry/yaml-body.js';
import { AuditEvent, type AuditedUser, type EventFacts, type ObjectReference } from './audit-event.js';
import type { AuditBackend } from './backend.js';
import type { Recording, Stage } from './policy.js';

/** What is known of a request when it comes. */
export interface AuditedRequest {
  readonly id: string;
  readonly uri: string;
  readonly verb: string;
  readonly user: AuditedUser;
  readonly sourceIPs: readonly string[];
  readonly userAgent: string;
  readonly objectRef: ObjectReference | undefined;
  /** Its answer goes on: it is told of when it begins, too. */
  readonly isLongRunning: boolean;
}

export interface AuditRecordDependencies {
  readonly backend: AuditBackend;
  readonly clock: Clock;
  readonly logger: Logger;
  /** An event is made. */
  readonly observe: () => void;
}

/** Slower requests say how long they took. */
const SLOW_MS = 500;
/** Of larger bodies the defaults are left out. */
const FILLED_BYTES_MAX = 24 * 1024;

/** What an audit policy wants to know of one request, stage by stage. */
export class AuditRecord implements RequestRecord {
  readonly #request: AuditedRequest;
  readonly #recording: Recording;
  readonly #deps: AuditRecordDependencies;
  #annotations: Record<string, string> | undefined;
  readonly #receivedMs: number;
  readonly #startedAt: number;
  #objectRef: ObjectReference | undefined;
  #impersonated: { user: AuditedUser; constraint: string | undefined } | undefined;
  #status: Partial<Status> | undefined;
  #requestObject: string | undefined;
  #responseObject: string | undefined;
  #hasStarted = false;
  #hasEnded = false;

  constructor(request: AuditedRequest, recording: Recording, dependencies: AuditRecordDependencies) {
    this.#request = request;
    this.#recording = recording;
    this.#deps = dependencies;
    this.#objectRef = request.objectRef;
    this.#receivedMs = dependencies.clock.now();
    this.#startedAt = dependencies.clock.monotonic();
  }

  /** What is told twice stays as it was told first. */
  annotate(key: string, value: string): void {
    this.#annotations ??= Object.create(null) as Record<string, string>;
    const known = this.#annotations[key];
    if (known === undefined) this.#annotations[key] = value;
    else if (known !== value)
      this.#deps.logger.debug({ key, value, known, auditID: this.#request.id }, 'an audit annotation is there already');
  }

  impersonated(user: User, constraint: string | undefined): void {
    this.#impersonated = { user: userInfoOf(user), constraint };
  }

  get wantsAnswers(): boolean {
    return this.#recording.level === 'RequestResponse';
  }

  get #wantsBodies(): boolean {
    return this.#recording.level === 'Request' || this.#recording.level === 'RequestResponse';
  }

  /** With which the answer has begun. */
  get code(): number | undefined {
    return this.#hasStarted ? this.#status?.code : undefined;
  }

  sent(object: KubeObject, fill: (copy: KubeObject) => void): void {
    const { namespace, name, uid, resourceVersion } = object.metadata ?? {};
    const named = this.#objectRef ?? {};
    this.#objectRef = {
      ...named,
      ...told('namespace', named.namespace || namespace),
      ...told('name', named.name || name),
      ...told('uid', named.uid || uid),
      ...told('resourceVersion', named.resourceVersion || resourceVersion),
    };
    if (!this.#wantsBodies) return;
    const plain = encodeGoJson(this.#shown(object));
    if (plain.length > FILLED_BYTES_MAX) {
      this.#requestObject = plain;
      return;
    }
    const copy = cloneObject(object);
    fill(copy);
    this.#requestObject = encodeGoJson(this.#shown(copy));
  }

  sentBody({ mediaType, bytes, yaml }: RequestBody): void {
    if (!this.#wantsBodies || bytes.length === 0) return;
    const type = mediaType.split(';')[0]!.trim();
    try {
      const value = type.endsWith('protobuf')
        ? decodeProtobuf(Buffer.from(bytes))
        : type.endsWith('yaml')
          ? yamlOf({ mediaType, bytes, ...(yaml && { yaml }) }).value
          : (JSON.parse(Buffer.from(bytes).toString()) as unknown);
      this.#requestObject = encodeGoJson(this.#shown(value));
    } catch {
      // Refused anyway: what it was is not to be had as an object.
      this.#requestObject = undefined;
    }
  }

  answered({ status, message, reason, details, code }: Status): void {
    this.#status = {
      ...told('status', status),
      ...told('message', message),
      ...told('reason', reason),
      ...(details === undefined ? {} : { details }),
      ...(code === undefined ? {} : { code }),
    };
  }

  answeredWith(json: string): void {
    if (!this.wantsAnswers) return;
    this.#responseObject = this.#recording.omitManagedFields
      ? encodeGoJson(this.#shown(JSON.parse(json) as unknown))
      : json.trimEnd();
  }

  /** False: the event could not be kept, and the request is not to be served. */
  received(): boolean | Promise<boolean> {
    return this.#emit('RequestReceived', this.#receivedMs);
  }

  /** The answer's head is about to be written. */
  started(code: number): void {
    if (this.#hasStarted) return;
    this.#hasStarted = true;
    this.#status = { ...this.#status, code };
    if (this.#request.isLongRunning) void this.#emit('ResponseStarted', this.#now());
  }

  /** Once: the answer is complete, or nobody waits for it any more. */
  completed(): Promise<unknown> | undefined {
    if (this.#hasEnded) return undefined;
    this.#hasEnded = true;
    this.#status ??= { status: 'Success', message: 'Connection closed early', code: 200 };
    if (!this.#hasStarted && this.#request.isLongRunning) void this.#emit('ResponseStarted', this.#now());
    const elapsed = this.#deps.clock.monotonic() - this.#startedAt;
    if (elapsed > SLOW_MS) this.annotate('apiserver.latency.k8s.io/total', goDuration(elapsed));
    const kept = this.#emit('ResponseComplete', this.#now());
    return typeof kept === 'boolean' ? undefined : kept;
  }

  /** What serves the request failed in a way that nobody thought of. */
  panicked(error: unknown): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    const message = `APIServer panic'd: ${error instanceof Error ? error.message : String(error)}`;
    this.#status = { status: 'Failure', message, reason: 'InternalError', code: 500 };
    void this.#emit('Panic', this.#now());
  }

  /** The caller is nobody: all that is told is how that was answered. */
  refused(status: Status): void {
    this.answered(status);
    this.#hasStarted = true;
    this.#hasEnded = true;
    void this.#emit('ResponseStarted', this.#now());
  }

  #now(): number {
    return this.#receivedMs + (this.#deps.clock.monotonic() - this.#startedAt);
  }

  #emit(stage: Stage, stageMs: number): boolean | Promise<boolean> {
    if (this.#recording.omitStages.has(stage)) return true;
    const { id, uri, verb, user, sourceIPs, userAgent } = this.#request;
    const facts: EventFacts = {
      level: this.#recording.level,
      auditID: id,
      stage,
      requestURI: uri,
      verb,
      user,
      impersonatedUser: this.#impersonated?.user,
      impersonationConstraint: this.#impersonated?.constraint,
      sourceIPs,
      userAgent,
      objectRef: this.#objectRef,
      responseStatus: this.#status,
      receivedMs: this.#receivedMs,
      stageMs,
      annotations: this.#annotations && { ...this.#annotations },
    };
    this.#deps.observe();
    const objects = { request: this.#requestObject, response: this.#responseObject };
    return this.#deps.backend.process([new AuditEvent(facts, objects)]);
  }

  #shown(value: unknown): unknown {
    return this.#recording.omitManagedFields ? withoutManagedFields(value) : value;
  }
}

function told<K extends string>(key: K, value: string | undefined): { [key in K]?: string } {
  return value === undefined || value === '' ? {} : ({ [key]: value } as { [key in K]: string });
}

interface Shown {
  readonly metadata?: { readonly managedFields?: unknown };
  readonly items?: readonly unknown[];
  readonly rows?: readonly { readonly object?: unknown }[];
}

/** An object, a list or a Table without the record of who manages what. */
function withoutManagedFields(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const { metadata, items, rows } = value as Shown;
  const { managedFields: _managedFields, ...kept } = metadata ?? {};
  return {
    ...value,
    ...(metadata === undefined ? {} : { metadata: kept }),
    ...(Array.isArray(items) ? { items: items.map(withoutManagedFields) } : {}),
    ...(Array.isArray(rows) ? { rows: rows.map((row) => ({ ...row, object: withoutManagedFields(row.object) })) } : {}),
  };
}
