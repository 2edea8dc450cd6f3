/** Where a compiler of CEL expressions is plugged in. Until one is, expressions are not checked. */
import type { FieldError } from '../field-errors.js';

/** What an expression sees and must come to. */
export type CelEnvironment = 'device selector';

/** What is wrong with an expression; the field is put in by who asks. */
export type CelCompiler = (expression: string, environment: CelEnvironment) => Omit<FieldError, 'field'>[];

let compiler: CelCompiler = () => [];

/** Called once, where the process is put together. */
export function plugCelCompiler(compile: CelCompiler): void {
  compiler = compile;
}

export function compileCel(expression: string, environment: CelEnvironment): Omit<FieldError, 'field'>[] {
  return compiler(expression, environment);
}
