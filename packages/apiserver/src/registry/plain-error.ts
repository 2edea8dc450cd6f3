import { ApiError } from '@keelson/api';

/** An error whose answer over REST is its bare text. */
export class PlainError extends ApiError {}
