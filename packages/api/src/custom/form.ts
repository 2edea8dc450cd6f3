/** How custom resources are read, and what their full form is. */
import { noObject } from '../decode.js';
import { DecodeError, jsonTypeOf } from '../decode-mismatch.js';
import { ApiError, badRequest, invalid as invalidKind, requestEntityTooLarge } from '../errors.js';
import { invalid } from '../field-errors.js';
import { FAULTS_MAX, type Notes } from '../json.js';
import type { KubeObject, ObjectForm } from '../kind.js';
import { apiVersionOf, isRecord, parseApiVersion } from '../object.js';
import { metadataForm, normalizeMetadata, withResourceForms } from '../structural/embedded-form.js';
import { DefaultsTooLarge, withDefaults, withoutNulls } from '../structural/filling.js';
import { asResource } from '../structural/json-schema.js';
import { pruned } from '../structural/pruning.js';
import type { CustomVersion } from './version.js';

type Loose = Record<string, unknown>;

/** `others`: the definition's versions by name. */
export function customForm(
  version: CustomVersion,
  others: (name: string) => CustomVersion | undefined,
): ObjectForm<KubeObject> {
  const apiVersion = apiVersionOf(version.group, version.name);
  return {
    typeOf(value) {
      if (!isRecord(value)) throw noObject(value);
      const [kind, found] = [textIn(value, 'kind'), textIn(value, 'apiVersion')];
      if (found !== apiVersion) {
        const text = `the API version in the data (${found}) does not match the expected API version (${apiVersion})`;
        return { kind, version: version.name, refused: badRequest(text) };
      }
      if (kind === '') throw new ApiError({ code: 500, reason: '', message: NO_KIND });
      if (kind !== version.kind) throw wrongKind(version, kind, value['metadata']);
      return { kind, version: version.name };
    },
    read(value, { notes } = {}) {
      if (!isRecord(value))
        throw new DecodeError('json: cannot unmarshal into Go value of type map[string]interface {}');
      const unknown: string[] = [];
      const asked = versionOf(value, version, others);
      if (asked === undefined) return { object: value, strictErrors: duplicatesIn(value, notes) };
      const object = shaped(value, asked, { dropMalformed: false, unknown: (path) => void unknown.push(path) });
      const faults = unknown.map((path) => `unknown field "${path}"`);
      return { object, strictErrors: [...duplicatesIn(value, notes), ...faults].slice(0, FAULTS_MAX) };
    },
    fill(it) {
      const filled = defaulted(it, version) as unknown as Loose;
      if (filled !== it) Object.assign(it, filled);
      normalizeMetadata(it.metadata);
    },
    refreshed(stored) {
      const object = shaped(stored as unknown as Loose, version, { dropMalformed: true });
      const metadata = { ...(object['metadata'] as KubeObject['metadata']) };
      metadata.generation ||= 1;
      return defaulted({ ...object, metadata }, version);
    },
  };
}

/** As which version a body is read: its own, which may be none that there is; undefined: it is nothing of this kind. */
function versionOf(
  value: Loose,
  version: CustomVersion,
  others: (name: string) => CustomVersion | undefined,
): CustomVersion | undefined {
  const { apiVersion, kind } = value;
  if (typeof apiVersion !== 'string' || apiVersion === apiVersionOf(version.group, version.name)) return version;
  const { group, version: name } = parseApiVersion(apiVersion);
  if (group !== version.group || kind !== version.kind) return undefined;
  return others(name) ?? { ...version, schema: {}, root: asResource({}), hasEmbedded: false };
}

function textIn(value: Loose, field: string): string {
  const found = value[field] ?? '';
  if (typeof found === 'string') return found;
  const text = `json: cannot unmarshal ${jsonTypeOf(found)} into Go struct field .${field} of type string`;
  throw badRequest(`couldn't get version/kind; json parse error: ${text}`);
}

const NO_KIND = "Object 'Kind' is missing in 'unstructured object has no kind'";

/** What a body is called is a field of it like others: it is invalid, and not what was asked about. */
function wrongKind({ group, kind: wanted }: CustomVersion, kind: string, metadata: unknown): ApiError {
  const name = isRecord(metadata) && typeof metadata['name'] === 'string' ? metadata['name'] : '';
  return invalidKind({ group, kind }, name, [invalid('kind', kind, `must be ${wanted}`)]);
}

/** No body could bring the object back. */
const DEFAULTS_CHARS_MAX = 3 * 1024 * 1024;

function defaulted(it: KubeObject, { schema }: CustomVersion): KubeObject {
  try {
    return withDefaults(it, schema, DEFAULTS_CHARS_MAX) as KubeObject;
  } catch (error) {
    if (!(error instanceof DefaultsTooLarge)) throw error;
    throw requestEntityTooLarge(`its defaults have more than ${DEFAULTS_CHARS_MAX} characters`);
  }
}

interface Shaping {
  readonly dropMalformed: boolean;
  readonly unknown?: (path: string) => void;
}

/** An object with what its schema knows, and with metadata as metadata is, at every depth. */
function shaped(value: Loose, version: CustomVersion, options: Shaping): Loose {
  const { schema, root } = version;
  const has = (field: string) => Object.hasOwn(value, field);
  const metadata = has('metadata') ? metadataForm(value['metadata'], 'metadata', options) : undefined;
  let object: unknown = value;
  if (!version.keepsUnknown)
    object = withoutNulls(
      inOrder(options.unknown, (tell) => pruned(value, root, tell)),
      schema,
    );
  if (version.hasEmbedded) {
    object = inOrder(options.unknown, (unknown) => withResourceForms(object, schema, { ...options, unknown }));
  }
  return {
    ...(has('apiVersion') ? { apiVersion: value['apiVersion'] } : {}),
    ...(has('kind') ? { kind: value['kind'] } : {}),
    ...(object as Loose),
    ...(metadata === undefined ? {} : { metadata }),
  };
}

/** Tells paths in the order of the alphabet. */
function inOrder<T>(tell: Shaping['unknown'], work: (tell: Shaping['unknown']) => T): T {
  if (tell === undefined) return work(undefined);
  const paths: string[] = [];
  const made = work((path) => void paths.push(path));
  for (const path of paths.sort()) tell(path);
  return made;
}

/** Fields that the text gave more than once, each told once. */
function duplicatesIn(value: unknown, notes: Notes | undefined): string[] {
  if (notes === undefined || notes.size === 0) return [];
  const found = new Set<string>();
  const visit = (item: unknown, path: string): void => {
    if (found.size >= FAULTS_MAX || item === null || typeof item !== 'object') return;
    if (Array.isArray(item)) {
      for (const [index, it] of item.entries()) visit(it, `${path}[${index}]`);
      return;
    }
    const seen = new Set<string>();
    for (const [key, it] of notes.get(item)?.fields ?? Object.entries(item)) {
      const at = path === '' ? key : `${path}.${key}`;
      if (seen.has(key)) found.add(`duplicate field "${at}"`);
      seen.add(key);
      visit(it, at);
    }
  };
  visit(value, '');
  return [...found];
}
