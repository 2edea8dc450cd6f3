import { PlainError } from '../registry/plain-error.js';
import type { AdmittedBy } from './limiter.js';

export const OVERLOADED_TEXT = 'Too many requests, please try again later.';

/** The server has no room for a request. Over REST its answer is the bare text. */
export class Overloaded extends PlainError {
  readonly by: AdmittedBy | undefined;

  constructor(retryAfterSeconds: number, by?: AdmittedBy) {
    super({ code: 429, reason: 'TooManyRequests', message: OVERLOADED_TEXT, details: { retryAfterSeconds } });
    this.by = by;
  }
}
