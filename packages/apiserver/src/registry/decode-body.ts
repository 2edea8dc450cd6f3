import {
  apiErrors,
  decodeObject,
  decodeProtobuf,
  type Kind,
  type KubeObject,
  type Notes,
  parseJson,
  type RequestBody,
} from '@keelson/api';
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
        const { value, notes } = parseJson(bytes.toString());
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
    const what =
      kind === undefined
        ? "couldn't get version/kind; json parse error"
        : `the object provided is unrecognized (must be of type ${kind.kind}): couldn't get version/kind; json parse error`;
    throw apiErrors.badRequest(`${what}: ${(error as Error).message}`);
  }
}

/** Objects and lists in one body: each may get defaults and errors of its own, whatever little it says. */
const STRUCTURES_MAX = 100_000;

/** Throws 413 for a value of too many parts. */
export function checkSize(value: unknown): void {
  const open = [value];
  for (let count = 0; open.length > 0; ) {
    const next = open.pop();
    if (typeof next !== 'object' || next === null) continue;
    if (++count > STRUCTURES_MAX) throw apiErrors.requestEntityTooLarge(`limit is ${STRUCTURES_MAX} objects and lists`);
    for (const item of Object.values(next)) if (typeof item === 'object' && item !== null) open.push(item);
  }
}

/** The body of a create or update as an object of its kind. */
export function decodeBody(
  kind: Kind,
  body: RequestBody | undefined,
  fieldValidation: FieldValidation,
  warn: Warn,
): KubeObject {
  return decodeRead(kind, readBody(kind, body), { fieldValidation, warn });
}

export function decodeRead(
  kind: Kind,
  { value, ...read }: ReadBody,
  options: { fieldValidation: FieldValidation; warn: Warn; unstructured?: boolean },
): KubeObject {
  const { warn, ...rest } = options;
  checkSize(value);
  const { object, warnings } = decodeObject(kind, value, { ...rest, ...read });
  for (const warning of warnings) warn(warning);
  return object;
}
