import type { Span } from './lexer.js';
import { escapeSpace } from './lexer.js';
import type { Issues } from './source.js';
import { displayTokens, T, type Token, type TokenType } from './tokens.js';

/**
 * How the parser that ANTLR generates from the reference grammar finds, words and survives syntax errors: users see its
 * messages, so they are part of the language as people know it. A place in the grammar is a `Place`: the tokens that
 * may come there, and whether the rule may end there. The rules being parsed form a chain, each with the place at
 * which its caller goes on.
 */
export interface Place {
  readonly tokens: ReadonlySet<TokenType>;
  readonly mayEnd: boolean;
  /** Where a choice begins, unexpected tokens may be dropped; where a loop turns, all are until one fits. */
  readonly kind: 'choice' | 'loop' | 'other';
}

export function place(kind: Place['kind'], mayEnd: boolean, ...tokens: (TokenType | Iterable<TokenType>)[]): Place {
  return { kind, mayEnd, tokens: new Set(tokens.flatMap((it) => (typeof it === 'number' ? [it] : [...it]))) };
}

interface Frame {
  readonly follow: Place;
  readonly parent: Frame | undefined;
}

/** What surrounds a rule. */
export interface RuleMark {
  readonly frame: Frame | undefined;
  readonly place: Place;
}

/** Ends the rule in which it is thrown. */
export class RuleError extends Error {
  readonly token: Token;
  constructor(message: string, token: Token) {
    super(message);
    this.token = token;
  }
}

/** Ends the parse; what is to be said has been said. */
export class ParseEnd extends Error {}

const SYNTAX_ERRORS_MAX = 100;
const RECOVERIES_MAX = 30;
const RECOVERY_LOOKAHEAD_MAX = 256;

/** A stream of tokens with ANTLR's default error strategy on it. */
export class TokenReader {
  readonly #tokens: readonly Token[];
  readonly #skipped: readonly Span[];
  readonly #issues: Issues;
  #index = 0;
  #frame: Frame | undefined;
  #place: Place = place('other', false);
  #recovering = false;
  #lastErrorIndex = -1;
  #lastErrorPlaces = new Set<Place>();
  #recoveries = 0;
  #syntaxErrors = 0;

  /** `skipped` is what is in the source but in no token. */
  constructor(tokens: readonly Token[], skipped: readonly Span[], issues: Issues) {
    this.#tokens = tokens;
    this.#skipped = skipped;
    this.#issues = issues;
  }

  get current(): Token {
    return this.#tokens[this.#index]!;
  }

  ahead(distance: number): TokenType {
    return this.#tokens[Math.min(this.#index + distance, this.#tokens.length - 1)]!.type;
  }

  /** Begins a rule behind which `follow` may come. */
  enter(follow: Place): RuleMark {
    const mark = { frame: this.#frame, place: this.#place };
    this.#frame = { follow, parent: this.#frame };
    return mark;
  }

  leave({ frame, place }: RuleMark): void {
    this.#frame = frame;
    this.#place = place;
  }

  /** Reports an error of the rule that is open and skips what does not fit behind it. */
  fail(error: RuleError): void {
    this.#reportError(error.token, error.message);
    this.#recover();
  }

  /** Runs a rule; an error in it is reported and skipped, and the rule is then as good as ended. */
  rule<R>(follow: Place, body: () => R): R | undefined {
    const mark = this.enter(follow);
    try {
      return body();
    } catch (error) {
      if (!(error instanceof RuleError)) throw error;
      this.fail(error);
      return undefined;
    } finally {
      this.leave(mark);
    }
  }

  /** Checks before a choice or a turn of a loop that the next token fits, and mends what can be mended. */
  sync(at: Place): void {
    this.#place = at;
    if (this.#recovering) return;
    if (at.mayEnd || at.tokens.has(this.current.type)) return;
    if (at.kind === 'choice') {
      if (this.#deleteOne()) return;
      throw this.#mismatch();
    }
    if (at.kind === 'loop') {
      this.#reportUnwanted();
      const wanted = new Set([...this.#expected(), ...this.#recoverySet()]);
      while (this.current.type !== T.EOF && !wanted.has(this.current.type)) this.#index++;
    }
  }

  /** Takes a token of `type`; `after` is the place behind it. */
  match(type: TokenType, after: Place): Token {
    return this.matchOne(place('other', false, type), after);
  }

  matchOne(at: Place, after: Place): Token {
    this.#place = at;
    if (at.tokens.has(this.current.type)) return this.take();
    this.#countRecovery();
    if (this.#deleteOne()) return this.take();
    if (this.#expectedAt(after, this.#frame).has(this.current.type)) {
      const message = `missing ${displayTokens(this.#expected())} at ${shown(this.current)}`;
      if (!this.#recovering) this.#begin(this.current, message);
      return { type: [...at.tokens][0]!, text: '', start: this.current.start, end: this.current.start };
    }
    throw this.#mismatch();
  }

  /** Takes the token at hand. */
  take(): Token {
    const token = this.current;
    this.#recovering = false;
    this.#lastErrorIndex = -1;
    this.#lastErrorPlaces.clear();
    if (token.type !== T.EOF) this.#index++;
    return token;
  }

  /** No alternative fits the tokens from the current one to that `distance` behind it. */
  noAlternative(distance: number): RuleError {
    const first = this.current;
    const last = this.#tokens[Math.min(this.#index + distance, this.#tokens.length - 1)]!;
    const end = last.type === T.EOF ? this.#tokens[this.#tokens.length - 1]!.start : last.end;
    const text = first.type === T.EOF ? '<EOF>' : this.#textBetween(first.start, end);
    const reserved = /^.(true|false|null)$/.exec(text);
    return new RuleError(
      reserved
        ? `mismatched input '${reserved[1]}' expecting IDENTIFIER`
        : `no viable alternative at input '${escapeSpace(text)}'`,
      last,
    );
  }

  #textBetween(start: number, end: number): string {
    let text = '';
    let from = start;
    for (const gap of this.#skipped) {
      if (gap.start < from || gap.start >= end) continue;
      text += this.#issues.source.slice(from, gap.start);
      from = gap.end;
    }
    return text + this.#issues.source.slice(from, end);
  }

  report(at: number, message: string): void {
    if (this.#syntaxErrors >= SYNTAX_ERRORS_MAX) {
      this.#issues.report(at, `Syntax error: More than ${SYNTAX_ERRORS_MAX} syntax errors`);
      throw new ParseEnd();
    }
    this.#syntaxErrors++;
    this.#issues.report(at, `Syntax error: ${message}`);
  }

  #mismatch(): RuleError {
    const message = `mismatched input ${shown(this.current)} expecting ${displayTokens(this.#expected())}`;
    return new RuleError(message, this.current);
  }

  #reportError(token: Token, message: string): void {
    if (!this.#recovering) this.#begin(token, message);
  }

  #begin(token: Token, message: string): void {
    this.#recovering = true;
    this.report(token.start, message);
  }

  #reportUnwanted(): void {
    if (this.#recovering) return;
    this.#begin(this.current, `extraneous input ${shown(this.current)} expecting ${displayTokens(this.#expected())}`);
  }

  /** Drops the current token if the one behind it is what is wanted here. */
  #deleteOne(): boolean {
    if (!this.#expected().has(this.ahead(1))) return false;
    this.#reportUnwanted();
    if (this.current.type !== T.EOF) this.#index++;
    this.#recovering = false;
    this.#lastErrorIndex = -1;
    this.#lastErrorPlaces.clear();
    return true;
  }

  #recover(): void {
    this.#countRecovery();
    let budget = RECOVERY_LOOKAHEAD_MAX;
    const skip = () => {
      if (budget-- <= 0) {
        this.#issues.report(-1, `error recovery token lookahead limit exceeded: ${RECOVERY_LOOKAHEAD_MAX}`);
        throw new ParseEnd();
      }
      if (this.current.type !== T.EOF) this.#index++;
    };
    if (this.#lastErrorIndex === this.#index && this.#lastErrorPlaces.has(this.#place)) skip();
    this.#lastErrorIndex = this.#index;
    this.#lastErrorPlaces.add(this.#place);
    const wanted = this.#recoverySet();
    while (this.current.type !== T.EOF && !wanted.has(this.current.type)) skip();
  }

  #countRecovery(): void {
    if (this.#recoveries === RECOVERIES_MAX) {
      this.report(this.current.start, `error recovery attempt limit exceeded: ${RECOVERIES_MAX}`);
      throw new ParseEnd();
    }
    this.#recoveries++;
  }

  #expected(): Set<TokenType> {
    return this.#expectedAt(this.#place, this.#frame);
  }

  #expectedAt(at: Place, frame: Frame | undefined): Set<TokenType> {
    const expected = new Set(at.tokens);
    let mayEnd = at.mayEnd;
    for (let it = frame; mayEnd && it; it = it.parent) {
      for (const type of it.follow.tokens) expected.add(type);
      mayEnd = it.follow.mayEnd;
    }
    if (mayEnd) expected.add(T.EOF);
    return expected;
  }

  #recoverySet(): Set<TokenType> {
    const wanted = new Set<TokenType>();
    for (let it = this.#frame; it; it = it.parent) for (const type of it.follow.tokens) wanted.add(type);
    return wanted;
  }
}

const shown = (token: Token) => `'${escapeSpace(token.text)}'`;
