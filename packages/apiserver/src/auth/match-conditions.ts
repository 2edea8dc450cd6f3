import { compileAuthorization, fromJson, toJson } from '@keelson/cel';

/** Whether an authorizer is asked about something; an error says what kept a condition from being known. */
export type MatchConditions = (request: object) => boolean | Error;

/** Compiles conditions about the spec of a SubjectAccessReview, all of which must hold. Throws in the compiler's words. */
export function compileMatchConditions(expressions: readonly string[]): MatchConditions {
  const programs = expressions.map((expression) => {
    const compiled = compileAuthorization(expression);
    if ('problem' in compiled) throw new Error(compiled.problem);
    return compiled.program;
  });
  return (request) => {
    const bindings = new Map([['request', fromJson(request)]]);
    let failed: Error | undefined;
    for (const program of programs) {
      const evaluation = program.evaluate(bindings);
      // One that does not hold decides, whatever became of the others.
      if ('error' in evaluation) failed ??= new Error(evaluation.error);
      else if (toJson(evaluation.value) !== true) return false;
    }
    return failed ?? true;
  };
}
