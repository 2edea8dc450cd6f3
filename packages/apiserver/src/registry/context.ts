import type { Logger } from '@keelson/service';
import type { User } from '../auth/user.js';

/** Who asks, and for how long the answer is wanted. */
export interface RequestContext {
  readonly user: User;
  readonly userAgent: string;
  /** Aborts when the caller is gone or the server stops. */
  readonly signal: AbortSignal;
  readonly logger: Logger;
}

/** Warnings that travel beside an answer. */
export type Warn = (text: string) => void;
