/** Bodies in YAML, read as kube-apiserver reads them: turned into JSON whose fields are in the order of their names. */
import { ApiError, type RequestBody } from '@keelson/api';
import {
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Node,
  type Pair,
  Parser,
  Scalar,
  type YAMLMap,
} from 'yaml';
import { readJson } from './body-size.js';
import { plainScalar, taggedScalar } from './yaml-scalars.js';

export interface ParsedYaml {
  readonly value: unknown;
  /** In one text, as its reader tells them, that fields are given twice; empty if none is. */
  readonly duplicates: string;
}

/** Most clients send JSON where YAML is expected, which is YAML that is read faster; undefined: it is not that. */
export function jsonIn(body: RequestBody | undefined): ParsedYaml | undefined {
  const text = Buffer.from(body?.bytes ?? []).toString();
  if (body?.yaml !== undefined || !text.trimStart().startsWith('{')) return undefined;
  try {
    const { value, duplicates } = readJson(text);
    return duplicates.length === 0 ? { value, duplicates: '' } : undefined;
  } catch (error) {
    if (error instanceof ApiError) throw error;
    return undefined; // braces of YAML, or an error that its own reader tells
  }
}

/** A body's YAML, unless it was read ahead. Throws an Error that says what is wrong and where. */
export function yamlOf(body: RequestBody | undefined): ParsedYaml {
  const { yaml } = body ?? {};
  if (yaml !== undefined) {
    if ('error' in yaml) throw new Error(yaml.error);
    return { value: readJson(yaml.json).value, duplicates: yaml.duplicates };
  }
  return parseYaml(Buffer.from(body?.bytes ?? []).toString());
}

/** Throws an Error that says what is wrong and where. */
export function parseYaml(text: string): ParsedYaml {
  try {
    return parseDocument(text);
  } catch (error) {
    // The library's own way to say that a text is nested too deeply for it.
    throw error instanceof RangeError ? new Error('yaml: exceeded max depth') : error;
  }
}

function parseDocument(text: string): ParsedYaml {
  const lines = new LineCounter();
  const document = firstDocument(text, lines);
  if (document === undefined) return { value: null, duplicates: '' };
  const [error] = document.errors;
  if (error !== undefined) throw new Error(`yaml: line ${lines.linePos(error.pos[0]).line}: ${error.message}`);
  const reader = new NodeReader(lines);
  const value = reader.value(document.contents);
  const { duplicates } = reader;
  return { value, duplicates: duplicates.length === 0 ? '' : ['yaml: unmarshal errors:', ...duplicates].join('\n  ') };
}

/** A body is its first document; those after it are not read. */
function firstDocument(text: string, lines: LineCounter): Document.Parsed | undefined {
  const composer = new Composer({
    ...({ schema: 'failsafe', version: '1.1', uniqueKeys: false, logLevel: 'silent', lineCounter: lines } as const),
    ...{ prettyErrors: false, keepSourceTokens: false },
  });
  const [document] = composer.compose(tokensOf(text, lines));
  return document;
}

/**
 * The library composes by recursion. It must not come near the end of the stack: a regular expression that is first
 * needed there ends the process, in a worker too, instead of throwing.
 */
const DEPTH_MAX = 500;

function* tokensOf(text: string, lines: LineCounter): Generator<CST.Token, void> {
  const parser = new Parser(lines.addNewLine);
  lines.addNewLine(0);
  for (const lexeme of new Lexer().lex(text)) {
    yield* parser.next(lexeme);
    if (parser.stack.length > DEPTH_MAX) throw new Error('yaml: exceeded max depth');
  }
  yield* parser.end();
}

/** Below these nobody looks at how much of a document is said by its aliases. */
const FREE_ALIASED = 100;
const FREE_NODES = 1_000;

class NodeReader {
  readonly duplicates: string[] = [];
  readonly #lines: LineCounter;
  readonly #anchors = new Map<string, Node>();
  readonly #open = new Set<Node>();
  #depth = 0;
  #inAliases = 0;
  #nodes = 0;
  #aliased = 0;

  constructor(lines: LineCounter) {
    this.#lines = lines;
  }

  value(node: unknown): unknown {
    this.#count();
    if (isAlias(node)) return this.#alias(node.source);
    if (isScalar(node)) return this.#scalar(node);
    if (!isMap(node) && !isSeq(node)) return null;
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, node);
    if (++this.#depth > DEPTH_MAX) throw new Error('yaml: exceeded max depth');
    const value = isMap(node) ? this.#map(node) : node.items.map((item) => this.value(item));
    this.#depth--;
    return value;
  }

  /** A small text may not stand for a large value. */
  #count(): void {
    this.#nodes++;
    if (this.#inAliases > 0) this.#aliased++;
    if (this.#aliased <= FREE_ALIASED || this.#nodes <= FREE_NODES) return;
    if (this.#aliased / this.#nodes > aliasedShareMax(this.#nodes))
      throw new Error('yaml: document contains excessive aliasing');
  }

  #alias(name: string): unknown {
    const node = this.#anchors.get(name);
    if (node === undefined) throw new Error(`yaml: unknown anchor '${name}' referenced`);
    if (this.#open.has(node)) throw new Error(`yaml: anchor '${name}' value contains itself`);
    this.#open.add(node);
    this.#inAliases++;
    const value = this.value(node);
    this.#inAliases--;
    this.#open.delete(node);
    return value;
  }

  #scalar(node: Scalar): unknown {
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, node);
    const text = String(node.value ?? '');
    if (node.tag !== undefined) return taggedScalar(text, node.tag);
    return node.type === Scalar.PLAIN || node.value === null ? plainScalar(text) : text;
  }

  #map(node: YAMLMap): Record<string, unknown> {
    const fields = new Map<string, unknown>();
    for (const pair of node.items) {
      if (isMerge(pair)) this.#merge(pair.value, fields);
      else this.#field(pair, fields);
    }
    return Object.fromEntries([...fields].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  #field({ key, value }: Pair, fields: Map<string, unknown>): void {
    const found = this.value(key);
    if (found === null || typeof found === 'object')
      throw new Error(`unsupported map key of type: ${found === null ? '%!s(<nil>)' : 'map'}`);
    const name = String(found);
    if (fields.has(name)) {
      const shown = typeof found === 'string' ? JSON.stringify(found) : name;
      this.duplicates.push(`line ${this.#lineOf(value ?? key)}: key ${shown} already set in map`);
    }
    fields.set(name, this.value(value));
  }

  #merge(node: unknown, fields: Map<string, unknown>): void {
    const from = isSeq(node) ? node.items : [node];
    for (const item of [...from].reverse()) {
      const value = this.value(item);
      if (value === null || typeof value !== 'object' || Array.isArray(value))
        throw new Error('yaml: map merge requires map or sequence of maps as the value');
      for (const [key, part] of Object.entries(value)) fields.set(key, part);
    }
  }

  #lineOf(node: unknown): number {
    const start = (node as Node).range?.[0] ?? 0;
    return this.#lines.linePos(start).line;
  }
}

function isMerge({ key }: Pair): boolean {
  return isScalar(key) && key.type === Scalar.PLAIN && key.value === '<<' && key.tag === undefined;
}

/** The larger the value, the smaller the share of it that may come of aliases. */
function aliasedShareMax(nodes: number): number {
  const [few, many] = [400_000, 4_000_000];
  if (nodes <= few) return 0.99;
  if (nodes >= many) return 0.1;
  return 0.99 - (0.89 * (nodes - few)) / (many - few);
}
