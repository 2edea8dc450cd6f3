import { PlainError } from './plain-error.js';

/** Nothing is behind a path: HTTP clients are told so in a text, not in a Status. */
export class PageNotFound extends PlainError {
  constructor() {
    super({ code: 404, reason: 'NotFound', message: '404 page not found', details: {} });
  }
}
