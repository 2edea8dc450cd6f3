/**
 * The tokens of the language, numbered in the order of the reference grammar: sets of expected tokens in error messages
 * are listed in this order.
 */
export const T = {
  EOF: -1,
  Equals: 1,
  NotEquals: 2,
  In: 3,
  Less: 4,
  LessEquals: 5,
  GreaterEquals: 6,
  Greater: 7,
  And: 8,
  Or: 9,
  LeftBracket: 10,
  RightBracket: 11,
  LeftBrace: 12,
  RightBrace: 13,
  LeftParen: 14,
  RightParen: 15,
  Dot: 16,
  Comma: 17,
  Minus: 18,
  Exclaim: 19,
  Question: 20,
  Colon: 21,
  Plus: 22,
  Star: 23,
  Slash: 24,
  Percent: 25,
  True: 26,
  False: 27,
  Null: 28,
  Float: 31,
  Int: 32,
  Uint: 33,
  String: 34,
  Bytes: 35,
  Identifier: 36,
  EscapedIdentifier: 37,
} as const;

export type TokenType = (typeof T)[keyof typeof T];

export interface Token {
  readonly type: TokenType;
  readonly text: string;
  /** Code points before it. */
  readonly start: number;
  /** Code points up to its end. */
  readonly end: number;
}

/** Operators and punctuation, the longer before their prefixes. */
export const PUNCTUATION: readonly (readonly [string, TokenType])[] = [
  ['==', T.Equals],
  ['!=', T.NotEquals],
  ['<=', T.LessEquals],
  ['<', T.Less],
  ['>=', T.GreaterEquals],
  ['>', T.Greater],
  ['&&', T.And],
  ['||', T.Or],
  ['[', T.LeftBracket],
  [']', T.RightBracket],
  ['{', T.LeftBrace],
  ['}', T.RightBrace],
  ['(', T.LeftParen],
  [')', T.RightParen],
  ['.', T.Dot],
  [',', T.Comma],
  ['-', T.Minus],
  ['!', T.Exclaim],
  ['?', T.Question],
  [':', T.Colon],
  ['+', T.Plus],
  ['*', T.Star],
  ['/', T.Slash],
  ['%', T.Percent],
];

export const KEYWORDS: ReadonlyMap<string, TokenType> = new Map([
  ['in', T.In],
  ['true', T.True],
  ['false', T.False],
  ['null', T.Null],
]);

const NAMES: ReadonlyMap<number, string> = new Map<number, string>([
  ...PUNCTUATION.map(([text, type]) => [type, `'${text}'`] as const),
  ...[...KEYWORDS].map(([text, type]) => [type, `'${text}'`] as const),
  [T.EOF, '<EOF>'],
  [T.Float, 'NUM_FLOAT'],
  [T.Int, 'NUM_INT'],
  [T.Uint, 'NUM_UINT'],
  [T.String, 'STRING'],
  [T.Bytes, 'BYTES'],
  [T.Identifier, 'IDENTIFIER'],
  [T.EscapedIdentifier, 'ESC_IDENTIFIER'],
]);

/** A set of tokens as error messages show it. */
export function displayTokens(types: Iterable<TokenType>): string {
  const names = [...new Set(types)].sort((a, b) => a - b).map((type) => NAMES.get(type) ?? '');
  return names.length === 1 ? names[0]! : `{${names.join(', ')}}`;
}
