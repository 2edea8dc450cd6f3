import { decodeValue, type FieldError, fieldErrors, type Schema } from '@keelson/api';
import { parse } from 'yaml';

/** A kind of file that components are configured by: not served, in YAML or JSON. */
export interface ConfigKind<T> {
  readonly group: string;
  readonly versions: readonly string[];
  readonly kind: string;
  /** Names that it had before. */
  readonly aliases?: readonly { readonly apiVersion: string; readonly kind: string }[];
  readonly schema: Schema;
  /** What is wrong with its values. */
  readonly validate: (value: T) => FieldError[];
}

/** Names the file, and every field of it that is wrong. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

/** Reads a text strictly: unknown and doubled fields are errors. `source` is what errors name. Throws ConfigError. */
export function readConfig<T>(text: string, source: string, kind: ConfigKind<T>): T {
  return readConfigValue(parseYaml(text, source), source, kind);
}

/** A file of YAML or JSON as what it stands for. Throws ConfigError. */
export function parseYaml(text: string, source: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    const why = (error as Error).message.split('\n')[0] ?? '';
    throw new ConfigError(`${source}: ${why}`, { cause: error });
  }
}

/** The same of what stands inside another file. */
export function readConfigValue<T>(value: unknown, source: string, kind: ConfigKind<T>): T {
  const refuse = (why: string, cause?: unknown) => new ConfigError(`${source}: ${why}`, { cause });
  const { apiVersion, kind: found, ...rest } = (value ?? {}) as { apiVersion?: unknown; kind?: unknown };
  const wanted = kind.versions.map((version) => `${kind.group}/${version}`);
  const isOld = kind.aliases?.some((it) => it.kind === found && it.apiVersion === apiVersion) ?? false;
  if (!isOld && (found !== kind.kind || !wanted.includes(String(apiVersion))))
    throw refuse(`it must be a ${kind.kind} of apiVersion ${wanted.join(' or ')}, not ${apiVersion}, ${found}`);
  let decoded: ReturnType<typeof decodeValue>;
  try {
    decoded = decodeValue(rest, kind.schema, kind.kind);
  } catch (error) {
    throw refuse((error as Error).message, error);
  }
  if (decoded.strictErrors.length > 0) throw refuse(`strict decoding error: ${decoded.strictErrors.join(', ')}`);
  const errors = kind.validate(decoded.object as T);
  if (errors.length > 0) throw refuse(errors.map(fieldErrors.errorText).join('; '));
  return decoded.object as T;
}

/** Schemas of such files, which are no part of the API. */
export const fields = {
  string: { type: 'string' },
  boolean: { type: 'boolean' },
  integer: { type: 'integer' },
  strings: { type: 'array', items: { type: 'string' } },
  object: (properties: Readonly<Record<string, Schema>>): Schema => ({ type: 'object', properties }),
  list: (properties: Readonly<Record<string, Schema>>): Schema => ({
    type: 'array',
    items: { type: 'object', properties },
  }),
} as const satisfies Record<string, Schema | ((properties: Readonly<Record<string, Schema>>) => Schema)>;
