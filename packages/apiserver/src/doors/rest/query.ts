import { apiErrors, type RequestOptions } from '@keelson/api';

/** metav1's options from a URL's query. Throws 400 on numbers and truths that are none. */
export function optionsOf(query: URLSearchParams): RequestOptions {
  const text = (name: string) => query.get(name) ?? undefined;
  return {
    resourceVersion: text('resourceVersion'),
    resourceVersionMatch: text('resourceVersionMatch'),
    labelSelector: text('labelSelector'),
    fieldSelector: text('fieldSelector'),
    limit: integer(text('limit')),
    continueToken: text('continue'),
    allowWatchBookmarks: truth(text('allowWatchBookmarks')),
    sendInitialEvents: truth(text('sendInitialEvents')),
    timeoutSeconds: integer(text('timeoutSeconds')),
    dryRun: query.has('dryRun') ? query.getAll('dryRun') : undefined,
    fieldManager: text('fieldManager'),
    fieldValidation: text('fieldValidation'),
    force: truth(text('force')),
  };
}

export function isWatch(query: URLSearchParams): boolean {
  return truth(query.get('watch') ?? undefined) ?? false;
}

export function integer(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  if (/^[+-]?\d+$/.test(text)) return Number(text);
  throw apiErrors.badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
}

/** Upstream reads any value but these as true, and a bare key too. */
export function truth(text: string | undefined): boolean | undefined {
  if (text === undefined) return undefined;
  return text.toLowerCase() !== 'false' && text !== '0';
}

/** The form in which DeleteOptions come in a query, for clients that send no body. */
export function deleteOptionsIn(query: URLSearchParams): object | undefined {
  const gracePeriodSeconds = integer(query.get('gracePeriodSeconds') ?? undefined);
  const orphanDependents = truth(query.get('orphanDependents') ?? undefined);
  const propagationPolicy = query.get('propagationPolicy') ?? undefined;
  const dryRun = query.has('dryRun') ? query.getAll('dryRun') : undefined;
  const options = { gracePeriodSeconds, orphanDependents, propagationPolicy, dryRun };
  return Object.values(options).some((value) => value !== undefined) ? options : undefined;
}
