/** JSONPath templates after k8s.io/client-go/util/jsonpath: text, with expressions in braces. */
export type TemplateNode =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'path'; readonly steps: readonly Step[] }
  | { readonly type: 'range'; readonly steps: readonly Step[]; readonly body: readonly TemplateNode[] };

export type Step =
  | { readonly type: 'root' }
  | { readonly type: 'field'; readonly name: string }
  | { readonly type: 'fields'; readonly names: readonly string[] }
  | { readonly type: 'indices'; readonly indices: readonly number[] }
  | {
      readonly type: 'slice';
      readonly from: number | undefined;
      readonly to: number | undefined;
      readonly step: number;
    }
  | { readonly type: 'wildcard' }
  | { readonly type: 'recursive' }
  | {
      readonly type: 'filter';
      readonly left: Operand;
      readonly operator: Operator;
      readonly right: Operand | undefined;
    };

export type Operator = 'exists' | '==' | '!=' | '<' | '<=' | '>' | '>=';
export type Operand =
  | { readonly type: 'value'; readonly value: unknown }
  | { readonly type: 'path'; readonly steps: readonly Step[] };

/** A template that cannot be read. */
export class JsonPathError extends Error {
  override readonly name = 'JsonPathError';
}

/** Reads a template. Throws JsonPathError. */
export function parseTemplate(text: string): TemplateNode[] {
  const parser = new TemplateParser(text);
  return parser.nodes(false);
}

/** As kubectl accepts a lone path: with or without braces, with or without the leading dot. */
export function relaxedTemplate(text: string): string {
  const match = /^\{?\s*\.?([^{}]*?)\s*\}?$/.exec(text);
  if (text.includes('{') || match === null) return text;
  return `{.${match[1]}}`;
}

class TemplateParser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  nodes(inRange: boolean): TemplateNode[] {
    const nodes: TemplateNode[] = [];
    while (this.#at < this.#text.length) {
      const open = this.#text.indexOf('{', this.#at);
      if (open !== this.#at) {
        nodes.push({ type: 'text', text: this.#text.slice(this.#at, open < 0 ? undefined : open) });
        this.#at = open < 0 ? this.#text.length : open;
        continue;
      }
      const inside = this.#action();
      if (inside === 'end') {
        if (!inRange) throw new JsonPathError('not in range, nothing to end');
        return nodes;
      }
      const range = /^range\s+(.*)$/s.exec(inside);
      if (range !== null) nodes.push({ type: 'range', steps: parsePath(range[1] ?? ''), body: this.nodes(true) });
      else nodes.push(...expressions(inside));
    }
    if (inRange) throw new JsonPathError('unterminated range: {end} is missing');
    return nodes;
  }

  /** The text of one brace pair; braces in quotes do not count. */
  #action(): string {
    const start = ++this.#at;
    let quote = '';
    for (; this.#at < this.#text.length; this.#at++) {
      const char = this.#text[this.#at] ?? '';
      if (char === '\\') this.#at++;
      else if (quote !== '') {
        if (char === quote) quote = '';
      } else if (char === '"' || char === "'") quote = char;
      else if (char === '}') return this.#text.slice(start, this.#at++).trim();
    }
    throw new JsonPathError(`unclosed action in jsonpath: ${this.#text}`);
  }
}

/** One brace pair may hold several: `{.a "\t" .b}`. */
function expressions(text: string): TemplateNode[] {
  const nodes: TemplateNode[] = [];
  let rest = text;
  while (rest !== '') {
    const quoted = /^(["'])((?:\\.|(?!\1).)*)\1\s*/s.exec(rest);
    if (quoted !== null) {
      nodes.push({ type: 'text', text: unquote(quoted[2] ?? '') });
      rest = rest.slice(quoted[0].length);
      continue;
    }
    const reader = new PathReader(rest);
    nodes.push({ type: 'path', steps: reader.path() });
    rest = rest.slice(reader.at).trimStart();
  }
  return nodes;
}

export function parsePath(text: string): Step[] {
  const reader = new PathReader(text.trim());
  const steps = reader.path();
  if (reader.at < text.trim().length)
    throw new JsonPathError(`unrecognized character in jsonpath: ${text.trim().slice(reader.at)}`);
  return steps;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };

export function unquote(text: string): string {
  return text.replace(/\\(.)/gs, (_, char: string) => ESCAPES[char] ?? char);
}

class PathReader {
  readonly #text: string;
  at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  path(): Step[] {
    const steps: Step[] = [];
    const first = this.#text[this.at];
    if (first === '$') {
      steps.push({ type: 'root' });
      this.at++;
    } else if (first === '@') this.at++;
    else if (first !== '.' && first !== '[')
      throw new JsonPathError(`unrecognized character in jsonpath: '${first ?? ''}' of ${this.#text}`);
    for (;;) {
      const char = this.#text[this.at];
      if (char === '.') this.#dot(steps);
      else if (char === '[') steps.push(this.#brackets());
      else return steps;
    }
  }

  #dot(steps: Step[]): void {
    this.at++;
    if (this.#text[this.at] === '.') {
      this.at++;
      steps.push({ type: 'recursive' });
      if (this.#text[this.at] === '[') return;
    }
    if (this.#text[this.at] === '*') {
      this.at++;
      steps.push({ type: 'wildcard' });
      return;
    }
    const match = /^(?:\\.|[^\s.[\]{}'"()=!<>,|\\])+/s.exec(this.#text.slice(this.at));
    if (match === null) return;
    this.at += match[0].length;
    steps.push({ type: 'field', name: match[0].replace(/\\(.)/gs, '$1') });
  }

  #brackets(): Step {
    const start = this.at + 1;
    let depth = 0;
    let quote = '';
    for (; this.at < this.#text.length; this.at++) {
      const char = this.#text[this.at] ?? '';
      if (char === '\\') this.at++;
      else if (quote !== '') {
        if (char === quote) quote = '';
      } else if (char === '"' || char === "'") quote = char;
      else if (char === '[') depth++;
      else if (char === ']' && --depth === 0) return bracketStep(this.#text.slice(start, this.at++).trim());
    }
    throw new JsonPathError(`unterminated array in jsonpath: ${this.#text}`);
  }
}

function bracketStep(text: string): Step {
  if (text === '*') return { type: 'wildcard' };
  if (text.startsWith('?(') && text.endsWith(')')) return filterStep(text.slice(2, -1).trim());
  if (/^(["']).*\1$/s.test(text)) {
    const names = [...text.matchAll(/(["'])((?:\\.|(?!\1).)*)\1/gs)].map((match) => unquote(match[2] ?? ''));
    return { type: 'fields', names };
  }
  if (/^-?\d+(\s*,\s*-?\d+)*$/.test(text)) return { type: 'indices', indices: text.split(',').map(Number) };
  const slice = /^(-?\d*):(-?\d*)(?::(-?\d*))?$/.exec(text);
  if (slice === null) throw new JsonPathError(`invalid array index ${text}`);
  const bound = (part: string | undefined) => (part === undefined || part === '' ? undefined : Number(part));
  return { type: 'slice', from: bound(slice[1]), to: bound(slice[2]), step: bound(slice[3]) ?? 1 };
}

function filterStep(text: string): Step {
  const outside = text.replace(/(["'])(?:\\.|(?!\1).)*\1/gs, (quoted) => 'x'.repeat(quoted.length));
  const match = /==|!=|<=|>=|<|>/.exec(outside);
  if (match === null) return { type: 'filter', left: operand(text), operator: 'exists', right: undefined };
  const operator = match[0] as Operator;
  const right = operand(text.slice(match.index + operator.length).trim());
  return { type: 'filter', left: operand(text.slice(0, match.index).trim()), operator, right };
}

function operand(text: string): Operand {
  const quoted = /^(["'])(.*)\1$/s.exec(text);
  if (quoted !== null) return { type: 'value', value: unquote(quoted[2] ?? '') };
  if (/^-?\d+(\.\d+)?$/.test(text)) return { type: 'value', value: Number(text) };
  if (text === 'true' || text === 'false') return { type: 'value', value: text === 'true' };
  return { type: 'path', steps: parsePath(text) };
}
