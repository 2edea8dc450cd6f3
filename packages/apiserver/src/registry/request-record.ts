import type { KubeObject, RequestBody, Status } from '@keelson/api';

/** What somebody wants to know of a request: told by whoever serves it, and kept elsewhere. */
export interface RequestRecord {
  /** Whether answers are to be told with what is in them. */
  readonly wantsAnswers: boolean;
  /** What the client sent, with its defaults; `fill` puts them in. */
  sent(object: KubeObject, fill: (copy: KubeObject) => void): void;
  /** What the client sent where that is no object of the kind that it asked for: a patch, options, a review. */
  sentBody(body: RequestBody): void;
  /** The Status that is answered. */
  answered(status: Status): void;
  /** What is answered, as JSON. */
  answeredWith(json: string): void;
}
