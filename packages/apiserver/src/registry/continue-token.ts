import { apiErrors } from '@keelson/api';

/** Where a chunked list goes on: the revision that all its chunks show and the path it has come to. */
export interface ContinueToken {
  readonly revision: number;
  readonly after: string;
}

const API_VERSION = 'meta.k8s.io/v1';

/** Upstream's form; opaque to clients. */
export function encodeContinueToken({ revision, after }: ContinueToken): string {
  return Buffer.from(JSON.stringify({ v: API_VERSION, rv: revision, start: after })).toString('base64url');
}

export function decodeContinueToken(text: string): ContinueToken {
  let token: { v?: unknown; rv?: unknown; start?: unknown } | null;
  try {
    token = JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch (error) {
    throw apiErrors.badRequest(`continue key is not valid: ${(error as Error).message}`);
  }
  const { v, rv, start } = token ?? {};
  if (v !== API_VERSION || !Number.isSafeInteger(rv) || typeof start !== 'string' || start === '') {
    throw apiErrors.badRequest('continue key is not valid: server does not recognize this encoded version');
  }
  return { revision: rv as number, after: start };
}

/** The answer when a token's revision was compacted: with it comes a token to go on at the newest revision. */
export function expiredToken(after: string): Error {
  return apiErrors.expired(
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without ' +
      'the continue parameter, or use the continue token in this response to retrieve the remainder of the results. ' +
      'Continuing with the provided token results in an inconsistent list - objects that were created, modified, or ' +
      'deleted between the time the first chunk was returned and now may show up in the list.',
    encodeContinueToken({ revision: -1, after }),
  );
}
