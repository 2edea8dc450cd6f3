import { check } from './check/checker.js';
import type { Functions } from './check/functions.js';
import type { TypeProvider, Variable } from './check/scope.js';
import { validate } from './check/validators.js';
import { WELL_KNOWN } from './check/well-known.js';
import { estimateCost, type SizeEstimator } from './cost/estimate.js';
import type { Range } from './cost/range.js';
import { PlanError, plan } from './eval/plan.js';
import { Program } from './program.js';
import { descendants, type Expr } from './syntax/ast.js';
import type { Macros } from './syntax/macros.js';
import { parse } from './syntax/parser.js';
import type { Issues } from './syntax/source.js';
import type { Type } from './types/type.js';

/** A checked expression. */
export class CheckedExpression {
  readonly expr: Expr;

  constructor(expr: Expr) {
    this.expr = expr;
  }

  get type(): Type {
    return this.expr.type!;
  }

  /** Whether the expression uses the variable. */
  mentions(variable: string): boolean {
    for (const expr of descendants(this.expr)) if (expr.kind === 'ident' && expr.name === variable) return true;
    return false;
  }
}

export type Compiled = { readonly checked: CheckedExpression } | { readonly issues: Issues };
export type Planned = { readonly program: Program } | { readonly problem: string };

export interface EnvironmentParts {
  readonly variables: readonly Variable[];
  readonly functions: Functions;
  readonly macros: Macros;
  /** Types with fields, the first that knows a name first. */
  readonly providers: readonly TypeProvider[];
}

const NO_SIZES: SizeEstimator = () => undefined;

/** What expressions may say: functions, macros, variables and types. Immutable. */
export class Environment {
  readonly #parts: EnvironmentParts;
  readonly #provider: TypeProvider;

  constructor(parts: EnvironmentParts) {
    this.#parts = parts;
    this.#provider = together([...parts.providers, WELL_KNOWN]);
  }

  extend(variables: readonly Variable[], ...providers: readonly TypeProvider[]): Environment {
    return new Environment({
      ...this.#parts,
      variables: [...this.#parts.variables, ...variables],
      providers: [...providers, ...this.#parts.providers],
    });
  }

  /** Parses and checks an expression. */
  compile(text: string): Compiled {
    const { macros, functions, variables } = this.#parts;
    const { expr, issues } = parse(text, macros);
    if (!issues.empty) return { issues };
    check(expr, variables, functions, this.#provider, issues);
    if (issues.empty) validate(expr, issues);
    return issues.empty ? { checked: new CheckedExpression(expr) } : { issues };
  }

  /** Makes what is checked ready to be evaluated; constant parts are evaluated now, and may fail. */
  program(checked: CheckedExpression, costLimit?: number): Planned {
    try {
      return { program: new Program(plan(checked.expr, this.#parts.functions, this.#provider), costLimit) };
    } catch (error) {
      if (error instanceof PlanError) return { problem: error.message };
      throw error;
    }
  }

  /** What an evaluation costs at the least and at the most. */
  estimateCost(checked: CheckedExpression, sizes: SizeEstimator = NO_SIZES): Range {
    return estimateCost(checked.expr, sizes);
  }
}

function together(providers: readonly TypeProvider[]): TypeProvider {
  return {
    findStruct: (name) => first(providers, (it) => it.findStruct(name)),
    findField: (struct, field) => {
      const owner = providers.find((it) => it.findStruct(struct) !== undefined);
      return owner?.findField(struct, field);
    },
    construct: (struct, fields) => first(providers, (it) => it.construct?.(struct, fields)),
  };
}

function first<R>(providers: readonly TypeProvider[], find: (provider: TypeProvider) => R | undefined): R | undefined {
  for (const provider of providers) {
    const found = find(provider);
    if (found !== undefined) return found;
  }
  return undefined;
}
