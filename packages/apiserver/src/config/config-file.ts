import { decodeValue, type FieldError, fieldErrors, type Schema } from '@keelson/api';
import { parse } from 'yaml';

/** A kind of file that components are configured by: not served, in YAML or JSON. */
export interface ConfigKind<T> {
  readonly group: string;
  readonly versions: readonly string[];
  readonly kind: string;
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
  const refuse = (why: string, cause?: unknown) => new ConfigError(`${source}: ${why}`, { cause });
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    throw refuse((error as Error).message.split('\n')[0] ?? '', error);
  }
  const { apiVersion, kind: found, ...rest } = (value ?? {}) as { apiVersion?: unknown; kind?: unknown };
  const wanted = kind.versions.map((version) => `${kind.group}/${version}`);
  if (found !== kind.kind || !wanted.includes(String(apiVersion)))
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
