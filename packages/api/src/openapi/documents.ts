/** OpenAPI documents of what is served, as clients get them. */
import { createHash } from 'node:crypto';
import type { Kind } from '../kind.js';
import type { KindRegistry } from '../registry.js';
import type { Steps } from '../steps.js';
import { type ForeignDocuments, foreignParts, NO_FOREIGN } from './foreign.js';
import { encodeDefinition, encodeDocument, encodePath } from './gnostic.js';
import type { Json } from './schemas.js';
import { typesOf, V2_HEAD, v2Definitions, v2Paths, v2Types } from './v2.js';
import { documentPath, v3Document } from './v3.js';

/** What version 2 is written in. */
export type V2Form = 'json' | 'protobuf';

/** A part of a document, encoded, with its name. */
type Part = readonly [name: string, bytes: Buffer];

interface Parts {
  readonly paths: readonly Part[];
  readonly definitions: readonly Part[];
}

interface Writer {
  path(name: string, item: Json): Buffer;
  definition(name: string, schema: Json): Buffer;
  document(paths: readonly Buffer[], definitions: readonly Buffer[]): Buffer;
}

const field = (name: string, value: Json) => Buffer.from(`${JSON.stringify(name)}:${JSON.stringify(value)}`);
const COMMA = Buffer.from(',');

const WRITERS: Readonly<Record<V2Form, Writer>> = {
  json: {
    path: field,
    definition: field,
    document: (paths, definitions) =>
      Buffer.concat([
        Buffer.from(`${JSON.stringify(V2_HEAD).slice(0, -1)},"paths":{`),
        ...separated(paths),
        Buffer.from('},"definitions":{'),
        ...separated(definitions),
        Buffer.from('}}'),
      ]),
  },
  protobuf: {
    path: encodePath,
    definition: encodeDefinition,
    document: (paths, definitions) => encodeDocument(V2_HEAD, paths, definitions),
  },
};

function separated(parts: readonly Buffer[]): Buffer[] {
  return parts.flatMap((part, index) => (index === 0 ? [part] : [COMMA, part]));
}

interface V3 {
  readonly kinds: readonly Kind[];
  readonly body: Buffer;
  readonly hash: string;
}

/**
 * What was made is kept for as long as it is true: a kind that comes or goes costs what it adds, however many there are.
 * What takes long is done in steps.
 */
export class OpenApiDocuments {
  readonly #kinds: KindRegistry;
  readonly #foreign: ForeignDocuments;
  readonly #v3 = new Map<string, V3>();
  #byPath: { readonly generation: number; readonly kinds: ReadonlyMap<string, readonly Kind[]> } | undefined;
  readonly #parts: Readonly<Record<V2Form, WeakMap<Kind, Parts>>> = { json: new WeakMap(), protobuf: new WeakMap() };
  readonly #types = new Map<V2Form, { readonly names: string; readonly parts: readonly Part[] }>();
  readonly #v2 = new Map<V2Form, { readonly generation: string; readonly body: Buffer }>();

  constructor(kinds: KindRegistry, foreign = NO_FOREIGN) {
    this.#kinds = kinds;
    this.#foreign = foreign;
  }

  /** JSON: where each document of version 3 is, with a hash that changes when it does. */
  *v3Index(): Steps<Buffer> {
    const paths: [string, object][] = [];
    const foreign = this.#foreign.v3();
    for (const path of [...new Set([...this.#paths().keys(), ...foreign.keys()])].sort()) {
      if (foreign.has(path)) {
        const serverRelativeURL = foreign.get(path);
        if (serverRelativeURL !== undefined) paths.push([path, { serverRelativeURL }]);
        continue;
      }
      const isKnown = this.#known(path) !== undefined;
      const hash = this.#document(path)?.hash;
      if (hash !== undefined) paths.push([path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` }]);
      if (!isKnown) yield;
    }
    return Buffer.from(JSON.stringify({ paths: Object.fromEntries(paths) }));
  }

  /** JSON of one group and version by its path, such as `apis/apps/v1`; undefined if there is none. */
  v3(path: string): Buffer | undefined {
    return this.#document(path)?.body;
  }

  /** The whole document in version 2. */
  *v2(form: V2Form): Steps<Buffer> {
    const generation = `${this.#kinds.generation} ${this.#foreign.generation}`;
    const known = this.#v2.get(form);
    if (known?.generation === generation) return known.body;
    const kinds = this.#kinds.all();
    const definitions: Part[] = [...this.#typesOf(kinds, form)];
    yield;
    const paths: Part[] = [];
    for (const kind of kinds) {
      const isKnown = this.#parts[form].has(kind);
      const parts = this.#partsOf(kind, form);
      paths.push(...parts.paths);
      definitions.push(...parts.definitions);
      if (!isKnown) yield;
    }
    const foreign = this.#foreign.v2();
    if (foreign.length > 0) {
      const added = yield* foreignParts(paths, definitions, foreign, WRITERS[form]);
      paths.push(...added.paths);
      definitions.push(...added.definitions);
    }
    paths.sort(([a], [b]) => (a < b ? -1 : 1));
    yield;
    const body = WRITERS[form].document(
      paths.map(([, bytes]) => bytes),
      definitions.map(([, bytes]) => bytes),
    );
    this.#v2.set(form, { generation, body });
    return body;
  }

  #paths(): ReadonlyMap<string, readonly Kind[]> {
    const { generation } = this.#kinds;
    if (this.#byPath?.generation !== generation) {
      const kinds = new Map<string, Kind[]>();
      for (const kind of this.#kinds.all()) {
        const path = documentPath(kind.group, kind.version);
        const others = kinds.get(path);
        if (others === undefined) kinds.set(path, [kind]);
        else others.push(kind);
      }
      this.#byPath = { generation, kinds };
      for (const path of this.#v3.keys()) if (!kinds.has(path)) this.#v3.delete(path);
    }
    return this.#byPath.kinds;
  }

  #known(path: string): V3 | undefined {
    const known = this.#v3.get(path);
    const kinds = this.#paths().get(path);
    if (known === undefined || kinds?.length !== known.kinds.length) return undefined;
    return kinds.every((kind, index) => kind === known.kinds[index]) ? known : undefined;
  }

  #document(path: string): V3 | undefined {
    const known = this.#known(path);
    if (known !== undefined) return known;
    const kinds = this.#paths().get(path);
    if (kinds === undefined) return undefined;
    const body = Buffer.from(JSON.stringify(v3Document(kinds)));
    const made = { kinds, body, hash: createHash('sha512').update(body).digest('hex').toUpperCase() };
    this.#v3.set(path, made);
    return made;
  }

  #partsOf(kind: Kind, form: V2Form): Parts {
    const known = this.#parts[form].get(kind);
    if (known !== undefined) return known;
    const { path, definition } = WRITERS[form];
    const parts = {
      paths: v2Paths(kind).map(([name, item]): Part => [name, path(name, item)]),
      definitions: v2Definitions(kind).map(([name, schema]): Part => [name, definition(name, schema)]),
    };
    this.#parts[form].set(kind, parts);
    return parts;
  }

  /** Of types that have names: those of built-in kinds, which stay. */
  #typesOf(kinds: readonly Kind[], form: V2Form): readonly Part[] {
    const names = [...new Set(kinds.flatMap(typesOf))].sort().join();
    const known = this.#types.get(form);
    if (known?.names === names) return known.parts;
    const { definition } = WRITERS[form];
    const parts = v2Types(kinds).map(([name, schema]): Part => [name, definition(name, schema)]);
    this.#types.set(form, { names, parts });
    return parts;
  }
}
