import type { Logger } from '@keelson/service';
import type { User } from '../auth/user.js';
import type { RequestRecord } from './request-record.js';

/** Who asks, and for how long the answer is wanted. */
export interface RequestContext {
  readonly user: User;
  readonly userAgent: string;
  /** Aborts when the caller is gone or the server stops. */
  readonly signal: AbortSignal;
  readonly logger: Logger;
  /** Takes a text that travels beside the answer, whatever that will be; the same one counts once. */
  readonly warn: Warn;
  /** The server itself, of itself: it may be where no other machine can reach it. */
  readonly isServer?: true;
  /** Takes a fact that is recorded beside the request where requests are recorded. */
  readonly annotate?: ((key: string, value: string) => void) | undefined;
  /** Absent: nobody wants to know more of the request. */
  readonly record?: RequestRecord | undefined;
}

export type Warn = (text: string) => void;
