/** Objects that are large in one place, for every place of a kind that can be; and what a request does with them. */
import {
  applyJsonPatch,
  applyMergePatch,
  applyServerSide,
  applyStrategicMergePatch,
  checkApplied,
  decodeObject,
  decodeProtobuf,
  encodeProtobuf,
  invalidObject,
  type Kind,
  type KubeObject,
  parseJson,
  resolveSchema,
  type Schema,
  toTable,
  trackUpdate,
} from '../src/index.js';

type Loose = Record<string, unknown>;

/** A list or map of a kind, and how to make an object with so many items in it. */
export interface Place {
  readonly kind: Kind;
  readonly path: string;
  /** `flaw`: how the items are: each its own, all the same, or each wrong in its own way. */
  build(count: number, flaw: Flaw): KubeObject;
}

export type Flaw = 'none' | 'same' | 'bad';
export const FLAWS: readonly Flaw[] = ['none', 'same', 'bad'];

/** Deeper lists are those of types that hold themselves. */
const DEPTH_MAX = 9;

export function placesOf(kind: Kind): Place[] {
  const found: Place[] = [];
  const seen = new Set<string>();
  const walk = (schema: Schema, steps: readonly string[], types: readonly string[]): void => {
    if (steps.length > DEPTH_MAX) return;
    const node = resolveSchema(schema);
    const name = node.name ?? '';
    if (name !== '' && types.includes(name)) return;
    const inside = name === '' ? types : [...types, name];
    const full = { ...node, ...schema };
    if (full.type === 'array') {
      note(steps, full);
      walk(full.items ?? {}, [...steps, '[]'], inside);
    } else if (full.map !== undefined) {
      note(steps, full);
      walk(full.map, [...steps, '{}'], inside);
    } else
      for (const [field, property] of Object.entries(full.properties ?? {})) walk(property, [...steps, field], inside);
  };
  const note = (steps: readonly string[], schema: Schema): void => {
    const path = steps.join('.');
    if (seen.has(path) || path.startsWith('metadata.managedFields')) return;
    seen.add(path);
    found.push({ kind, path, build: (count, flaw) => build(kind, steps, schema, count, flaw) });
  };
  walk(kind.schema, [], []);
  return found;
}

function build(kind: Kind, steps: readonly string[], schema: Schema, count: number, flaw: Flaw): KubeObject {
  const root = filled(kind.schema, 0, 'none', 2) as Loose;
  root['apiVersion'] = kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
  root['kind'] = kind.kind;
  root['metadata'] = { name: 'a', ...(kind.scope === 'Namespaced' ? { namespace: 'default' } : {}) };
  let at: unknown = root;
  let node = resolveSchema(kind.schema);
  for (const [index, step] of steps.entries()) {
    const isLast = index === steps.length - 1;
    const next = step === '[]' ? node.items! : step === '{}' ? node.map! : node.properties![step]!;
    const resolved = { ...resolveSchema(next), ...next };
    const value = isLast ? many(schema, count, flaw) : filled(next, 0, 'none', 2);
    if (step === '[]') (at as unknown[])[0] = value;
    else if (step === '{}') (at as Loose)['k'] = value;
    else (at as Loose)[step] = value;
    at = value;
    node = resolved;
  }
  return root as unknown as KubeObject;
}

function many(schema: Schema, count: number, flaw: Flaw): unknown {
  if (schema.type === 'array') {
    return Array.from({ length: count }, (_, index) =>
      filled(schema.items ?? {}, flaw === 'same' ? 0 : index, flaw, 1),
    );
  }
  const key = (index: number) => (flaw === 'bad' ? `bad key! ${index}` : `k${index}`);
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [key(index), filled(schema.map ?? {}, index, flaw, 1)]),
  );
}

/** A value of the schema whose scalars tell it from others. */
function filled(schema: Schema, index: number, flaw: Flaw, depth: number): unknown {
  const node = { ...resolveSchema(schema), ...schema };
  if (node.format === 'quantity') return '1';
  if (node.format === 'int-or-string') return index + 1;
  if (node.format === 'date-time') return '2024-01-01T00:00:00Z';
  if (node.format === 'micro-time') return '2024-01-01T00:00:00.000000Z';
  if (node.format === 'byte') return Buffer.from(`v${index}`).toString('base64');
  switch (node.type) {
    case 'string':
      return flaw === 'bad' ? `Bad value! ${index}` : `v${index}`;
    case 'integer':
    case 'number':
      return flaw === 'bad' ? -1 - index : (index % 60_000) + 1;
    case 'boolean':
      return true;
    case 'array':
      return [];
    case 'object': {
      if (node.map !== undefined || node.properties === undefined) return {};
      const required = new Set([...(node.required ?? []), ...(node.mapKeys ?? []), 'name', 'key']);
      const fields = Object.entries(node.properties).filter(([field, property]) => {
        const { type } = resolveSchema(property);
        const isScalar = type !== 'object' && type !== 'array';
        return isScalar ? required.has(field) || depth > 0 : required.has(field) && depth > 0;
      });
      return Object.fromEntries(fields.map(([field, property]) => [field, filled(property, index, flaw, depth - 1)]));
    }
    default:
      return { any: index };
  }
}

const writer = { manager: 'm', apiVersion: 'v1', subresource: '', time: '2024-01-01T00:00:00Z', resetFields: [] };
const NOW = new Date(0);

/** What becomes of an object on its way through the API server, step by step; each is given the object anew. */
export const STEPS: Readonly<Record<string, (kind: Kind, object: KubeObject) => (() => void) | undefined>> = {
  json: (_kind, object) => {
    const text = JSON.stringify(object);
    return () => void parseJson(text);
  },
  decode: (kind, object) => () => attempt(() => decodeObject(kind, object, { fieldValidation: 'Warn' })),
  protobuf: (kind, object) => {
    if (kind.schema.preserveUnknownFields === true) return undefined;
    let bytes: Buffer;
    try {
      bytes = encodeProtobuf(object);
    } catch {
      return undefined;
    }
    return () => {
      attempt(() => decodeProtobuf(bytes, kind));
      encodeProtobuf(object);
    };
  },
  defaults: (kind, object) => () => attempt(() => kind.defaults(object)),
  validate: (kind, object) => {
    attempt(() => kind.defaults(object));
    return () => attempt(() => void invalidObject(kind, 'a', kind.validate(object)).status());
  },
  update: (kind, object) => {
    attempt(() => kind.defaults(object));
    const next = structuredClone(object);
    next.metadata.labels = { changed: 'yes' };
    return () =>
      attempt(() => {
        kind.strategy.prepareForUpdate(next, object);
        void invalidObject(kind, 'a', kind.validateUpdate(next, object)).status();
      });
  },
  status: (kind, object) => () =>
    attempt(() => {
      kind.strategy.prepareForStatusUpdate(object, structuredClone(object), '2026-01-01T00:00:00Z');
      void invalidObject(kind, 'a', kind.validateStatusUpdate(object, structuredClone(object))).status();
    }),
  warnings: (kind, object) => () => attempt(() => kind.strategy.warnings(object)),
  managers: (kind, object) => () =>
    attempt(() => {
      trackUpdate(undefined, object, kind, writer);
      const next = structuredClone(object);
      trackUpdate(object, next, kind, { ...writer, manager: 'n' });
    }),
  apply: (kind, object) => () =>
    attempt(() => {
      checkApplied(kind, object);
      const live = applyServerSide(undefined, object, kind, { ...writer, force: false });
      applyServerSide(live, object, kind, { ...writer, manager: 'n', force: false });
      const { apiVersion, kind: name, metadata } = object;
      applyServerSide(live, { apiVersion, kind: name, metadata: { name: metadata.name } }, kind, {
        ...writer,
        force: false,
      });
    }),
  strategic: (kind, object) => () => attempt(() => applyStrategicMergePatch(object, object, kind.schema)),
  merge: (_kind, object) => () => attempt(() => applyMergePatch(object, object)),
  jsonPatch: (_kind, object) => () =>
    attempt(() =>
      applyJsonPatch(
        object,
        Array.from({ length: 100 }, (_, at) => ({ op: 'add', path: `/x${at}`, value: at })),
      ),
    ),
  table: (kind, object) => () => attempt(() => toTable(kind, [object], { now: NOW, includeObject: 'Object' })),
};

/** Refusals are answers too. */
function attempt(run: () => unknown): void {
  try {
    run();
  } catch {
    // what costs is measured, not what comes of it
  }
}
