import type { CheckedExpression } from '../environment.js';
import type { Program } from '../program.js';
import { declarationProvider, listDeclaration, mapDeclaration, scalar } from '../types/declaration.js';
import { STRING } from '../types/type.js';
import { object } from './declarations.js';
import { kubernetesEnvironment, PER_CALL_LIMIT } from './environment.js';

const string = scalar(STRING, 2);
const strings = listDeclaration(string, 0);
const REQUIREMENT = (kind: string) =>
  object(`kubernetes.${kind}Requirement`, {
    key: string,
    operator: string,
    values: strings,
  });
const SELECTOR = (kind: string) =>
  object(`kubernetes.${kind}Attributes`, {
    rawSelector: string,
    requirements: listDeclaration(REQUIREMENT(kind), 0),
  });
/** The spec of a SubjectAccessReview. */
const REQUEST = object('kubernetes.SubjectAccessReviewSpec', {
  resourceAttributes: object('kubernetes.ResourceAttributes', {
    namespace: string,
    verb: string,
    group: string,
    version: string,
    resource: string,
    subresource: string,
    name: string,
    fieldSelector: SELECTOR('FieldSelector'),
    labelSelector: SELECTOR('LabelSelector'),
  }),
  nonResourceAttributes: object('kubernetes.NonResourceAttributes', { path: string, verb: string }),
  user: string,
  groups: strings,
  extra: mapDeclaration(strings, 0),
  uid: string,
});

/** Compiles a condition about the `request` of an authorizer, the spec of a SubjectAccessReview. */
export function compileAuthorization(
  expression: string,
): { readonly program: Program; readonly checked: CheckedExpression } | { readonly problem: string } {
  const variables = [{ name: 'request', type: REQUEST.type }];
  const environment = kubernetesEnvironment().extend(variables, declarationProvider(REQUEST));
  const compiled = environment.compile(expression);
  if ('issues' in compiled) return { problem: `compilation failed: ${compiled.issues}` };
  if (compiled.checked.type.kind !== 'bool') return { problem: 'must evaluate to bool' };
  const planned = environment.program(compiled.checked, PER_CALL_LIMIT);
  if ('problem' in planned) return { problem: `program instantiation failed: ${planned.problem}` };
  return { program: planned.program, checked: compiled.checked };
}
