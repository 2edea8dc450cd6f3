import { type FunctionDeclaration, member, overload } from '../check/functions.js';
import { listOf, optionalOf, STRING, structType, type Type } from '../types/type.js';
import { ArrayList } from '../values/collections.js';
import { NO_SUCH_OVERLOAD } from '../values/compare.js';
import { CelTimestamp } from '../values/time.js';
import { type CelError, CelObject, CelOptional, type Value } from '../values/value.js';
import { parseRequestUri, UriError } from './uri.js';

export const FORMAT = structType('kubernetes.NamedFormat');

export class CelFormat extends CelObject {
  readonly name: string;
  readonly validate: (text: string) => readonly string[];
  /** Length of the pattern behind it, for costs. */
  readonly regexSize: number;

  constructor(name: string, regexSize: number, validate: (text: string) => readonly string[]) {
    super();
    this.name = name;
    this.regexSize = regexSize;
    this.validate = validate;
  }

  override get type(): Type {
    return FORMAT;
  }

  equals(other: CelObject): boolean | CelError {
    return other instanceof CelFormat ? this.name === other.name : NO_SUCH_OVERLOAD;
  }
}

function regexProblem(problem: string, pattern: string, ...examples: string[]): string {
  const shown = examples.map((it) => `'${it}', `).join(' or ');
  return `${problem} (e.g. ${shown}regex used for validation is '${pattern}')`;
}

const tooLong = (max: number) => `must be no more than ${max} bytes`;
const bytes = (text: string) => Buffer.byteLength(text);

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const LABEL_1035 = '[a-z]([-a-z0-9]*[a-z0-9])?';
const NAME = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';

const isLabel = (text: string) => /^[a-z0-9-]+$/.test(text) && !text.startsWith('-') && !text.endsWith('-');
const isName = (text: string) =>
  /^[-A-Za-z0-9_.]+$/.test(text) && /^[A-Za-z0-9]/.test(text) && /[A-Za-z0-9]$/.test(text);

function dns1123Label(text: string): string[] {
  const problems = bytes(text) > 63 ? [tooLong(63)] : [];
  if (isLabel(text)) return problems;
  const problem =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";
  return [...problems, regexProblem(problem, LABEL, 'my-name', '123-abc')];
}

function dns1123Subdomain(text: string): string[] {
  const problems = bytes(text) > 253 ? [tooLong(253)] : [];
  if (text.split('.').every(isLabel)) return problems;
  const problem =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
  return [...problems, regexProblem(problem, `${LABEL}(\\.${LABEL})*`, 'example.com')];
}

function dns1035Label(text: string): string[] {
  const problems = bytes(text) > 63 ? [tooLong(63)] : [];
  if (isLabel(text) && /^[a-z]/.test(text)) return problems;
  const problem =
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character";
  return [...problems, regexProblem(problem, LABEL_1035, 'my-name', 'abc-123')];
}

const KEY_PROBLEM =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";

function qualifiedName(text: string): string[] {
  const parts = text.split('/');
  const name = parts.length === 2 ? parts[1]! : parts[0]!;
  if (parts.length > 2) {
    const problem = regexProblem(`a valid label key ${KEY_PROBLEM}`, NAME, 'MyName', 'my.name', '123-abc');
    return [`${problem} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  }
  const problems: string[] = [];
  if (parts.length === 2) {
    if (parts[0] === '') problems.push('prefix part must be non-empty');
    else problems.push(...dns1123Subdomain(parts[0]!).map((it) => `prefix part ${it}`));
  }
  if (name === '') problems.push('name part must be non-empty');
  else if (bytes(name) > 63) problems.push(`name part ${tooLong(63)}`);
  if (!isName(name)) problems.push(`name part ${regexProblem(KEY_PROBLEM, NAME, 'MyName', 'my.name', '123-abc')}`);
  return problems;
}

function labelValue(text: string): string[] {
  const problems = bytes(text) > 63 ? [tooLong(63)] : [];
  if (text === '' || isName(text)) return problems;
  const problem =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
  return [...problems, regexProblem(problem, `(${NAME})?`, 'MyValue', 'my_value', '12345')];
}

/** Of a prefix a dash at the end is fine, since something follows it. */
const prefixOf = (validate: (text: string) => string[]) => (text: string) =>
  validate(text.length > 1 && text.endsWith('-') ? `${text.slice(0, -2)}a` : text);

function uri(text: string): string[] {
  try {
    parseRequestUri(text);
    return [];
  } catch (error) {
    if (error instanceof UriError) return [error.message];
    throw error;
  }
}

const unless = (holds: (text: string) => boolean, problem: string) => (text: string) => (holds(text) ? [] : [problem]);

const isUuid = (text: string) => /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i.test(text);
const isBase64 = (text: string) => text !== '' && text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
const isDateTime = (text: string) =>
  CelTimestamp.parse(
    text
      .replace('t', 'T')
      .replace('z', 'Z')
      .replace(/([+-]\d\d)(\d\d)$/, '$1:$2'),
  ) !== undefined;

const FORMATS: ReadonlyMap<string, CelFormat> = new Map([
  ['dns1123Label', new CelFormat('DNS1123Label', 30, dns1123Label)],
  ['dns1123Subdomain', new CelFormat('DNS1123Subdomain', 60, dns1123Subdomain)],
  ['dns1035Label', new CelFormat('DNS1035Label', 30, dns1035Label)],
  ['qualifiedName', new CelFormat('QualifiedName', 60, qualifiedName)],
  ['dns1123LabelPrefix', new CelFormat('DNS1123LabelPrefix', 30, prefixOf(dns1123Label))],
  ['dns1123SubdomainPrefix', new CelFormat('DNS1123SubdomainPrefix', 60, prefixOf(dns1123Subdomain))],
  ['dns1035LabelPrefix', new CelFormat('DNS1035LabelPrefix', 30, prefixOf(dns1035Label))],
  ['labelValue', new CelFormat('LabelValue', 40, labelValue)],
  ['uri', new CelFormat('URI', 1222, uri)],
  ['uuid', new CelFormat('uuid', 78, unless(isUuid, 'does not match the UUID format'))],
  ['byte', new CelFormat('byte', 84, unless(isBase64, 'invalid base64'))],
  [
    'date',
    new CelFormat(
      'date',
      92,
      unless((text) => CelTimestamp.parseDate(text) !== undefined, 'invalid date'),
    ),
  ],
  ['datetime', new CelFormat('datetime', 92, unless(isDateTime, 'invalid datetime'))],
]);

function validate(format: Value, text: Value): Value {
  const problems = (format as CelFormat).validate(text as string);
  return problems.length === 0 ? CelOptional.NONE : new CelOptional(new ArrayList(problems));
}

function named(name: Value): Value {
  const format = FORMATS.get(name as string);
  return format ? new CelOptional(format) : CelOptional.NONE;
}

export const NAMED_FORMATS: readonly FunctionDeclaration[] = [
  ...[...FORMATS].map(([name, format]) => ({
    name: `format.${name}`,
    overloads: [overload(`format.${name}`, [], FORMAT, () => format)],
  })),
  {
    name: 'validate',
    overloads: [member('format-validate', [FORMAT, STRING], optionalOf(listOf(STRING)), validate)],
  },
  { name: 'format.named', overloads: [overload('format-named', [STRING], optionalOf(FORMAT), named)] },
];
