import {
  call,
  type Expr,
  ident,
  list,
  literal,
  type MapEntry,
  map,
  type StructField,
  select,
  struct,
  unspecified,
} from './ast.js';
import { AT, EXPRESSION, PRIMARY, PRODUCTS, RELATIONS, SUMS } from './grammar.js';
import { lex, type Span } from './lexer.js';
import { literalValue } from './literals.js';
import { MacroError, type Macros, macroKey } from './macros.js';
import { ParseEnd, type Place, RuleError, type RuleMark, TokenReader } from './recovery.js';
import { Issues, Source } from './source.js';
import { T, type Token, type TokenType } from './tokens.js';

const CODE_POINTS_MAX = 100_000;
const DEPTH_MAX = 250;

const RESERVED = new Set(
  'as break const continue else false for function if import in let loop package namespace null return true var void while'.split(
    ' ',
  ),
);

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
  try {
    return { expr: new Parser(source, issues, macros).start(), issues };
  } catch (error) {
    if (!(error instanceof ParseEnd)) throw error;
    return { expr: unspecified(0), issues };
  }
}

interface Rule {
  readonly name: string;
  readonly at: number;
  readonly mark: RuleMark;
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
    const lexical: [Span, string][] = [];
    const tokens = lex(source, (span, message) => lexical.push([span, message]));
    const skipped = lexical.map(([span]) => span);
    this.#reader = new TokenReader(tokens, skipped, issues);
    for (const [span, message] of lexical) this.#reader.report(span.start, message);
  }

  start(): Expr {
    const rule = this.#enter('start', AT.done);
    try {
      const expr = this.#expr(AT.end);
      this.#reader.match(T.EOF, AT.done);
      if (expr.height > DEPTH_MAX) this.#issues.report(-1, 'max recursion depth exceeded');
      return expr;
    } catch (error) {
      return this.#failed(rule, error);
    } finally {
      this.#leave(rule);
    }
  }

  /** Begins a rule. A rule is one call of one function, so that what is nested deeply does not fill the stack. */
  #enter(name: string, follow: Place): Rule {
    const depth = (this.#depth.get(name) ?? 0) + 1;
    if (depth > DEPTH_MAX) {
      this.#issues.report(-1, `expression recursion limit exceeded: ${DEPTH_MAX}`);
      throw new ParseEnd();
    }
    this.#depth.set(name, depth);
    return { name, at: this.#reader.current.start, mark: this.#reader.enter(follow) };
  }

  /** Reports an error of the rule and goes on behind it. */
  #failed({ at }: Rule, error: unknown): Expr {
    if (!(error instanceof RuleError)) throw error;
    this.#reader.fail(error);
    return unspecified(at);
  }

  #leave({ name, mark }: Rule): void {
    this.#reader.leave(mark);
    this.#depth.set(name, this.#depth.get(name)! - 1);
  }

  #expr(follow: Place): Expr {
    const reader = this.#reader;
    const rule = this.#enter('expr', follow);
    try {
      const condition = this.#or(AT.question);
      reader.sync(AT.question);
      if (reader.current.type !== T.Question) return condition;
      const question = reader.match(T.Question, AT.expression);
      const yes = this.#or(AT.colon);
      reader.match(T.Colon, AT.expression);
      const no = this.#expr(AT.done);
      return this.#taller(this.#call(question.start, '_?_:_', [condition, yes, no]));
    } catch (error) {
      return this.#failed(rule, error);
    } finally {
      this.#leave(rule);
    }
  }

  #or(follow: Place): Expr {
    const reader = this.#reader;
    const rule = this.#enter('conditionalOr', follow);
    try {
      const terms = [this.#and(AT.or)];
      const operators: number[] = [];
      reader.sync(AT.or);
      while (reader.current.type === T.Or) {
        operators.push(reader.match(T.Or, AT.expression).start);
        terms.push(this.#and(AT.or));
        reader.sync(AT.orAgain);
      }
      return balanced('_||_', terms, operators, 0, operators.length - 1);
    } catch (error) {
      return this.#failed(rule, error);
    } finally {
      this.#leave(rule);
    }
  }

  #and(follow: Place): Expr {
    const reader = this.#reader;
    const rule = this.#enter('conditionalAnd', follow);
    try {
      const terms = [this.#relation(0, AT.and)];
      const operators: number[] = [];
      reader.sync(AT.and);
      while (reader.current.type === T.And) {
        operators.push(reader.match(T.And, AT.expression).start);
        terms.push(this.#relation(0, AT.and));
        reader.sync(AT.andAgain);
      }
      return balanced('_&&_', terms, operators, 0, operators.length - 1);
    } catch (error) {
      return this.#failed(rule, error);
    } finally {
      this.#leave(rule);
    }
  }

  #relation(precedence: number, follow: Place): Expr {
    const reader = this.#reader;
    const rule = this.#enter('relation', follow);
    try {
      let left = this.#calc(0, AT.relation);
      reader.sync(AT.relation);
      while (precedence <= 1 && RELATIONS.has(reader.current.type)) {
        const operator = reader.matchOne(AT.relationOperator, AT.expression);
        const right = this.#relation(2, AT.relation);
        left = this.#taller(this.#call(operator.start, RELATIONS.get(operator.type)!, [left, right]));
        reader.sync(AT.relation);
      }
      return left;
    } catch (error) {
      return this.#failed(rule, error);
    } finally {
      this.#leave(rule);
    }
  }

  #calc(precedence: number, follow: Place): Expr {
    const reader = this.#reader;
    const rule = this.#enter('calc', follow);
    try {
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
    } catch (error) {
      return this.#failed(rule, error);
    } finally {
      this.#leave(rule);
    }
  }

  #unary(follow: Place): Expr {
    const reader = this.#reader;
    const rule = this.#enter('unary', follow);
    try {
      reader.sync(AT.unary);
      const { type } = reader.current;
      if (type === T.Exclaim) return this.#repeated(T.Exclaim, '!_', AT.notAgain);
      if (type === T.Minus && !this.#isNumber(reader.ahead(1))) {
        if (!EXPRESSION.includes(reader.ahead(1)) || reader.ahead(1) === T.Exclaim) throw reader.noAlternative(1);
        return this.#repeated(T.Minus, '-_', AT.minusAgain);
      }
      if (!PRIMARY.includes(type)) throw reader.noAlternative(0);
      return this.#member(AT.done);
    } catch (error) {
      return this.#failed(rule, error);
    } finally {
      this.#leave(rule);
    }
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
    const rule = this.#enter('member', follow);
    try {
      let operand = this.#primary(AT.member);
      reader.sync(AT.member);
      for (;;) {
        if (reader.current.type === T.Dot) operand = this.#dot(operand);
        else if (reader.current.type === T.LeftBracket) operand = this.#index(operand);
        else return operand;
        reader.sync(AT.member);
      }
    } catch (error) {
      return this.#failed(rule, error);
    } finally {
      this.#leave(rule);
    }
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
    const rule = this.#enter('primary', follow);
    try {
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
    } catch (error) {
      return this.#failed(rule, error);
    } finally {
      this.#leave(rule);
    }
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
    const rule = this.#enter('optExpr', follow);
    try {
      reader.sync(AT.optional);
      optional = reader.current.type === T.Question;
      if (optional) reader.match(T.Question, AT.expression);
      return { expr: this.#expr(AT.done), optional };
    } catch (error) {
      return { expr: this.#failed(rule, error), optional };
    } finally {
      this.#leave(rule);
    }
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
    const rule = this.#enter('literal', AT.done);
    try {
      const at = reader.current.start;
      const negative = reader.current.type === T.Minus;
      if (negative && !this.#isNumber(reader.ahead(1))) throw reader.noAlternative(1);
      if (negative) reader.match(T.Minus, AT.sign);
      const result = literalValue(reader.take(), negative);
      if ('value' in result) return literal(at, result.value);
      this.#issues.report(at, result.problem);
      return unspecified(at);
    } catch (error) {
      return this.#failed(rule, error);
    } finally {
      this.#leave(rule);
    }
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
