import {
  ApiError,
  apiErrors,
  type DeleteOptions,
  type FieldError,
  fieldErrors,
  type RequestOptions,
} from '@keelson/api';

/** The rules of metav1's options, which hold for every kind. */

export type OptionsKind = 'ListOptions' | 'CreateOptions' | 'UpdateOptions' | 'PatchOptions' | 'DeleteOptions';

function refuse(kind: OptionsKind, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw apiErrors.invalid({ group: 'meta.k8s.io', kind }, '', errors);
}

const FIELD_MANAGER_MAX = 128;
const FIELD_VALIDATIONS = ['', 'Ignore', 'Strict', 'Warn'] as const;
export type FieldValidation = Exclude<(typeof FIELD_VALIDATIONS)[number], ''>;

export function checkWriteOptions(kind: OptionsKind, options: RequestOptions): void {
  refuse(kind, [
    ...dryRunErrors(options.dryRun),
    ...fieldManagerErrors(options.fieldManager ?? ''),
    ...fieldValidationErrors(options.fieldValidation),
  ]);
}

/** A patch says whether it is an apply by its media type; only then may it force, and then it must say who applies. */
export function checkPatchOptions(options: RequestOptions, isApply: boolean): void {
  const errors: FieldError[] = [];
  if (isApply && !options.fieldManager)
    errors.push({ type: 'FieldValueRequired', field: 'fieldManager', detail: 'is required for apply patch' });
  if (!isApply && options.force !== undefined)
    errors.push(fieldErrors.forbidden('force', 'may not be specified for non-apply patch'));
  refuse('PatchOptions', [
    ...errors,
    ...dryRunErrors(options.dryRun),
    ...fieldManagerErrors(options.fieldManager ?? ''),
    ...fieldValidationErrors(options.fieldValidation),
  ]);
}

export function fieldValidationOf(options: RequestOptions): FieldValidation {
  return (options.fieldValidation || 'Warn') as FieldValidation;
}

export function isDryRun(options: { dryRun?: readonly string[] | undefined }): boolean {
  return (options.dryRun ?? []).length > 0;
}

function dryRunErrors(dryRun: readonly string[] | undefined): FieldError[] {
  if ((dryRun ?? []).every((value) => value === 'All')) return [];
  return [fieldErrors.notSupported('dryRun', dryRun, ['All'])];
}

function fieldManagerErrors(manager: string): FieldError[] {
  const errors: FieldError[] = [];
  if (Buffer.byteLength(manager) > FIELD_MANAGER_MAX)
    errors.push(fieldErrors.tooLong('fieldManager', FIELD_MANAGER_MAX));
  const bad = [...manager].findIndex((char) => /\p{C}/u.test(char));
  if (bad >= 0) {
    const code = [...manager][bad]!.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
    errors.push(fieldErrors.invalid('fieldManager', manager, `invalid character U+${code} (at position ${bad})`));
  }
  return errors;
}

function fieldValidationErrors(value: string | undefined): FieldError[] {
  if (value === undefined || FIELD_VALIDATIONS.includes(value as FieldValidation)) return [];
  return [fieldErrors.notSupported('fieldValidation', value, FIELD_VALIDATIONS)];
}

const PROPAGATIONS = ['Foreground', 'Background', 'Orphan', 'nil'] as const;

/** Longer than anybody waits, and short enough for its end to be a time. */
const GRACE_SECONDS_MAX = 2 ** 31 - 1;

export function checkDeleteOptions(options: DeleteOptions): void {
  const errors = dryRunErrors(options.dryRun);
  const { propagationPolicy, orphanDependents, gracePeriodSeconds = 0 } = options;
  if (gracePeriodSeconds > GRACE_SECONDS_MAX) {
    const text = `must be less than or equal to ${GRACE_SECONDS_MAX}`;
    errors.push(fieldErrors.invalid('gracePeriodSeconds', gracePeriodSeconds, text));
  }
  if (propagationPolicy !== undefined && orphanDependents !== undefined) {
    errors.push(
      fieldErrors.invalid(
        'propagationPolicy',
        propagationPolicy,
        'orphanDependents and deletionPropagation cannot be both set',
      ),
    );
  }
  if (propagationPolicy !== undefined && !['Foreground', 'Background', 'Orphan'].includes(propagationPolicy)) {
    errors.push(fieldErrors.notSupported('propagationPolicy', propagationPolicy, PROPAGATIONS));
  }
  refuse('DeleteOptions', errors);
}

export function checkListOptions({
  resourceVersion = '',
  resourceVersionMatch = '',
  ...options
}: RequestOptions): void {
  const errors: FieldError[] = [];
  if (options.sendInitialEvents !== undefined) {
    errors.push(fieldErrors.forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  }
  if (resourceVersionMatch !== '') {
    if (resourceVersion === '') {
      const text = 'resourceVersionMatch is forbidden unless resourceVersion is provided';
      errors.push(fieldErrors.forbidden('resourceVersionMatch', text));
    }
    if ((options.continueToken ?? '') !== '') {
      errors.push(
        fieldErrors.forbidden('resourceVersionMatch', 'resourceVersionMatch is forbidden when continue is provided'),
      );
    }
    if (!['Exact', 'NotOlderThan'].includes(resourceVersionMatch)) {
      errors.push(
        fieldErrors.notSupported('resourceVersionMatch', resourceVersionMatch, ['Exact', 'NotOlderThan', '']),
      );
    } else if (resourceVersionMatch === 'Exact' && resourceVersion === '0') {
      const text = 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"';
      errors.push(fieldErrors.forbidden('resourceVersionMatch', text));
    }
  }
  refuse('ListOptions', errors);
}

/** Where a watch begins. */
export type WatchStart =
  | { readonly from: 'now' }
  /** With ADDED events of what is there; `end`: closed by a bookmark. Revision 0: any; `fresh`: the store's newest. */
  | { readonly from: 'state'; readonly end: boolean; readonly revision: number; readonly fresh: boolean }
  | { readonly from: 'revision'; readonly revision: number };

/** The rules for watches of resourceVersion, resourceVersionMatch and sendInitialEvents. */
export function watchStart(options: RequestOptions): WatchStart {
  const { resourceVersion = '', sendInitialEvents, resourceVersionMatch = '', allowWatchBookmarks } = options;
  const errors: FieldError[] = [];
  if (sendInitialEvents !== undefined) {
    if (resourceVersionMatch !== 'NotOlderThan') {
      const text = 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan';
      errors.push(fieldErrors.forbidden('resourceVersionMatch', text));
    }
    if (sendInitialEvents && allowWatchBookmarks !== true) {
      const text = 'sendInitialEvents requires setting allowWatchBookmarks to true';
      errors.push(fieldErrors.forbidden('allowWatchBookmarks', text));
    }
  } else if (resourceVersionMatch !== '') {
    const text = 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided';
    errors.push(fieldErrors.forbidden('resourceVersionMatch', text));
  }
  refuse('ListOptions', errors);
  const revision = parseResourceVersion(resourceVersion);
  const fresh = resourceVersion === '';
  if (sendInitialEvents === true) return { from: 'state', end: true, revision, fresh };
  if (revision > 0) return { from: 'revision', revision };
  if (sendInitialEvents === false) return { from: 'now' };
  return { from: 'state', end: allowWatchBookmarks === true, revision: 0, fresh };
}

/** 0 for an empty version. */
export function parseResourceVersion(text: string, wrap: (message: string) => Error = plainError): number {
  if (text === '') return 0;
  const revision = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(revision)) return revision;
  const quoted = JSON.stringify(text);
  throw wrap(`resourceVersion: Invalid value: ${quoted}: strconv.ParseUint: parsing ${quoted}: invalid syntax`);
}

/** An error that kube-apiserver does not expect from here: code 500 and no reason. */
function plainError(message: string): Error {
  return new ApiError({ code: 500, reason: '', message });
}

export function invalidListVersion(message: string): Error {
  return apiErrors.badRequest(`invalid resource version: ${message}`);
}

/** The error with which a watch from a forgotten revision is answered. */
export function tooOld(revision: number, oldest: number): Error {
  return apiErrors.expired(`too old resource version: ${revision} (${oldest})`);
}

export function tooLarge(revision: number, current: number): Error {
  return new ApiError({
    code: 504,
    reason: 'Timeout',
    message: `Timeout: Too large resource version: ${revision}, current: ${current}`,
    details: {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    },
  });
}
