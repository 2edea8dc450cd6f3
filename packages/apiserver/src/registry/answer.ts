import type { Kind, KubeObject, ListMeta, Status } from '@keelson/api';
import type { StoredObject } from '../storage/stored-object.js';
import { servedForm } from './served-form.js';
import type { WatchStream } from './watch.js';

/** What a request is answered with, before any encoding. */
export type Answer = ObjectAnswer | ListAnswer | StatusAnswer | WatchAnswer;

/** One object; `kind` says how it looks, which for subresources is not the kind that was asked. */
export interface ObjectAnswer {
  readonly type: 'object';
  /** 200, 201 or 202. */
  readonly code: number;
  readonly kind: Kind;
  /** With the version and form of `kind`. */
  readonly object: KubeObject;
  /** What it is the served form of, where it is one. */
  readonly stored?: StoredObject;
}

/** A stored object as an answer; it is read only where its text is not enough. */
export function storedAnswer(code: number, kind: Kind, stored: StoredObject): ObjectAnswer {
  return {
    type: 'object',
    code,
    kind,
    stored,
    get object() {
      return servedForm(kind, stored);
    },
  };
}

export interface ListAnswer {
  readonly type: 'list';
  readonly kind: Kind;
  readonly items: readonly StoredObject[];
  readonly metadata: ListMeta;
}

/** A Status, or an object of a kind that is not stored, such as a Scale or a TokenRequest. */
export interface StatusAnswer {
  readonly type: 'status';
  readonly code: number;
  readonly object: Status | object;
}

export interface WatchAnswer {
  readonly type: 'watch';
  /** As it was asked for. */
  readonly kind: Kind;
  readonly stream: WatchStream;
}

export function isStatus(object: object): object is Status {
  return (object as Partial<Status>).kind === 'Status';
}
