import type { Status } from '@keelson/api';
import { rfc3339Micro } from '@keelson/service';
import type { Level, Stage } from './policy.js';

export interface ObjectReference {
  resource?: string;
  namespace?: string;
  name?: string;
  uid?: string;
  apiGroup?: string;
  apiVersion?: string;
  resourceVersion?: string;
  subresource?: string;
}

/** authentication.k8s.io's, with nothing in it for whom nobody knows. */
export interface AuditedUser {
  readonly username?: string;
  readonly uid?: string;
  readonly groups?: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** audit.k8s.io's Event without what the client and the server sent. */
export interface EventFacts {
  readonly level: Level;
  readonly auditID: string;
  readonly stage: Stage;
  readonly requestURI: string;
  readonly verb: string;
  readonly user: AuditedUser;
  readonly impersonatedUser: AuditedUser | undefined;
  /** The verb by which the user might act as the other one, where that was no verb for everything. */
  readonly impersonationConstraint: string | undefined;
  readonly sourceIPs: readonly string[];
  readonly userAgent: string;
  readonly objectRef: ObjectReference | undefined;
  readonly responseStatus: Partial<Status> | undefined;
  /** Milliseconds, with their fractions. */
  readonly receivedMs: number;
  readonly stageMs: number;
  readonly annotations: Readonly<Record<string, string>> | undefined;
}

/** Objects as JSON texts. */
export interface EventObjects {
  readonly request?: string | undefined;
  readonly response?: string | undefined;
}

export const AUDIT_VERSION = 'audit.k8s.io/v1';

/** One stage of one request. Its JSON is made once, whoever writes it. */
export class AuditEvent {
  readonly facts: EventFacts;
  readonly #objects: EventObjects;
  #json: string | undefined;

  constructor(facts: EventFacts, objects: EventObjects = {}) {
    this.facts = facts;
    this.#objects = objects;
  }

  /** With its kind and version, on one line. */
  get json(): string {
    this.#json ??= jsonOf(this.facts, this.#objects);
    return this.#json;
  }

  get bytes(): number {
    return Buffer.byteLength(this.json);
  }

  /** The same without what was sent, and with a note that something is missing. */
  truncated(): AuditEvent {
    const annotations = { ...this.facts.annotations, 'audit.k8s.io/truncated': 'true' };
    return new AuditEvent({ ...this.facts, annotations });
  }
}

/** Put together from texts: it is made for every stage of every request. */
function jsonOf(facts: EventFacts, { request, response }: EventObjects): string {
  const { impersonatedUser, impersonationConstraint: constraint, sourceIPs, userAgent, objectRef, annotations } = facts;
  const { responseStatus: status } = facts;
  let text = `{"kind":"Event","apiVersion":"${AUDIT_VERSION}","level":"${facts.level}","auditID":${quoted(facts.auditID)}`;
  text += `,"stage":"${facts.stage}","requestURI":${quoted(facts.requestURI)},"verb":${quoted(facts.verb)}`;
  text += `,"user":${JSON.stringify(facts.user)}`;
  if (impersonatedUser !== undefined) text += `,"impersonatedUser":${JSON.stringify(impersonatedUser)}`;
  if (constraint !== undefined) text += `,"authenticationMetadata":{"impersonationConstraint":${quoted(constraint)}}`;
  if (sourceIPs.length > 0) text += `,"sourceIPs":${JSON.stringify(sourceIPs)}`;
  if (userAgent !== '') text += `,"userAgent":${quoted(userAgent)}`;
  if (objectRef !== undefined) text += `,"objectRef":${JSON.stringify(objectRef)}`;
  if (status !== undefined) text += `,"responseStatus":${JSON.stringify({ metadata: {}, ...status })}`;
  if (request !== undefined) text += `,"requestObject":${request}`;
  if (response !== undefined) text += `,"responseObject":${response}`;
  text += `,"requestReceivedTimestamp":"${rfc3339Micro(facts.receivedMs)}"`;
  text += `,"stageTimestamp":"${rfc3339Micro(facts.stageMs)}"`;
  if (annotations !== undefined) text += `,"annotations":${JSON.stringify(annotations)}`;
  return `${text}}`;
}

const quoted = (text: string) => JSON.stringify(text);
