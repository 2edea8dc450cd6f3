import { type FieldError, forbidden, invalid, path, required, tooLong } from '../../field-errors.js';
import type { Secret } from '../../gen/types.js';
import { JsonSyntaxError, parseJson } from '../../json.js';
import { defineKind } from '../../kind.js';
import { immutableField } from '../../meta.js';
import { configMapKeyErrors } from '../../names.js';
import { semanticEqual } from '../../object.js';
import { ageColumn, nameColumn } from '../columns.js';

const BYTES_MAX = 1024 * 1024;
const data = path('data');
const SERVICE_ACCOUNT_NAME = 'kubernetes.io/service-account.name';

const TLS = 'kubernetes.io/tls';

export const secret = defineKind<Secret>({
  group: '',
  version: 'v1',
  kind: 'Secret',
  plural: 'secrets',
  scope: 'Namespaced',
  updateMetadata: ['update', 'change', 'create', 'rules'],
  columns: [
    nameColumn(),
    { name: 'Type', type: 'string', value: (it) => it.type ?? '' },
    { name: 'Data', type: 'string', value: (it) => Object.keys(it.data ?? {}).length },
    ageColumn(),
  ],
  selectableFields: { type: (it) => it.type ?? '' },
  defaults(it) {
    for (const [key, value] of Object.entries(it.stringData ?? {})) {
      it.data ??= {};
      it.data[key] = Buffer.from(value).toString('base64');
    }
    delete it.stringData;
    it.type ??= 'Opaque';
  },
  validate: (it) => [...validateKeys(it), ...validateSize(it), ...(TYPE_RULES[it.type ?? '']?.(it) ?? [])],
  strategy: { warnings: ({ type, data: own = {} }) => (type === TLS ? pairWarnings(own) : []) },
  validateUpdate: (next, old) => [
    ...immutableField(next.type, old.type, path('type')),
    ...(old.immutable === true ? validateUnchanged(next, old) : []),
  ],
});

function validateKeys(it: Secret): FieldError[] {
  return Object.keys(it.data ?? {}).flatMap((key) =>
    configMapKeyErrors(key).map((text) => invalid(data.key(key), key, text)),
  );
}

function validateSize(it: Secret): FieldError[] {
  const total = Object.values(it.data ?? {}).reduce((sum, value) => sum + Buffer.byteLength(value, 'base64'), 0);
  return total > BYTES_MAX ? [tooLong(data, BYTES_MAX)] : [];
}

const TYPE_RULES: Readonly<Record<string, (it: Secret) => FieldError[]>> = {
  'kubernetes.io/service-account-token': (it) => {
    const name = it.metadata.annotations?.[SERVICE_ACCOUNT_NAME] ?? '';
    return name === '' ? [required(path('metadata', 'annotations').key(SERVICE_ACCOUNT_NAME))] : [];
  },
  'kubernetes.io/dockercfg': (it) => validateJsonIn(it, '.dockercfg'),
  'kubernetes.io/dockerconfigjson': (it) => validateJsonIn(it, '.dockerconfigjson'),
  'kubernetes.io/basic-auth': (it) => {
    if (it.data?.['username'] !== undefined || it.data?.['password'] !== undefined) return [];
    return [required(data.key('username')), required(data.key('password'))];
  },
  'kubernetes.io/ssh-auth': (it) => validateFilled(it, 'ssh-privatekey'),
  'kubernetes.io/tls': (it) => [...validatePresent(it, 'tls.crt'), ...validatePresent(it, 'tls.key')],
};

function validatePresent(it: Secret, key: string): FieldError[] {
  return it.data?.[key] === undefined ? [required(data.key(key))] : [];
}

function validateFilled(it: Secret, key: string): FieldError[] {
  return (it.data?.[key] ?? '') === '' ? [required(data.key(key))] : [];
}

function validateJsonIn(it: Secret, key: string): FieldError[] {
  const encoded = it.data?.[key];
  if (encoded === undefined) return [required(data.key(key))];
  try {
    parseJson(Buffer.from(encoded, 'base64').toString('utf8'));
    return [];
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    return [invalid(data.key(key), '<secret contents redacted>', error.message)];
  }
}

function validateUnchanged(next: Secret, old: Secret): FieldError[] {
  const text = 'field is immutable when `immutable` is set';
  const errors: FieldError[] = next.immutable === true ? [] : [forbidden('immutable', text)];
  return semanticEqual(next.data, old.data) ? errors : [...errors, forbidden('data', text)];
}

/** A certificate or a key in which there is none, in the words of Go. */
function pairWarnings(own: Readonly<Record<string, string>>): string[] {
  const blocksIn = (key: string) => {
    const text = Buffer.from(own[key] ?? '', 'base64').toString();
    return [...text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----/g)].map((match) => match[1] ?? '');
  };
  const problem = certificateProblem(blocksIn('tls.crt')) ?? keyProblem(blocksIn('tls.key'));
  return problem === undefined ? [] : [`tls: ${problem}`];
}

const isKey = (block: string) => block.endsWith('PRIVATE KEY');
const SKIPPED = 'input after skipping PEM blocks of the following types:';

function certificateProblem(blocks: readonly string[]): string | undefined {
  if (blocks.includes('CERTIFICATE')) return undefined;
  if (blocks.length === 0) return 'failed to find any PEM data in certificate input';
  if (blocks.length === 1 && blocks.every(isKey))
    return 'failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched';
  return `failed to find "CERTIFICATE" PEM block in certificate ${SKIPPED} [${blocks.join(' ')}]`;
}

function keyProblem(blocks: readonly string[]): string | undefined {
  if (blocks.some(isKey)) return undefined;
  if (blocks.length === 0) return 'failed to find any PEM data in key input';
  if (blocks.length === 1 && blocks[0] === 'CERTIFICATE')
    return 'found a certificate rather than a key in the PEM for the private key';
  return `failed to find PEM block with type ending in "PRIVATE KEY" in key ${SKIPPED} [${blocks.join(' ')}]`;
}
