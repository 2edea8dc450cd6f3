/** Field selectors: `metadata.name=x,status.phase!=Running`, after apimachinery's fields package. */
import { SelectorError } from './label.js';

export interface FieldRequirement {
  readonly field: string;
  readonly operator: '=' | '!=';
  readonly value: string;
}

export interface FieldMatcher {
  readonly requirements: readonly FieldRequirement[];
  readonly empty: boolean;
  /** `read` gives a field's value; an absent one is the empty string. */
  matches(read: (field: string) => string): boolean;
  toString(): string;
}

export function fieldMatcher(requirements: readonly FieldRequirement[]): FieldMatcher {
  return {
    requirements,
    empty: requirements.length === 0,
    matches: (read) => requirements.every((it) => (read(it.field) === it.value) === (it.operator === '=')),
    toString: () => requirements.map((it) => `${it.field}${it.operator}${escapeValue(it.value)}`).join(','),
  };
}

/** Reads a selector's text form. Throws SelectorError. */
export function parseFieldSelector(text: string): FieldMatcher {
  const terms = splitTerms(text).filter((term) => term !== '');
  return fieldMatcher(terms.map((term) => parseTerm(term, text)));
}

function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === ',') {
      terms.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return [...terms, text.slice(start)];
}

function parseTerm(term: string, whole: string): FieldRequirement {
  for (let at = 0; at < term.length; at++) {
    for (const operator of ['!=', '==', '='] as const) {
      if (!term.startsWith(operator, at)) continue;
      const value = unescapeValue(term.slice(at + operator.length));
      return { field: term.slice(0, at), operator: operator === '!=' ? '!=' : '=', value };
    }
  }
  throw new SelectorError(`invalid selector: '${whole}'; can't understand '${term}'`);
}

function unescapeValue(text: string): string {
  let value = '';
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? '';
    if (char === '\\') {
      const next = text[++at];
      if (next === undefined || !'\\,='.includes(next))
        throw new SelectorError(`invalid field selector: invalid escape sequence in value: ${text}`);
      value += next;
    } else if (char === ',' || char === '=') {
      throw new SelectorError(`invalid field selector: unescaped character in value: ${text}`);
    } else value += char;
  }
  return value;
}

export function escapeValue(value: string): string {
  return value.replace(/[\\,=]/g, (char) => `\\${char}`);
}
