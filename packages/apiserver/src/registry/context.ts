import type { Identity, Logger } from '@keelson/service';

/** Who asks, and for how long the answer is wanted. */
export interface RequestContext {
  readonly user: Identity;
  readonly userAgent: string;
  /** Aborts when the caller is gone or the server stops. */
  readonly signal: AbortSignal;
  readonly logger: Logger;
}

/** Warnings that travel beside an answer. */
export type Warn = (text: string) => void;
