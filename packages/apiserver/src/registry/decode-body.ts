import {
  apiErrors,
  decodeObject,
  decodeProtobuf,
  type Kind,
  type KubeObject,
  parseJson,
  type RequestBody,
} from '@keelson/api';
import { parse as parseYaml } from 'yaml';
import type { Warn } from './context.js';
import type { FieldValidation } from './options.js';

const JSON_TYPE = 'application/json';
const YAML_TYPE = 'application/yaml';
const PROTOBUF_TYPE = 'application/vnd.kubernetes.protobuf';
const OBJECT_TYPES = [JSON_TYPE, YAML_TYPE, PROTOBUF_TYPE] as const;

/** A body as a JSON value, whatever it was written in; `duplicates` are fields that it gives twice. */
export function readBody(
  kind: Kind | undefined,
  body: RequestBody | undefined,
): { value: unknown; duplicates: readonly string[] } {
  const mediaType = (body?.mediaType.split(';')[0] ?? JSON_TYPE).trim() || JSON_TYPE;
  const bytes = Buffer.from(body?.bytes ?? []);
  switch (mediaType) {
    case JSON_TYPE:
      return parsed(kind, () => parseJson(bytes.toString()));
    case YAML_TYPE:
      return parsed(kind, () => ({ value: parseYaml(bytes.toString(), { version: '1.1' }), duplicates: [] }));
    case PROTOBUF_TYPE:
      return parsed(kind, () => ({ value: decodeProtobuf(bytes, kind), duplicates: [] }));
    default:
      throw apiErrors.unsupportedMediaType(OBJECT_TYPES);
  }
}

function parsed<T>(kind: Kind | undefined, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const what =
      kind === undefined
        ? "couldn't get version/kind; json parse error"
        : `the object provided is unrecognized (must be of type ${kind.kind}): couldn't get version/kind; json parse error`;
    throw apiErrors.badRequest(`${what}: ${(error as Error).message}`);
  }
}

/** The body of a create or update as an object of its kind. */
export function decodeBody(
  kind: Kind,
  body: RequestBody | undefined,
  fieldValidation: FieldValidation,
  warn: Warn,
): KubeObject {
  const { value, duplicates } = readBody(kind, body);
  return decodeValue(kind, value, duplicates, fieldValidation, warn);
}

export function decodeValue(
  kind: Kind,
  value: unknown,
  duplicates: readonly string[],
  fieldValidation: FieldValidation,
  warn: Warn,
): KubeObject {
  const { object, warnings } = decodeObject(kind, value, { fieldValidation, duplicates });
  for (const warning of warnings) warn(warning);
  return object;
}
