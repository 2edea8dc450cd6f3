import {
  ApiError,
  apiErrors,
  decodeObject,
  decodeProtobuf,
  type Kind,
  type KubeObject,
  type Notes,
  type RequestBody,
  runSteps,
  type Steps,
} from '@keelson/api';
import { checkSize, readJson } from './body-size.js';
import type { Warn } from './context.js';
import type { FieldValidation } from './options.js';
import { yamlOf } from './yaml-body.js';

const JSON_TYPE = 'application/json';
const YAML_TYPE = 'application/yaml';
const PROTOBUF_TYPE = 'application/vnd.kubernetes.protobuf';
const OBJECT_TYPES = [JSON_TYPE, YAML_TYPE, PROTOBUF_TYPE] as const;

/** A body as a value, whatever it was written in. */
export interface ReadBody {
  readonly value: unknown;
  /** What its reader found wrong that only strict decoding minds. */
  readonly faults: readonly string[];
  readonly notes?: Notes | undefined;
}

export function readBody(kind: Kind | undefined, body: RequestBody | undefined): ReadBody {
  const mediaType = (body?.mediaType.split(';')[0] ?? JSON_TYPE).trim() || JSON_TYPE;
  const bytes = Buffer.from(body?.bytes ?? []);
  switch (mediaType) {
    case JSON_TYPE:
      return parsed(kind, () => {
        const { value, notes } = readJson(bytes.toString());
        return { value, faults: [], notes };
      });
    case YAML_TYPE:
      return parsed(kind, () => {
        const { value, duplicates } = yamlOf(body);
        return { value, faults: duplicates === '' ? [] : [duplicates] };
      });
    case PROTOBUF_TYPE:
      return parsed(kind, () => ({ value: decodeProtobuf(bytes, kind), faults: [] }));
    default:
      throw apiErrors.unsupportedMediaType(OBJECT_TYPES);
  }
}

function parsed<T>(kind: Kind | undefined, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof ApiError) throw error;
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
  return runSteps(decodeBodySteps(kind, body, fieldValidation, warn));
}

export function* decodeBodySteps(
  kind: Kind,
  body: RequestBody | undefined,
  fieldValidation: FieldValidation,
  warn: Warn,
): Steps<KubeObject> {
  const read = readBody(kind, body);
  yield;
  checkSize(read.value);
  yield;
  return decodeRead(kind, read, { fieldValidation, warn });
}

/** A value as an object of its kind. */
export function decodeRead(
  kind: Kind,
  { value, ...read }: ReadBody,
  options: { fieldValidation: FieldValidation; warn: Warn; unstructured?: boolean },
): KubeObject {
  const { warn, ...rest } = options;
  const { object, warnings, refused } = decodeObject(kind, value, { ...rest, ...read });
  for (const warning of warnings) warn(warning);
  if (refused !== undefined) throw refused;
  return object;
}
