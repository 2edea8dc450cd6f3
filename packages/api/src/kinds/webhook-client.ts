/** Where the server calls others: admission, conversion. */
import { parseUrl, UriError, type Url } from '@keelson/cel';
import { type FieldError, invalid, type Path, required } from '../field-errors.js';
import { dns1035LabelErrors, dns1123SubdomainErrors, portNumberErrors } from '../names.js';
import { caBundleProblem } from './ca-bundle.js';

interface ServiceReference {
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly path?: string | undefined;
  readonly port?: number | undefined;
}

interface WebhookClient {
  readonly url?: string | undefined;
  readonly service?: ServiceReference | undefined;
}

/** A client calls a URL or a Service. */
export function validateWebhookClient({ url, service }: WebhookClient, at: Path): FieldError[] {
  if (url !== undefined && service === undefined) return validateUrl(url, at.child('url'));
  if (url === undefined && service !== undefined) return validateService(service, at.child('service'));
  return [required(at, 'exactly one of url or service is required')];
}

const FORM = '; desired format: https://host[/path]';

function validateUrl(text: string, at: Path): FieldError[] {
  let url: Url;
  try {
    url = parseUrl(text);
  } catch (error) {
    if (!(error instanceof UriError)) throw error;
    return [required(at, `url must be a valid URL: ${error.message}${FORM}`)];
  }
  const { scheme, host, user, fragment, rawQuery } = url;
  const errors: FieldError[] = [];
  if (scheme !== 'https') errors.push(invalid(at, scheme, `'https' is the only allowed URL scheme${FORM}`));
  if (host === '') errors.push(invalid(at, host, `host must be specified${FORM}`));
  if (user !== undefined) errors.push(invalid(at, user, 'user information is not permitted in the URL'));
  if (fragment !== '') errors.push(invalid(at, fragment, 'fragments are not permitted in the URL'));
  if (rawQuery !== '') errors.push(invalid(at, rawQuery, 'query parameters are not permitted in the URL'));
  return errors;
}

/** A missing namespace has always been told of as a missing name, and the other way round. */
function validateService({ namespace, name, path, port = 0 }: ServiceReference, at: Path): FieldError[] {
  const errors: FieldError[] = [];
  if (!namespace) errors.push(required(at.child('name')));
  if (!name) errors.push(required(at.child('namespace')));
  const wrong = portNumberErrors(port);
  if (wrong.length > 0) errors.push(invalid(at.child('port'), port, `port is not valid: ${wrong.join(', ')}`));
  return [...errors, ...validatePath(path, at.child('path'))];
}

function validatePath(path: string | undefined, at: Path): FieldError[] {
  if (path === undefined || path === '' || path === '/') return [];
  if (path === '//') return [invalid(at, path, 'segment[0] may not be empty')];
  const errors = path.startsWith('/') ? [] : [invalid(at, path, "must start with a '/'")];
  const segments = path.slice(1).replace(/\/$/, '').split('/');
  for (const [index, segment] of segments.entries()) {
    if (segment === '') errors.push(invalid(at, path, `segment[${index}] may not be empty`));
    else errors.push(...dns1123SubdomainErrors(segment).map((text) => invalid(at, path, `segment[${index}]: ${text}`)));
  }
  return errors;
}

export function validateCaBundle(bundle: string, at: Path): FieldError[] {
  const problem = caBundleProblem(Buffer.from(bundle, 'base64'));
  return problem === undefined ? [] : [invalid(at, bundle, problem)];
}

interface ReviewVersions {
  /** What is said where there are none. */
  readonly missing: string;
  /** Whether one of them must be known to this server. */
  readonly known: boolean;
}

const KNOWN_VERSIONS = ['v1', 'v1beta1'];

/** Versions of reviews that a webhook understands. */
export function validateReviewVersions(
  versions: readonly string[],
  at: Path,
  { missing, known }: ReviewVersions,
): FieldError[] {
  if (versions.length === 0) return [required(at, missing)];
  const seen = new Set<string>();
  const errors: FieldError[] = [];
  for (const [index, version] of versions.entries()) {
    const own = at.index(index);
    if (seen.has(version)) errors.push(invalid(own, version, 'duplicate version'));
    else errors.push(...dns1035LabelErrors(version).map((text) => invalid(own, version, text)));
    seen.add(version);
  }
  if (known && !hasKnownReviewVersion(versions)) {
    errors.push(invalid(at, versions, `must include at least one of ${KNOWN_VERSIONS.join(', ')}`));
  }
  return errors;
}

export const hasKnownReviewVersion = (versions: readonly string[]): boolean =>
  versions.some((version) => KNOWN_VERSIONS.includes(version));

export const NO_REVIEW_VERSIONS = `must specify one of ${KNOWN_VERSIONS.join(', ')}`;
