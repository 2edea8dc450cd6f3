/** Names of pools, attributes, requests and the like. */
import { type FieldError, invalid, type Path, required, tooLong } from '../../field-errors.js';
import { cIdentifierErrors } from '../../names.js';
import { driverName } from '../core/volumes/source-rules.js';
import { dnsSubdomain } from '../rules.js';

const POOL_NAME_MAX = 253;
const DOMAIN_MAX = 63;
const IDENTIFIER_MAX = 32;
/** Of an attribute's or capacity's name, domain and all. */
export const QUALIFIED_NAME_MAX = DOMAIN_MAX + 1 + IDENTIFIER_MAX;

export function validatePoolName(name: string | undefined, path: Path): FieldError[] {
  const value = name ?? '';
  if (value === '') return [required(path)];
  return [
    ...(Buffer.byteLength(value) > POOL_NAME_MAX ? [tooLong(path, POOL_NAME_MAX)] : []),
    ...value.split('/').flatMap((part) => dnsSubdomain(part, path)),
  ];
}

function validateIdentifier(value: string, path: Path): FieldError[] {
  return [
    ...(Buffer.byteLength(value) > IDENTIFIER_MAX ? [tooLong(path, IDENTIFIER_MAX)] : []),
    ...cIdentifierErrors(value).map((text) => invalid(path, value, text)),
  ];
}

/** A name, or a domain with a name. */
export function validateQualifiedName(name: string, path: Path): FieldError[] {
  const [first = '', second, ...more] = name.split('/');
  if (second === undefined) return validateIdentifier(first, path);
  if (more.length > 0) return [];
  return [
    ...(first === '' ? [invalid(path, '', 'the domain must not be empty')] : driverName(first, path)),
    ...(second === '' ? [invalid(path, '', 'the name must not be empty')] : validateIdentifier(second, path)),
  ];
}

export function validateFullyQualifiedName(name: string, path: Path): FieldError[] {
  const errors = validateQualifiedName(name, path);
  if (name.includes('/')) return errors;
  return [...errors, invalid(path, name, 'a fully qualified name must be a domain and a name separated by a slash')];
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Texts that are identifiers in another form, or none, are refused as upstream's library does. */
export function validateUid(value: string, path: Path): FieldError[] {
  const problem = uuidProblem(value);
  if (problem !== undefined) return [invalid(path, value, `error validating uid: ${problem}`)];
  if (value.length === 36 && value === value.toLowerCase()) return [];
  const text =
    'uid must be in RFC 4122 normalized form, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` with lowercase hexadecimal characters';
  return [invalid(path, value, text)];
}

function uuidProblem(value: string): string | undefined {
  const length = Buffer.byteLength(value);
  if (length === 32) return /^[0-9a-f]{32}$/i.test(value) ? undefined : 'invalid UUID format';
  if (length === 36) return UUID.test(value) ? undefined : 'invalid UUID format';
  if (length === 36 + 9) {
    const prefix = value.slice(0, 9);
    if (prefix.toLowerCase() !== 'urn:uuid:') return `invalid urn prefix: ${JSON.stringify(prefix)}`;
    return UUID.test(value.slice(9)) ? undefined : 'invalid UUID format';
  }
  if (length !== 36 + 2) return `invalid UUID length: ${length}`;
  if (!value.startsWith('{') || !value.endsWith('}')) return 'invalid bracketed UUID format';
  return UUID.test(value.slice(1, -1)) ? undefined : 'invalid UUID format';
}
