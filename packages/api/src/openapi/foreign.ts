/** Documents of other servers, which may say anything: what is taken of them into those of this one, and under which names. */
import { isRecord } from '../object.js';
import type { Steps } from '../steps.js';
import { encodeDefinition, encodePath } from './gnostic.js';
import type { Json } from './schemas.js';

type Named = readonly [name: string, value: Json];

/** What is taken of another server's document in version 2. */
export interface ForeignV2 {
  readonly paths: readonly Named[];
  readonly definitions: readonly Named[];
}

/** What other servers have documents of. */
export interface ForeignDocuments {
  /** Another one with every change. */
  readonly generation: number;
  v2(): readonly ForeignV2[];
  /** Where documents of version 3 are, by their paths, such as `apis/apps/v1`; those without one are nobody's. */
  v3(): ReadonlyMap<string, string | undefined>;
}

export const NO_FOREIGN: ForeignDocuments = { generation: 0, v2: () => [], v3: () => new Map() };

const REF = '#/definitions/';
const DEPTH_MAX = 100;
/** Of a document that are looked at in one step. */
const PARTS_A_STEP = 50;

/** The paths that begin with a prefix, and the definitions that they speak of. Throws where it is no document. */
export function* foreignV2(document: unknown, prefix: string): Steps<ForeignV2> {
  if (!isRecord(document) || !isRecord(document['paths'])) throw new Error('it is no document in version 2');
  const known = isRecord(document['definitions']) ? document['definitions'] : {};
  const paths: Named[] = [];
  const definitions = new Map<string, Json>();
  const wanted: string[] = [];
  for (const [name, item] of Object.entries(document['paths'])) {
    if (!name.startsWith(prefix) || !isRecord(item)) continue;
    paths.push([name, item]);
    wanted.push(...refsIn(item));
    encodePath(name, item);
    if (paths.length % PARTS_A_STEP === 0) yield;
  }
  for (let name = wanted.pop(); name !== undefined; name = wanted.pop()) {
    const schema = Object.hasOwn(known, name) ? known[name] : undefined;
    if (definitions.has(name) || !isRecord(schema)) continue;
    definitions.set(name, schema);
    wanted.push(...refsIn(schema));
    encodeDefinition(name, schema);
    if (definitions.size % PARTS_A_STEP === 0) yield;
  }
  return { paths, definitions: [...definitions] };
}

/** Throws where it is too deep. */
function refsIn(value: unknown): string[] {
  const refs: string[] = [];
  const left: [value: unknown, depth: number][] = [[value, 0]];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const [it, depth] = next;
    if (typeof it !== 'object' || it === null) continue;
    if (depth > DEPTH_MAX) throw new Error(`it is deeper than ${DEPTH_MAX}`);
    const ref = (it as Json)['$ref'];
    if (typeof ref === 'string' && ref.startsWith(REF)) refs.push(ref.slice(REF.length));
    for (const one of Object.values(it)) left.push([one, depth + 1]);
  }
  return refs;
}

/** With which a document is written. */
export interface PartWriter {
  path(name: string, item: Json): Buffer;
  definition(name: string, schema: Json): Buffer;
}

type Part = readonly [name: string, bytes: Buffer];

/**
 * What other servers' documents add to one that has `paths` and `definitions`. A path that is there stays what it is; a
 * definition of the same name that is another one gets a name of its own.
 */
export function* foreignParts(
  paths: readonly Part[],
  definitions: readonly Part[],
  foreign: readonly ForeignV2[],
  writer: PartWriter,
): Steps<{ readonly paths: readonly Part[]; readonly definitions: readonly Part[] }> {
  const knownPaths = new Set(paths.map(([name]) => name));
  const known = new Map(definitions);
  /** As they came, before what they speak of got other names. */
  const original = new Map(definitions);
  const added: { paths: Part[]; definitions: Part[] } = { paths: [], definitions: [] };
  for (const other of foreign) {
    const names = new Map<string, string>();
    for (const [name, schema] of other.definitions) names.set(name, freeName(name, schema, original, writer));
    yield;
    for (const [name, schema] of other.definitions) {
      const own = names.get(name)!;
      if (known.has(own)) continue;
      const bytes = writer.definition(own, renamed(schema, names) as Json);
      known.set(own, bytes);
      original.set(own, writer.definition(own, schema));
      added.definitions.push([own, bytes]);
    }
    yield;
    for (const [name, item] of other.paths) {
      if (knownPaths.has(name)) continue;
      knownPaths.add(name);
      added.paths.push([name, writer.path(name, renamed(item, names) as Json)]);
    }
    yield;
  }
  return added;
}

/** One that nothing has, or something that is the same. */
function freeName(name: string, schema: Json, known: ReadonlyMap<string, Buffer>, { definition }: PartWriter): string {
  for (let count = 1; ; count += 1) {
    const candidate = count === 1 ? name : `${name}_v${count}`;
    const there = known.get(candidate);
    if (there === undefined || there.equals(definition(candidate, schema))) return candidate;
  }
}

function renamed(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((it) => renamed(it, names));
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, it]) => {
      if (key !== '$ref' || typeof it !== 'string' || !it.startsWith(REF)) return [key, renamed(it, names)];
      const name = it.slice(REF.length);
      return [key, `${REF}${names.get(name) ?? name}`];
    }),
  );
}
