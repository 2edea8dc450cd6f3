import type { CheckedExpression } from '../environment.js';
import type { Program } from '../program.js';
import { declarationProvider } from '../types/declaration.js';
import { ANY, mapOf, STRING } from '../types/type.js';
import { USER } from './declarations.js';
import { kubernetesEnvironment, PER_CALL_LIMIT } from './environment.js';

/** Compiles an expression about the `claims` of a token, or about the `user` that they make. */
export function compileAuthentication(
  expression: string,
  about: 'claims' | 'user',
): { readonly program: Program; readonly checked: CheckedExpression } | { readonly problem: string } {
  const type = about === 'claims' ? mapOf(STRING, ANY) : USER.type;
  const environment = kubernetesEnvironment().extend([{ name: about, type }], declarationProvider(USER));
  const compiled = environment.compile(expression);
  if ('issues' in compiled) return { problem: `compilation failed: ${compiled.issues}` };
  const planned = environment.program(compiled.checked, PER_CALL_LIMIT);
  if ('problem' in planned) return { problem: `program instantiation failed: ${planned.problem}` };
  return { program: planned.program, checked: compiled.checked };
}
