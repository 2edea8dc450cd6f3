/** Label selectors: the text form of queries and the LabelSelector object, after apimachinery's labels package. */

import { quote } from '../field-errors.js';
import type { LabelSelector } from '../gen/types.js';
import { labelValueErrors, qualifiedNameErrors } from '../names.js';

export type Labels = Readonly<Record<string, string>>;
export type LabelOperator = '=' | '==' | 'in' | '!=' | 'notin' | 'exists' | '!' | 'gt' | 'lt';

export interface LabelRequirement {
  readonly key: string;
  readonly operator: LabelOperator;
  readonly values: readonly string[];
}

export interface LabelMatcher {
  readonly requirements: readonly LabelRequirement[];
  /** Whether nothing is required, so that every object matches. */
  readonly empty: boolean;
  matches(labels: Labels | undefined): boolean;
  toString(): string;
}

/** A text that is not a selector; its message is upstream's. */
export class SelectorError extends Error {
  override readonly name = 'SelectorError';
}

export const everything: LabelMatcher = labelMatcher([]);
export const nothing: LabelMatcher = { requirements: [], empty: false, matches: () => false, toString: () => '<none>' };

export function labelMatcher(requirements: readonly LabelRequirement[]): LabelMatcher {
  const sorted = [...requirements].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return {
    requirements: sorted,
    empty: sorted.length === 0,
    matches: (labels = {}) => sorted.every((requirement) => satisfies(requirement, labels)),
    toString: () => sorted.map(requirementText).join(','),
  };
}

function satisfies({ key, operator, values }: LabelRequirement, labels: Labels): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case '=':
    case '==':
    case 'in':
      return value !== undefined && values.includes(value);
    case '!=':
    case 'notin':
      return value === undefined || !values.includes(value);
    case 'exists':
      return value !== undefined;
    case '!':
      return value === undefined;
    case 'gt':
    case 'lt':
      return value !== undefined && compares(operator, value, values[0] ?? '');
  }
}

function compares(operator: 'gt' | 'lt', value: string, bound: string): boolean {
  if (!/^[-+]?\d+$/.test(value)) return false;
  return operator === 'gt' ? BigInt(value) > BigInt(bound) : BigInt(value) < BigInt(bound);
}

function requirementText({ key, operator, values }: LabelRequirement): string {
  switch (operator) {
    case 'exists':
      return key;
    case '!':
      return `!${key}`;
    case 'in':
    case 'notin':
      return `${key} ${operator} (${[...values].sort().join(',')})`;
    case 'gt':
      return `${key}>${values[0]}`;
    case 'lt':
      return `${key}<${values[0]}`;
    default:
      return `${key}${operator}${values[0]}`;
  }
}

const OBJECT_OPERATORS: Readonly<Record<string, LabelOperator>> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
};

/** The matcher of a LabelSelector: an absent selector matches nothing, an empty one everything. */
export function labelSelectorMatcher(selector: LabelSelector | undefined | null): LabelMatcher {
  if (selector === undefined || selector === null) return nothing;
  const equalities = Object.entries(selector.matchLabels ?? {}).map(
    ([key, value]): LabelRequirement => ({ key, operator: 'in', values: [value] }),
  );
  const expressions = (selector.matchExpressions ?? []).map((expression): LabelRequirement => {
    const operator = OBJECT_OPERATORS[expression.operator ?? ''];
    if (operator === undefined)
      throw new SelectorError(`"${expression.operator}" is not a valid label selector operator`);
    return { key: expression.key ?? '', operator, values: expression.values ?? [] };
  });
  return equalitiesAsText([...equalities, ...expressions]);
}

/** A map of labels as a selector: all must be equal. */
export function labelMapMatcher(labels: Labels | undefined): LabelMatcher {
  return labelMatcher(Object.entries(labels ?? {}).map(([key, value]) => ({ key, operator: '=', values: [value] })));
}

/** `In` with one value is written `key=value`, as metav1.FormatLabelSelector does. */
function equalitiesAsText(requirements: readonly LabelRequirement[]): LabelMatcher {
  return labelMatcher(
    requirements.map((it) => (it.operator === 'in' && it.values.length === 1 ? { ...it, operator: '=' } : it)),
  );
}

/** Reads a selector's text form. Throws SelectorError. */
export function parseLabelSelector(text: string): LabelMatcher {
  return new Parser(text).parse();
}

type Token = { readonly type: 'word' | 'symbol' | 'end'; readonly text: string };

const SYMBOLS = ['==', '!=', '=', '!', '<', '>', '(', ')', ','];

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    if (/\s/.test(text[at] ?? '')) {
      at++;
      continue;
    }
    const symbol = SYMBOLS.find((it) => text.startsWith(it, at));
    const word = /^[^\s=!<>(),]+/.exec(text.slice(at))?.[0] ?? '';
    tokens.push(symbol === undefined ? { type: 'word', text: word } : { type: 'symbol', text: symbol });
    at += (symbol ?? word).length;
  }
  return [...tokens, { type: 'end', text: '' }];
}

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(text: string) {
    this.#tokens = tokenize(text);
  }

  parse(): LabelMatcher {
    const requirements: LabelRequirement[] = [];
    while (this.#peek().type !== 'end') {
      requirements.push(this.#requirement());
      const next = this.#next();
      if (next.type === 'end') break;
      if (next.text !== ',') throw parseError(next.text, "',' or 'end of string'");
      const after = this.#peek();
      if (after.type !== 'word' && after.text !== '!') throw parseError(after.text, "identifier after ','");
    }
    return labelMatcher(requirements);
  }

  #requirement(): LabelRequirement {
    const negated = this.#peek().text === '!' && this.#peek().type === 'symbol';
    if (negated) this.#next();
    const key = this.#next();
    if (key.type !== 'word') throw parseError(key.text, "!, identifier, or 'end of string'");
    checkKey(key.text);
    if (negated) return { key: key.text, operator: '!', values: [] };
    const after = this.#peek();
    if (after.type === 'end' || after.text === ',') return { key: key.text, operator: 'exists', values: [] };
    return this.#comparison(key.text);
  }

  #comparison(key: string): LabelRequirement {
    const token = this.#next();
    switch (token.text) {
      case 'in':
      case 'notin':
        return checked(key, { key, operator: token.text, values: this.#valueList() });
      case '=':
      case '==':
      case '!=':
        return checked(key, { key, operator: token.text, values: [this.#exactValue()] });
      case '<':
      case '>':
        return checked(key, { key, operator: token.text === '<' ? 'lt' : 'gt', values: [this.#exactValue()] });
      default:
        throw parseError(token.text, 'in, notin, =, ==, !=, gt, lt');
    }
  }

  #valueList(): string[] {
    const open = this.#next();
    if (open.text !== '(') throw new SelectorError(`unable to parse requirement: found '${open.text}' expected: '('`);
    const values: string[] = [];
    for (;;) {
      const token = this.#next();
      if (token.type === 'word') {
        values.push(token.text);
        const separator = this.#next();
        if (separator.text === ')') return values;
        if (separator.text !== ',') throw parseError(separator.text, "',' or ')'");
        if (this.#peek().text === ')') values.push('');
        continue;
      }
      if (token.text === ')') return values.length === 0 ? [''] : values;
      if (token.text !== ',') throw parseError(token.text, "',', ')' or identifier");
      values.push('');
    }
  }

  #exactValue(): string {
    const token = this.#peek();
    if (token.type === 'end' || token.text === ',') return '';
    this.#next();
    if (token.type !== 'word') throw parseError(token.text, 'identifier');
    return token.text;
  }

  #peek(): Token {
    return this.#tokens[this.#at] ?? { type: 'end', text: '' };
  }

  #next(): Token {
    const token = this.#peek();
    this.#at++;
    return token;
  }
}

function parseError(found: string, expected: string): SelectorError {
  return new SelectorError(`unable to parse requirement: found '${found}', expected: ${expected}`);
}

function checkKey(key: string): void {
  const errors = qualifiedNameErrors(key);
  if (errors.length > 0) {
    throw new SelectorError(`unable to parse requirement: <nil>: Invalid value: ${quote(key)}: ${errors.join('; ')}`);
  }
}

function checked(key: string, requirement: LabelRequirement): LabelRequirement {
  if (requirement.operator === 'gt' || requirement.operator === 'lt') {
    const [value = ''] = requirement.values;
    if (!/^[-+]?\d+$/.test(value)) {
      const text = "for 'Gt', 'Lt' operators, the value must be an integer";
      throw new SelectorError(`unable to parse requirement: values[0]: Invalid value: ${quote(value)}: ${text}`);
    }
  }
  for (const [index, value] of requirement.values.entries()) {
    const errors = labelValueErrors(value);
    if (errors.length > 0) {
      const at = `values[${index}][${key}]`;
      throw new SelectorError(
        `unable to parse requirement: ${at}: Invalid value: ${quote(value)}: ${errors.join('; ')}`,
      );
    }
  }
  return requirement;
}
