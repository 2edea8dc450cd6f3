/** Rules for names and label-like strings, in the words of k8s.io/apimachinery/pkg/util/validation. */

const dns1123Label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const dns1123Subdomain = `${dns1123Label}(\\.${dns1123Label})*`;
const dns1035Label = '[a-z]([-a-z0-9]*[a-z0-9])?';
const qualifiedName = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const labelValue = `(${qualifiedName})?`;
const configMapKey = '[-._a-zA-Z0-9]+';

function whole(pattern: string): RegExp {
  return new RegExp(`^${pattern}$`);
}

const PATTERNS = {
  dns1123Label: whole(dns1123Label),
  dns1123Subdomain: whole(dns1123Subdomain),
  wildcardSubdomain: whole(`\\*\\.${dns1123Subdomain}`),
  dns1035Label: whole(dns1035Label),
  qualifiedName: whole(qualifiedName),
  labelValue: whole(labelValue),
  configMapKey: whole(configMapKey),
};

function patternError(text: string, pattern: string, ...examples: string[]): string {
  if (examples.length === 0) return `${text} (regex used for validation is '${pattern}')`;
  const list = examples.map((example) => `'${example}', `).join(' or ');
  return `${text} (e.g. ${list}regex used for validation is '${pattern}')`;
}

export function maxLengthError(length: number): string {
  return `must be no more than ${length} characters`;
}

/** As those say it who count bytes. */
function maxBytesError(bytes: number): string {
  return `must be no more than ${bytes} bytes`;
}

const EMPTY_ERROR = 'must be non-empty';

export function dns1123LabelErrors(value: string): string[] {
  const errors = Buffer.byteLength(value) > 63 ? [maxLengthError(63)] : [];
  if (PATTERNS.dns1123Label.test(value)) return errors;
  if (PATTERNS.dns1123Subdomain.test(value)) return [...errors, 'must not contain dots'];
  const text =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";
  return [...errors, patternError(text, dns1123Label, 'my-name', '123-abc')];
}

export function dns1123SubdomainErrors(value: string): string[] {
  const errors = Buffer.byteLength(value) > 253 ? [maxLengthError(253)] : [];
  if (PATTERNS.dns1123Subdomain.test(value)) return errors;
  const text =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
  return [...errors, patternError(text, dns1123Subdomain, 'example.com')];
}

const underscoreLabel = '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const underscoreSubdomain = `${underscoreLabel}(\\.${underscoreLabel})*`;
const UNDERSCORE_PATTERN = new RegExp(`^${underscoreSubdomain}$`);

/** Where names are looked for may have underscores in them. */
export function underscoreSubdomainErrors(value: string): string[] {
  const errors = Buffer.byteLength(value) > 253 ? [maxLengthError(253)] : [];
  if (UNDERSCORE_PATTERN.test(value)) return errors;
  const text =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character";
  return [...errors, patternError(text, underscoreSubdomain, 'example.com')];
}

export function wildcardSubdomainErrors(value: string): string[] {
  const errors = Buffer.byteLength(value) > 253 ? [maxLengthError(253)] : [];
  if (PATTERNS.wildcardSubdomain.test(value)) return errors;
  const text =
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character";
  return [...errors, patternError(text, `\\*\\.${dns1123Subdomain}`, '*.example.com')];
}

export function dns1035LabelErrors(value: string): string[] {
  const errors = Buffer.byteLength(value) > 63 ? [maxLengthError(63)] : [];
  if (PATTERNS.dns1035Label.test(value)) return errors;
  const text =
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character";
  return [...errors, patternError(text, dns1035Label, 'my-name', 'abc-123')];
}

const QUALIFIED_NAME_TEXT =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";

/** Made once: a body may have a hundred thousand names that are none. */
const NO_QUALIFIED_NAME = patternError(QUALIFIED_NAME_TEXT, qualifiedName, 'MyName', 'my.name', '123-abc');
const NO_NAME_PART = `name part ${NO_QUALIFIED_NAME}`;
const NO_LABEL_VALUE = patternError(
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  ...([labelValue, 'MyValue', 'my_value', '12345'] as const),
);

export function qualifiedNameErrors(value: string): string[] {
  const parts = value.split('/');
  if (parts.length > 2) {
    return [
      `a valid label key ${NO_QUALIFIED_NAME} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const name = parts.at(-1) ?? '';
  return [...(parts.length === 2 ? prefixErrors(parts[0] ?? '') : []), ...namePartErrors(name)];
}

function prefixErrors(prefix: string): string[] {
  if (prefix === '') return [`prefix part ${EMPTY_ERROR}`];
  return dns1123SubdomainErrors(prefix).map((error) => `prefix part ${error}`);
}

function namePartErrors(name: string): string[] {
  const errors: string[] = [];
  if (name === '') errors.push(`name part ${EMPTY_ERROR}`);
  else if (Buffer.byteLength(name) > 63) errors.push(`name part ${maxBytesError(63)}`);
  if (!PATTERNS.qualifiedName.test(name)) errors.push(NO_NAME_PART);
  return errors;
}

export function labelValueErrors(value: string): string[] {
  const errors = Buffer.byteLength(value) > 63 ? [maxBytesError(63)] : [];
  if (PATTERNS.labelValue.test(value)) return errors;
  return [...errors, NO_LABEL_VALUE];
}

/** A name that is one segment of a URL path. */
export function pathSegmentErrors(value: string, isPrefix = false): string[] {
  if (!isPrefix && (value === '.' || value === '..')) return [`may not be '${value}'`];
  return ['/', '%'].filter((char) => value.includes(char)).map((char) => `may not contain '${char}'`);
}

export function cIdentifierErrors(value: string): string[] {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(value)) return [];
  const text =
    "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'";
  return [patternError(text, '[A-Za-z_][A-Za-z0-9_]*', 'my_name', 'MY_NAME', 'MyName')];
}

/** Names of environment variables: any printable ASCII but '='. */
export function relaxedEnvVarNameErrors(value: string): string[] {
  if (value === '') return ['environment variable name must be non-empty'];
  if (/^[\x20-\x3c\x3e-\x7e]+$/.test(value)) return [];
  return [`a valid environment variable name must consist only of printable ASCII characters other than '='`];
}

export function configMapKeyErrors(value: string): string[] {
  const errors = Buffer.byteLength(value) > 253 ? [maxLengthError(253)] : [];
  if (!PATTERNS.configMapKey.test(value)) {
    const text = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
    errors.push(patternError(text, configMapKey, 'key.name', 'KEY_NAME', 'key-name'));
  }
  return [...errors, ...chDirErrors(value)];
}

function chDirErrors(value: string): string[] {
  if (value === '.') return ["must not be '.'"];
  if (value === '..') return ["must not be '..'"];
  return value.startsWith('..') ? ["must not start with '..'"] : [];
}

/** IANA service names, as container ports and target ports have them. */
export function portNameErrors(value: string): string[] {
  const errors: string[] = [];
  if (Buffer.byteLength(value) > 15) errors.push(maxLengthError(15));
  if (!/^[a-z0-9-]+$/.test(value))
    errors.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (!/[a-z]/.test(value)) errors.push('must contain at least one letter (a-z)');
  if (value.includes('--')) errors.push('must not contain consecutive hyphens');
  if (value.startsWith('-') || value.endsWith('-')) errors.push('must not begin or end with a hyphen');
  return errors;
}

export function portNumberErrors(port: number): string[] {
  return port >= 1 && port <= 65535 ? [] : ['must be between 1 and 65535, inclusive'];
}
