/** How custom resources are read, and what their full form is. */
import { DecodeError } from '../decode-mismatch.js';
import { FAULTS_MAX, type Notes } from '../json.js';
import type { KubeObject, ObjectForm } from '../kind.js';
import { isRecord } from '../object.js';
import { metadataForm, normalizeMetadata, withResourceForms } from '../structural/embedded-form.js';
import { withDefaults, withoutNulls } from '../structural/filling.js';
import { pruned } from '../structural/pruning.js';
import type { CustomVersion } from './version.js';

type Loose = Record<string, unknown>;

export function customForm(version: CustomVersion): ObjectForm<KubeObject> {
  return {
    read(value, { notes } = {}) {
      if (!isRecord(value))
        throw new DecodeError('json: cannot unmarshal into Go value of type map[string]interface {}');
      const unknown: string[] = [];
      const object = shaped(value, version, { dropMalformed: false, unknown: (path) => void unknown.push(path) });
      const faults = unknown.map((path) => `unknown field "${path}"`);
      return { object, strictErrors: [...duplicatesIn(value, notes), ...faults].slice(0, FAULTS_MAX) };
    },
    fill(it) {
      const filled = withDefaults(it, version.schema) as Loose;
      if (filled !== it) Object.assign(it, filled);
      normalizeMetadata(it.metadata);
    },
    refreshed(stored) {
      const object = shaped(stored as unknown as Loose, version, { dropMalformed: true });
      const metadata = { ...(object['metadata'] as KubeObject['metadata']) };
      metadata.generation ||= 1;
      return withDefaults({ ...object, metadata }, version.schema) as KubeObject;
    },
  };
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
