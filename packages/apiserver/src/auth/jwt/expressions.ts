import { compileAuthentication, fromJson, toJson } from '@keelson/cel';

/** A compiled expression over what a token says (`claims`) or whom it makes (`user`). Throws what went wrong. */
export type Expression = (value: unknown) => unknown;

/** Compiles an expression of a configuration file. Throws an error in the compiler's words. */
export type ExpressionCompiler = (expression: string, about: 'claims' | 'user', result?: 'bool' | 'any') => Expression;

export const compile: ExpressionCompiler = (expression, about, result = 'any') => {
  const compiled = compileAuthentication(expression, about);
  if ('problem' in compiled) throw new Error(compiled.problem);
  if (result === 'bool' && compiled.checked.type.kind !== 'bool') throw new Error('must evaluate to bool');
  return (value) => {
    const evaluation = compiled.program.evaluate(new Map([[about, fromJson(value)]]));
    if ('error' in evaluation) throw new Error(evaluation.error);
    return toJson(evaluation.value);
  };
};
