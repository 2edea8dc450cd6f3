import type { RequestOptions, RequestVerb, Status, WatchEventType } from '@keelson/api';

/** A request as either door can be asked it. */
export interface Call {
  readonly verb: Exclude<RequestVerb, 'watch'>;
  /** `pods`, or `apps/v1/deployments`. */
  readonly resource: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly subresource?: string;
  readonly options?: RequestOptions;
  /** Bytes, or a value that is sent as JSON. */
  readonly body?: unknown;
  /** Of a patch. */
  readonly patchType?: string;
  /** Asks for a Table whose rows carry so much of their objects. */
  readonly table?: string;
  readonly as?: Caller;
}

export type WatchCall = Omit<Call, 'verb' | 'body' | 'patchType' | 'subresource' | 'name'>;

/** Who asks: with a certificate of the world's, or a token, or nothing; and the headers that go with the request. */
export interface Caller {
  readonly cert?: string;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
}

export interface Outcome {
  /** What was answered, or undefined where the request was refused. */
  readonly object?: unknown;
  readonly refused?: Status;
  readonly warnings: readonly string[];
  /** Those headers of an answer that both doors have. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface DoorEvent {
  readonly type: WatchEventType;
  readonly object: unknown;
}

/** A watch that stands. */
export interface DoorWatch {
  readonly warnings: readonly string[];
  /** Ends with the watch; a Status that ends it is thrown as {@link Refused}. */
  readonly events: AsyncIterator<DoorEvent>;
  close(): void;
}

export class Refused extends Error {
  readonly outcome: Outcome;

  constructor(outcome: Outcome) {
    super(outcome.refused?.message);
    this.outcome = outcome;
  }
}

/** One of the doors, as its clients see it. */
export interface Door {
  readonly name: 'REST' | 'gRPC';
  ask(call: Call): Promise<Outcome>;
  /** Throws {@link Refused}. */
  watch(call: WatchCall): Promise<DoorWatch>;
  /** What there is to ask for: the groups and their resources. */
  discover(as?: Caller): Promise<Outcome>;
  /** What a pod's container has written. */
  logs(namespace: string, pod: string, container: string, as?: Caller): Promise<Outcome>;
  /** How an exec or an attach to a pod is refused. */
  refusedStream(verb: 'exec' | 'attach', namespace: string, pod: string, as?: Caller): Promise<Outcome>;
  close(): void;
}

/** Of an answer; those that are there. */
export const COMPARED_HEADERS = [
  'audit-id',
  'x-kubernetes-pf-flowschema-uid',
  'x-kubernetes-pf-prioritylevel-uid',
] as const;

/** What writes are recorded to be made by. */
export const USER_AGENT = 'doors/1';

export function typeOf(resource: string): { group: string; version: string; resource: string } {
  const parts = resource.split('/');
  if (parts.length === 1) return { group: '', version: 'v1', resource };
  const [group = '', version = '', plural = ''] = parts;
  return { group, version, resource: plural };
}

export function bytesOf(body: unknown): Buffer {
  if (body === undefined) return Buffer.alloc(0);
  return Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
}
