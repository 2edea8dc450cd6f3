/** A compiled expression over what a token says (`claims`) or whom it makes (`user`). Throws what went wrong. */
export type Expression = (value: unknown) => unknown;

/** Compiles an expression of a configuration file. Throws an error in the compiler's words. */
export type ExpressionCompiler = (expression: string, about: 'claims' | 'user') => Expression;

/** There is no compiler yet: whoever configures an expression is told so, rather than trusting one that is not there. */
export const compile: ExpressionCompiler = () => {
  throw new Error('expressions are not supported by this server');
};
