import type { RequestOptions } from '@keelson/api';
import type { AuthorizationAttributes, Waiting } from '../auth/authorizer.js';
import type { WatchStream } from '../registry/watch.js';

/** What a request goes through before anything is done for it. */
export interface Limiter {
  /** Requests that are served, without watches and streams. */
  readonly inFlight: { readonly readOnly: number; readonly mutating: number };
  /**
   * At once where there is room, or when there is. Throws an {@link Overloaded} where there is none, and the signal's
   * reason when the caller leaves while waiting.
   */
  admit(
    asked: AuthorizationAttributes,
    options: RequestOptions | undefined,
    waiting: Waiting,
  ): Ticket | Promise<Ticket>;
}

/** A request's place among those that are served. */
export interface Ticket {
  /** By what it was admitted, for the caller to see. */
  readonly by: AdmittedBy | undefined;
  /** The request is a watch that stands from now on: it is over for the limiter once it has begun. */
  watching(stream: WatchStream): void;
  /** The request is over. More than once is once. */
  release(): void;
}

/** Unique ids: names would tell a caller how important others are. */
export interface AdmittedBy {
  readonly schemaUid: string;
  readonly levelUid: string;
}

/** Headers of an answer, and metadata of one over gRPC. */
export function admittedHeaders({ schemaUid, levelUid }: AdmittedBy): [name: string, value: string][] {
  return [
    ['x-kubernetes-pf-flowschema-uid', schemaUid],
    ['x-kubernetes-pf-prioritylevel-uid', levelUid],
  ];
}

/** Of what nobody limits. */
export const FREE: Ticket = { by: undefined, watching() {}, release() {} };
