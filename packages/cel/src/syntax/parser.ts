import {
  call,
  type Expr,
  ident,
  list,
  literal,
  type MapEntry,
  map,
  select,
  type StructField,
  struct,
  unspecified,
} from './ast.js';
import { lex } from './lexer.js';
import { literalValue } from './literals.js';
import { type Macros, MacroError, macroKey } from './macros.js';
import { ParseEnd, type Place, place, TokenReader } from './recovery.js';
import { Issues, Source } from './source.js';
import { T, type Token, type TokenType } from './tokens.js';

const CODE_POINTS_MAX = 100_000;
const DEPTH_MAX = 250;

const RESERVED = new Set(
  'as break const continue else false for function if import in let loop package namespace null return true var void while'.split(
    ' ',
  ),
);

const PRIMARY: readonly TokenType[] = [
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
const EXPRESSION: readonly TokenType[] = [...PRIMARY, T.Exclaim];
const RELATIONS = new Map<TokenType, string>([
  [T.Less, '_<_'],
  [T.LessEquals, '_<=_'],
  [T.GreaterEquals, '_>=_'],
  [T.Greater, '_>_'],
  [T.Equals, '_==_'],
  [T.NotEquals, '_!=_'],
  [T.In, '@in'],
]);
const PRODUCTS = new Map<TokenType, string>([
  [T.Star, '_*_'],
  [T.Slash, '_/_'],
  [T.Percent, '_%_'],
]);
const SUMS = new Map<TokenType, string>([
  [T.Plus, '_+_'],
  [T.Minus, '_-_'],
]);
const OPERATORS = [...PRODUCTS.keys(), ...SUMS.keys()];
const NAME = [T.Identifier, T.EscapedIdentifier] as const;

/** The places of the grammar. Each is one of its own: being at the same place twice ends a recovery. */
const AT = {
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

export interface Parsed {
  readonly expr: Expr;
  readonly issues: Issues;
}

/** The expression that `text` is, its macros written out. It is of use only if there are no issues. */
export function parse(text: string, macros: Macros): Parsed {
  const source = new Source(text);
  const issues = new Issues(source);
  const size = source.points.length;
  if (size > CODE_POINTS_MAX) {
    issues.report(-1, `expression code point size exceeds limit: size: ${size}, limit ${CODE_POINTS_MAX}`);
    return { expr: unspecified(0), issues };
  }
  const parser = new Parser(source, issues, macros);
  try {
    return { expr: parser.start(), issues };
  } catch (error) {
    if (!(error instanceof ParseEnd)) throw error;
    return { expr: unspecified(0), issues };
  }
}

/** One function for each rule of the reference grammar, in its order. */
class Parser {
  readonly #issues: Issues;
  readonly #macros: Macros;
  readonly #reader: TokenReader;
  readonly #depth = new Map<string, number>();

  constructor(source: Source, issues: Issues, macros: Macros) {
    this.#issues = issues;
    this.#macros = macros;
    const lexical: [number, string][] = [];
    const tokens = lex(source, (at, message) => lexical.push([at, message]));
    this.#reader = new TokenReader(tokens, issues);
    for (const [at, message] of lexical) this.#reader.report(at, message);
  }

  start(): Expr {
    const expr = this.#rule('start', AT.done, () => {
      const found = this.#expr(AT.end);
      this.#reader.match(T.EOF, AT.done);
      return found;
    });
    if (expr.height > DEPTH_MAX) this.#issues.report(-1, 'max recursion depth exceeded');
    return expr;
  }

  #rule(name: string, follow: Place, body: () => Expr): Expr {
    const depth = (this.#depth.get(name) ?? 0) + 1;
    if (depth > DEPTH_MAX) {
      this.#issues.report(-1, `expression recursion limit exceeded: ${DEPTH_MAX}`);
      throw new ParseEnd();
    }
    this.#depth.set(name, depth);
    const at = this.#reader.current.start;
    const expr = this.#reader.rule(follow, body) ?? unspecified(at);
    this.#depth.set(name, depth - 1);
    return expr;
  }

  #expr(follow: Place): Expr {
    const reader = this.#reader;
    return this.#rule('expr', follow, () => {
      const condition = this.#or(AT.question);
      reader.sync(AT.question);
      if (reader.current.type !== T.Question) return condition;
      const question = reader.match(T.Question, AT.expression);
      const yes = this.#or(AT.colon);
      reader.match(T.Colon, AT.expression);
      const no = this.#expr(AT.done);
      return this.#taller(this.#call(question.start, '_?_:_', [condition, yes, no]));
    });
  }

  #or(follow: Place): Expr {
    return this.#chain('conditionalOr', follow, T.Or, '_||_', AT.or, AT.orAgain, () => this.#and(AT.or));
  }

  #and(follow: Place): Expr {
    return this.#chain('conditionalAnd', follow, T.And, '_&&_', AT.and, AT.andAgain, () => this.#relation(0, AT.and));
  }

  #chain(
    name: string,
    follow: Place,
    operator: TokenType,
    fn: string,
    first: Place,
    again: Place,
    term: () => Expr,
  ): Expr {
    return this.#rule(name, follow, () => {
      const terms = [term()];
      const operators: number[] = [];
      this.#reader.sync(first);
      while (this.#reader.current.type === operator) {
        operators.push(this.#reader.match(operator, AT.expression).start);
        terms.push(term());
        this.#reader.sync(again);
      }
      return balanced(fn, terms, operators, 0, operators.length - 1);
    });
  }

  #relation(precedence: number, follow: Place): Expr {
    const reader = this.#reader;
    return this.#rule('relation', follow, () => {
      let left = this.#calc(0, AT.relation);
      reader.sync(AT.relation);
      while (precedence <= 1 && RELATIONS.has(reader.current.type)) {
        const operator = reader.matchOne(AT.relationOperator, AT.expression);
        const right = this.#relation(2, AT.relation);
        left = this.#taller(this.#call(operator.start, RELATIONS.get(operator.type)!, [left, right]));
        reader.sync(AT.relation);
      }
      return left;
    });
  }

  #calc(precedence: number, follow: Place): Expr {
    const reader = this.#reader;
    return this.#rule('calc', follow, () => {
      let left = this.#unary(AT.calc);
      reader.sync(AT.calc);
      for (;;) {
        const { type } = reader.current;
        const level = PRODUCTS.has(type) ? 2 : SUMS.has(type) ? 1 : -1;
        if (level < precedence || level < 0) return left;
        const operator = reader.matchOne(level === 2 ? AT.product : AT.sum, AT.expression);
        const right = this.#calc(level + 1, AT.calc);
        const name = PRODUCTS.get(operator.type) ?? SUMS.get(operator.type)!;
        left = this.#taller(this.#call(operator.start, name, [left, right]));
        reader.sync(AT.calc);
      }
    });
  }

  #unary(follow: Place): Expr {
    const reader = this.#reader;
    return this.#rule('unary', follow, () => {
      reader.sync(AT.unary);
      const { type } = reader.current;
      if (type === T.Exclaim) return this.#repeated(T.Exclaim, '!_', AT.notAgain);
      if (type === T.Minus && !this.#isNumber(reader.ahead(1))) {
        if (!EXPRESSION.includes(reader.ahead(1)) || reader.ahead(1) === T.Exclaim) throw reader.noAlternative(1);
        return this.#repeated(T.Minus, '-_', AT.minusAgain);
      }
      if (!PRIMARY.includes(type)) throw reader.noAlternative(0);
      return this.#member(AT.done);
    });
  }

  #isNumber(type: TokenType): boolean {
    return type === T.Int || type === T.Float;
  }

  #repeated(operator: TokenType, name: string, again: Place): Expr {
    const reader = this.#reader;
    const at = reader.current.start;
    let times = 0;
    while (reader.current.type === operator) {
      reader.match(operator, AT.expression);
      times++;
      reader.sync(again);
    }
    const operand = this.#member(AT.done);
    return times % 2 === 0 ? operand : this.#call(at, name, [operand]);
  }

  #member(follow: Place): Expr {
    const reader = this.#reader;
    return this.#rule('member', follow, () => {
      let operand = this.#primary(AT.member);
      reader.sync(AT.member);
      for (;;) {
        if (reader.current.type === T.Dot) operand = this.#dot(operand);
        else if (reader.current.type === T.LeftBracket) operand = this.#index(operand);
        else return operand;
        reader.sync(AT.member);
      }
    });
  }

  #dot(operand: Expr): Expr {
    const reader = this.#reader;
    const next = reader.ahead(1);
    if (next !== T.Question && next !== T.Identifier && next !== T.EscapedIdentifier) throw reader.noAlternative(1);
    const dot = reader.match(T.Dot, AT.selected);
    if (next === T.Identifier && reader.ahead(1) === T.LeftParen) {
      const name = reader.match(T.Identifier, AT.callOpen);
      const open = reader.match(T.LeftParen, AT.callArguments);
      const args = this.#arguments();
      reader.match(T.RightParen, AT.member);
      return this.#taller(this.#call(open.start, name.text, args, operand));
    }
    reader.sync(AT.selection);
    const optional = reader.current.type === T.Question;
    if (optional) reader.match(T.Question, AT.name);
    const name = this.#name(AT.member);
    if (!name) return unspecified(dot.start);
    const field = this.#fieldName(name);
    if (optional) return this.#taller(call(dot.start, '_?._', [operand, literal(name.start, field)]));
    return select(dot.start, operand, field);
  }

  #index(operand: Expr): Expr {
    const reader = this.#reader;
    const open = reader.match(T.LeftBracket, AT.index);
    reader.sync(AT.index);
    const optional = reader.current.type === T.Question;
    if (optional) reader.match(T.Question, AT.expression);
    const index = this.#expr(AT.bracketClose);
    reader.match(T.RightBracket, AT.member);
    return this.#taller(this.#call(open.start, optional ? '_[?_]' : '_[_]', [operand, index]));
  }

  #primary(follow: Place): Expr {
    const reader = this.#reader;
    return this.#rule('primary', follow, () => {
      reader.sync(AT.primary);
      switch (reader.current.type) {
        case T.LeftParen: {
          reader.match(T.LeftParen, AT.nested);
          const expr = this.#expr(AT.parenClose);
          reader.match(T.RightParen, AT.done);
          return expr;
        }
        case T.LeftBracket:
          return this.#list();
        case T.LeftBrace:
          return this.#map();
        case T.Dot:
        case T.Identifier:
          return this.#named();
        default:
          if (!PRIMARY.includes(reader.current.type)) throw reader.noAlternative(0);
          return this.#literal();
      }
    });
  }

  /** A name, a call of a function or a message: which of them shows behind the name. */
  #named(): Expr {
    const reader = this.#reader;
    const first = reader.current;
    const dotted = first.type === T.Dot;
    if (dotted && reader.ahead(1) !== T.Identifier) throw reader.noAlternative(1);
    let behind = dotted ? 2 : 1;
    while (reader.ahead(behind) === T.Dot && reader.ahead(behind + 1) === T.Identifier) behind += 2;
    if (reader.ahead(behind) === T.LeftBrace) return this.#message();
    reader.sync(AT.leadingDot);
    if (dotted) reader.match(T.Dot, AT.identifier);
    const name = reader.match(T.Identifier, AT.done);
    const text = `${dotted ? '.' : ''}${name.text}`;
    const reserved = RESERVED.has(name.text);
    if (reserved) this.#issues.report(first.start, `reserved identifier: ${name.text}`);
    if (reader.current.type !== T.LeftParen) return reserved ? unspecified(first.start) : ident(name.start, text);
    const open = reader.match(T.LeftParen, AT.callArguments);
    const args = this.#arguments();
    reader.match(T.RightParen, AT.done);
    return reserved ? unspecified(first.start) : this.#call(open.start, text, args);
  }

  #arguments(): Expr[] {
    const reader = this.#reader;
    reader.sync(AT.callArguments);
    if (!EXPRESSION.includes(reader.current.type)) return [];
    const args: Expr[] = [];
    reader.rule(AT.parenClose, () => {
      args.push(this.#expr(AT.comma));
      reader.sync(AT.comma);
      while (reader.current.type === T.Comma) {
        reader.match(T.Comma, AT.expression);
        args.push(this.#expr(AT.comma));
        reader.sync(AT.commaAgain);
      }
    });
    return args;
  }

  #list(): Expr {
    const reader = this.#reader;
    const open = reader.match(T.LeftBracket, AT.listElements);
    const elements: Expr[] = [];
    const optional: number[] = [];
    const element = () => {
      const found = this.#optionalExpr(AT.comma);
      if (found.optional) optional.push(elements.length);
      elements.push(found.expr);
    };
    this.#series(AT.listElements, AT.listComma, element);
    reader.match(T.RightBracket, AT.done);
    return list(open.start, elements, optional);
  }

  /** Members with commas between them and perhaps one behind the last. */
  #series(first: Place, last: Place, member: () => void): void {
    const reader = this.#reader;
    const begins = (type: TokenType) => first.tokens.has(type) && !last.tokens.has(type);
    reader.sync(first);
    if (begins(reader.current.type)) {
      reader.rule(last, () => {
        member();
        reader.sync(AT.comma);
        while (reader.current.type === T.Comma && begins(reader.ahead(1))) {
          reader.match(T.Comma, first);
          member();
          reader.sync(AT.commaAgain);
        }
      });
    }
    reader.sync(last);
    if (reader.current.type === T.Comma) reader.match(T.Comma, last);
  }

  #map(): Expr {
    const reader = this.#reader;
    const open = reader.match(T.LeftBrace, AT.mapEntries);
    const entries: MapEntry[] = [];
    this.#series(AT.mapEntries, AT.mapComma, () => {
      const key = this.#optionalExpr(AT.colon);
      const colon = reader.match(T.Colon, AT.expression);
      const value = this.#expr(AT.comma);
      entries.push({ at: colon.start, key: key.expr, value, optional: key.optional });
    });
    reader.match(T.RightBrace, AT.done);
    return map(open.start, entries);
  }

  #message(): Expr {
    const reader = this.#reader;
    reader.sync(AT.leadingDot);
    let name = reader.current.type === T.Dot ? reader.match(T.Dot, AT.identifier).text : '';
    name += reader.match(T.Identifier, AT.messageName).text;
    reader.sync(AT.messageName);
    while (reader.current.type === T.Dot) {
      name += reader.match(T.Dot, AT.identifier).text;
      name += reader.match(T.Identifier, AT.messageName).text;
      reader.sync(AT.messageNameAgain);
    }
    const open = reader.match(T.LeftBrace, AT.fields);
    const fields: StructField[] = [];
    this.#series(AT.fields, AT.fieldsComma, () => {
      let field: Token | undefined;
      let optional = false;
      reader.rule(AT.colon, () => {
        reader.sync(AT.optionalField);
        optional = reader.current.type === T.Question;
        if (optional) reader.match(T.Question, AT.name);
        field = this.#name(AT.done);
      });
      const colon = reader.match(T.Colon, AT.expression);
      const value = this.#expr(AT.comma);
      if (field) fields.push({ at: colon.start, name: this.#fieldName(field), value, optional });
    });
    reader.match(T.RightBrace, AT.done);
    return struct(open.start, name, fields);
  }

  #optionalExpr(follow: Place): { expr: Expr; optional: boolean } {
    const reader = this.#reader;
    let optional = false;
    const expr = this.#rule('optExpr', follow, () => {
      reader.sync(AT.optional);
      optional = reader.current.type === T.Question;
      if (optional) reader.match(T.Question, AT.expression);
      return this.#expr(AT.done);
    });
    return { expr, optional };
  }

  #name(follow: Place): Token | undefined {
    const reader = this.#reader;
    return reader.rule(follow, () => {
      reader.sync(AT.name);
      if (!AT.name.tokens.has(reader.current.type)) throw reader.noAlternative(0);
      return reader.take();
    });
  }

  #fieldName(token: Token): string {
    if (token.type === T.EscapedIdentifier) this.#issues.report(token.start, "unsupported syntax: '`'");
    return token.text;
  }

  #literal(): Expr {
    const reader = this.#reader;
    return this.#rule('literal', AT.done, () => {
      const at = reader.current.start;
      const negative = reader.current.type === T.Minus;
      if (negative && !this.#isNumber(reader.ahead(1))) throw reader.noAlternative(1);
      if (negative) reader.match(T.Minus, AT.sign);
      const result = literalValue(reader.take(), negative);
      if ('value' in result) return literal(at, result.value);
      this.#issues.report(at, result.problem);
      return unspecified(at);
    });
  }

  #taller(expr: Expr): Expr {
    expr.height++;
    return expr;
  }

  /** A call, or what the macro of its name makes of it. */
  #call(at: number, name: string, args: readonly Expr[], target?: Expr): Expr {
    const plain = call(at, name, args, target);
    const macro = this.#macros.get(macroKey(name, args.length, target !== undefined));
    if (!macro) return plain;
    try {
      const expanded = macro(at, target, args);
      if (!expanded) return plain;
      expanded.height = plain.height;
      return expanded;
    } catch (error) {
      if (!(error instanceof MacroError)) throw error;
      this.#issues.report(error.at, error.message);
      return unspecified(at);
    }
  }
}

/** Chains of && and || are trees of little height: their terms commute. */
function balanced(name: string, terms: readonly Expr[], operators: readonly number[], low: number, high: number): Expr {
  if (operators.length === 0) return terms[0]!;
  const middle = (low + high + 1) >> 1;
  const left = middle === low ? terms[middle]! : balanced(name, terms, operators, low, middle - 1);
  const right = middle === high ? terms[middle + 1]! : balanced(name, terms, operators, middle + 1, high);
  return call(operators[middle]!, name, [left, right]);
}
