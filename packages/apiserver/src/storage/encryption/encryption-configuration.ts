import { type FieldError, fieldErrors, Path } from '@keelson/api';
import { parseDuration } from '@keelson/service';
import { type ConfigKind, fields } from '../../config/config-file.js';

/** `--encryption-provider-config`: how the values of which resources are stored. */
export interface EncryptionConfiguration {
  readonly resources?: readonly ResourceEncryption[];
}

export interface ResourceEncryption {
  /** Plurals with their group, `*.group`, or `*.*`. */
  readonly resources?: readonly string[];
  readonly providers?: readonly ProviderConfig[];
}

export interface Keys {
  readonly keys?: readonly { readonly name?: string; readonly secret?: string }[];
}

export interface KmsConfig {
  readonly apiVersion?: string;
  readonly name?: string;
  readonly cachesize?: number | null;
  readonly endpoint?: string;
  readonly timeout?: string | null;
}

export interface ProviderConfig {
  readonly aesgcm?: Keys | null;
  readonly aescbc?: Keys | null;
  readonly secretbox?: Keys | null;
  readonly identity?: object | null;
  readonly kms?: KmsConfig | null;
}

const { string, strings, integer, object, list } = fields;
const { required, invalid, duplicate, forbidden } = fieldErrors;
const keys = object({ keys: list({ name: string, secret: string }) });
const AES_SIZES = [16, 24, 32];
const SECRETBOX_SIZES = [32];
/** Stored with another group's objects. */
const UNENCRYPTED = /^(events\.events\.k8s\.io)$/;

export const encryptionConfiguration: ConfigKind<EncryptionConfiguration> = {
  group: 'apiserver.config.k8s.io',
  versions: ['v1'],
  kind: 'EncryptionConfiguration',
  schema: object({
    resources: list({
      resources: strings,
      providers: list({
        aesgcm: keys,
        aescbc: keys,
        secretbox: keys,
        identity: object({}),
        kms: object({ apiVersion: string, name: string, cachesize: integer, endpoint: string, timeout: string }),
      }),
    }),
  }),
  validate({ resources = [] }) {
    const root = new Path('resources');
    if (resources.length === 0) return [required(root, 'at least one resource is needed')];
    const kmsNames = new Set<string>();
    return resources.flatMap(({ resources: names = [], providers = [] }, index) => {
      const at = root.index(index);
      const errors = nameErrors(names, at.child('resources'));
      if (providers.length === 0) errors.push(required(at.child('providers'), 'at least one provider is needed'));
      for (const [number, provider] of providers.entries())
        errors.push(...providerErrors(provider, at.child('providers').index(number), kmsNames));
      return errors;
    });
  },
};

function nameErrors(names: readonly string[], at: Path): FieldError[] {
  if (names.length === 0) return [required(at, 'at least one resource is needed')];
  const errors: FieldError[] = [];
  for (const [index, name] of names.entries()) {
    const field = at.index(index);
    if (names.indexOf(name) < index) errors.push(duplicate(field, name));
    else if (name === '') errors.push(invalid(field, name, 'a resource name is needed'));
    else if (name === '*')
      errors.push(
        invalid(
          field,
          name,
          "use '*.' to encrypt all the resources from core API group or *.* to encrypt all resources",
        ),
      );
    else if (name.startsWith('*.') && names.includes('*.*') && name !== '*.*')
      errors.push(invalid(field, name, '*.* already covers it'));
    else if (name !== name.toLowerCase()) errors.push(invalid(field, name, 'resource name should be lowercase'));
    else if (UNENCRYPTED.test(name))
      errors.push(
        invalid(
          field,
          name,
          "'events.events.k8s.io' objects are stored using the 'events' API group in etcd. Use 'events' instead",
        ),
      );
  }
  return errors;
}

function providerErrors(provider: ProviderConfig, at: Path, kmsNames: Set<string>): FieldError[] {
  const given = Object.entries(provider).filter(([, value]) => value != null);
  if (given.length === 0)
    return [
      required(at, 'provider does not contain any of the expected providers: KMS, AESGCM, AESCBC, Secretbox, Identity'),
    ];
  if (given.length > 1)
    return [
      invalid(
        at,
        Object.fromEntries(given.map(([name]) => [name, '…'])),
        'more than one provider specified in a single element, should split into different list elements',
      ),
    ];
  const { aesgcm, aescbc, secretbox, kms } = provider;
  if (aesgcm != null) return keyErrors(aesgcm, at.child('aesgcm', 'keys'), AES_SIZES);
  if (aescbc != null) return keyErrors(aescbc, at.child('aescbc', 'keys'), AES_SIZES);
  if (secretbox != null) return keyErrors(secretbox, at.child('secretbox', 'keys'), SECRETBOX_SIZES);
  return kms == null ? [] : kmsErrors(kms, at.child('kms'), kmsNames);
}

function keyErrors({ keys: given = [] }: Keys, at: Path, sizes: readonly number[]): FieldError[] {
  if (given.length === 0) return [required(at, 'at least one key is needed')];
  return given.flatMap(({ name = '', secret = '' }, index) => {
    const field = at.index(index);
    const errors: FieldError[] = [];
    if (name === '') errors.push(required(field.child('name'), 'key name is needed'));
    else if (/[:\s]/.test(name)) errors.push(invalid(field.child('name'), name, "must have no ':' and no space"));
    else if (given.findIndex((it) => it.name === name) < index) errors.push(duplicate(field.child('name'), name));
    const bytes = Buffer.from(secret, 'base64');
    if (secret === '') errors.push(required(field.child('secret'), 'a secret is needed: base64 of random bytes'));
    else if (!/^[A-Za-z0-9+/]+={0,2}$/.test(secret))
      errors.push(invalid(field.child('secret'), 'REDACTED', 'secret is not valid base64 encoded data'));
    else if (!sizes.includes(bytes.length))
      errors.push(
        invalid(
          field.child('secret'),
          'REDACTED',
          `secret is not of the expected length, got ${bytes.length}, expected one of [${sizes.join(' ')}]`,
        ),
      );
    return errors;
  });
}

function kmsErrors(
  { apiVersion = 'v2', name = '', cachesize, endpoint = '', timeout }: KmsConfig,
  at: Path,
  names: Set<string>,
): FieldError[] {
  const errors: FieldError[] = [];
  if (apiVersion !== 'v2')
    errors.push(invalid(at.child('apiVersion'), apiVersion, `unsupported apiVersion ${apiVersion}, only v2 is served`));
  if (name === '') errors.push(required(at.child('name'), 'KMS provider name is needed'));
  else if (name.includes(':')) errors.push(invalid(at.child('name'), name, "provider name cannot contain ':'"));
  else if (names.has(name))
    errors.push(invalid(at.child('name'), name, 'duplicate KMS provider name, names must be unique'));
  names.add(name);
  if (cachesize != null) errors.push(forbidden(at.child('cachesize'), 'cachesize is not supported in v2'));
  if (!/^unix:\/\/[/@]./.test(endpoint))
    errors.push(invalid(at.child('endpoint'), endpoint, 'unix:// and an absolute path is needed'));
  const milliseconds = timeout == null ? 3000 : parseDuration(timeout);
  if (milliseconds === undefined || milliseconds <= 0)
    errors.push(invalid(at.child('timeout'), timeout, 'should be a positive value'));
  return errors;
}
