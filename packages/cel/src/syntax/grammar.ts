import { type Place, place } from './recovery.js';
import { T, type TokenType } from './tokens.js';

export const PRIMARY: readonly TokenType[] = [
  T.LeftBracket,
  T.LeftBrace,
  T.LeftParen,
  T.Dot,
  T.Minus,
  T.True,
  T.False,
  T.Null,
  T.Float,
  T.Int,
  T.Uint,
  T.String,
  T.Bytes,
  T.Identifier,
];
export const EXPRESSION: readonly TokenType[] = [...PRIMARY, T.Exclaim];
export const RELATIONS = new Map<TokenType, string>([
  [T.Less, '_<_'],
  [T.LessEquals, '_<=_'],
  [T.GreaterEquals, '_>=_'],
  [T.Greater, '_>_'],
  [T.Equals, '_==_'],
  [T.NotEquals, '_!=_'],
  [T.In, '@in'],
]);
export const PRODUCTS = new Map<TokenType, string>([
  [T.Star, '_*_'],
  [T.Slash, '_/_'],
  [T.Percent, '_%_'],
]);
export const SUMS = new Map<TokenType, string>([
  [T.Plus, '_+_'],
  [T.Minus, '_-_'],
]);
const OPERATORS = [...PRODUCTS.keys(), ...SUMS.keys()];
const NAME = [T.Identifier, T.EscapedIdentifier] as const;

/** The places of the grammar. Each is one of its own: being at the same place twice ends a recovery. */
export const AT = {
  end: place('other', false, T.EOF),
  done: place('other', true),
  expression: place('other', false, EXPRESSION),
  question: place('choice', true, T.Question),
  colon: place('other', false, T.Colon),
  or: place('choice', true, T.Or),
  orAgain: place('loop', true, T.Or),
  and: place('choice', true, T.And),
  andAgain: place('loop', true, T.And),
  relation: place('choice', true, RELATIONS.keys()),
  relationOperator: place('other', false, RELATIONS.keys()),
  calc: place('choice', true, OPERATORS),
  product: place('other', false, PRODUCTS.keys()),
  sum: place('other', false, SUMS.keys()),
  unary: place('choice', false, EXPRESSION),
  notAgain: place('loop', false, PRIMARY, T.Exclaim),
  minusAgain: place('loop', false, PRIMARY),
  member: place('choice', true, T.Dot, T.LeftBracket),
  selection: place('choice', false, T.Question, NAME),
  selected: place('other', false, T.Question, NAME),
  name: place('choice', false, NAME),
  callOpen: place('other', false, T.LeftParen),
  callArguments: place('choice', false, EXPRESSION, T.RightParen),
  parenClose: place('other', false, T.RightParen),
  index: place('choice', false, EXPRESSION, T.Question),
  bracketClose: place('other', false, T.RightBracket),
  primary: place('choice', false, PRIMARY),
  leadingDot: place('choice', false, T.Dot, T.Identifier),
  identifier: place('other', false, T.Identifier),
  nested: place('other', false, EXPRESSION),
  listElements: place('choice', false, EXPRESSION, T.Question, T.Comma, T.RightBracket),
  listComma: place('choice', false, T.Comma, T.RightBracket),
  mapEntries: place('choice', false, EXPRESSION, T.Question, T.Comma, T.RightBrace),
  mapComma: place('choice', false, T.Comma, T.RightBrace),
  braceClose: place('other', false, T.RightBrace),
  messageName: place('choice', false, T.Dot, T.LeftBrace),
  messageNameAgain: place('loop', false, T.Dot, T.LeftBrace),
  fields: place('choice', false, T.Question, NAME, T.Comma, T.RightBrace),
  fieldsComma: place('choice', false, T.Comma, T.RightBrace),
  comma: place('choice', true, T.Comma),
  commaAgain: place('loop', true, T.Comma),
  optional: place('choice', false, EXPRESSION, T.Question),
  optionalField: place('choice', false, T.Question, NAME),
  sign: place('choice', false, T.Minus, T.Int, T.Float),
} as const satisfies Record<string, Place>;
