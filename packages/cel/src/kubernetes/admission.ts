import type { CheckedExpression, Environment } from '../environment.js';
import type { Bindings } from '../eval/activation.js';
import { AUTHORIZER, RESOURCE_CHECK } from '../library/authorizer.js';
import type { Program } from '../program.js';
import {
  type Declaration,
  declarationProvider,
  listDeclaration,
  mapDeclaration,
  scalar,
} from '../types/declaration.js';
import { BOOL, DYN, INT, listOf, NULL, STRING, structType, TIMESTAMP, type Type } from '../types/type.js';
import { CelError, CelMap, type Value } from '../values/value.js';
import { object, showType, USER } from './declarations.js';
import { kubernetesEnvironment, PER_CALL_LIMIT } from './environment.js';
import { PATCH_TYPES } from './patch-types.js';

const text = scalar(STRING, 2);
const texts = listDeclaration(text, 0);
const textMap = mapDeclaration(text, 0);
const time = scalar(TIMESTAMP, 12);

const KIND = object('kubernetes.GroupVersionKind', { group: text, version: text, kind: text });
const RESOURCE = object('kubernetes.GroupVersionResource', { group: text, version: text, resource: text });

/** The variable `request`. */
const REQUEST = object('kubernetes.AdmissionRequest', {
  kind: KIND,
  resource: RESOURCE,
  subResource: text,
  requestKind: KIND,
  requestResource: RESOURCE,
  requestSubResource: text,
  name: text,
  namespace: text,
  operation: text,
  userInfo: USER,
  dryRun: scalar(BOOL, 4),
  options: scalar(DYN, 1),
});

/** The variable `namespaceObject`. */
const NAMESPACE = object('kubernetes.Namespace', {
  metadata: object('kubernetes.NamespaceMetadata', {
    name: text,
    generateName: text,
    namespace: text,
    labels: textMap,
    annotations: textMap,
    UID: text,
    creationTimestamp: time,
    deletionGracePeriodSeconds: scalar(INT, 1),
    deletionTimestamp: time,
    generation: scalar(INT, 1),
    resourceVersion: text,
    finalizers: texts,
  }),
  spec: object('kubernetes.NamespaceSpec', { finalizers: texts }),
  status: object('kubernetes.NamespaceStatus', {
    conditions: listDeclaration(
      object('kubernetes.NamespaceCondition', {
        status: text,
        type: text,
        lastTransitionTime: time,
        message: text,
        reason: text,
      }),
      0,
    ),
    phase: text,
  }),
});

const VARIABLES = structType('kubernetes.variables');

/** Types that the expressions of admission may have to be of. */
export const RETURNS = {
  condition: [BOOL],
  message: [STRING],
  auditAnnotation: [STRING, NULL],
  applyConfiguration: [structType('Object')],
  jsonPatch: [listOf(structType('JSONPatch'))],
  anything: undefined,
} as const satisfies Record<string, readonly Type[] | undefined>;

export interface AdmissionOptions {
  readonly params: boolean;
  readonly authorizer: boolean;
  /** `Object{…}` and `JSONPatch{…}`, for mutations. */
  readonly patchTypes?: boolean;
  /** Types of `object`, `oldObject` and `params` if they are known: to warn of what will not work. */
  readonly objectType?: Declaration;
  readonly paramsType?: Declaration;
}

export type CompiledExpression =
  | { readonly program: Program; readonly checked: CheckedExpression }
  /** `invalid` is the author's fault. */
  | { readonly problem: string; readonly invalid: boolean };

/** What expressions of policies and webhooks see, and the variables of a policy as far as they have been compiled. */
export class AdmissionEnvironment {
  readonly #environment: Environment;
  readonly #plain: Environment;
  readonly #variables = new Map<string, { type: Type; compiled: CompiledExpression }>();

  constructor(options: AdmissionOptions, base = kubernetesEnvironment({ jsonPatch: options.patchTypes === true })) {
    const { params, authorizer, patchTypes, objectType, paramsType } = options;
    const variable = (name: string, type: Type) => ({ name, type });
    const roots = [REQUEST, NAMESPACE, ...(objectType ? [objectType] : []), ...(paramsType ? [paramsType] : [])];
    this.#plain = base.extend(
      [
        variable('object', objectType?.type ?? DYN),
        variable('oldObject', objectType?.type ?? DYN),
        variable('namespaceObject', NAMESPACE.type),
        variable('request', REQUEST.type),
        ...(params ? [variable('params', paramsType?.type ?? DYN)] : []),
        ...(authorizer
          ? [variable('authorizer', AUTHORIZER), variable('authorizer.requestResource', RESOURCE_CHECK)]
          : []),
      ],
      declarationProvider(...roots),
      ...(patchTypes ? [PATCH_TYPES] : []),
    );
    this.#environment = this.#plain.extend([variable('variables', VARIABLES)], {
      findStruct: (name) => (name === VARIABLES.name ? VARIABLES : undefined),
      findField: (_, field) => this.#variables.get(field)?.type,
    });
  }

  /** Compiles one of the policy's variables; expressions compiled after it may use it. */
  addVariable(name: string, expression: string): CompiledExpression {
    const compiled = this.compile(expression, RETURNS.anything);
    const type = 'checked' in compiled ? compiled.checked.type : DYN;
    this.#variables.set(name, { type, compiled });
    return compiled;
  }

  /** Compiles an expression that must be of one of the types; `withVariables` is for those of policies. */
  compile(expression: string, returns: readonly Type[] | undefined, withVariables = true): CompiledExpression {
    const environment = withVariables ? this.#environment : this.#plain;
    const compiled = environment.compile(expression);
    if ('issues' in compiled) return { problem: `compilation failed: ${compiled.issues}`, invalid: true };
    const { checked } = compiled;
    if (returns && !returns.some((type) => checked.type.equals(type))) {
      const wanted = returns.length === 1 ? `${showType(returns[0]!)}` : `one of [${returns.map(showType).join(' ')}]`;
      return { problem: `must evaluate to ${wanted} but got ${showType(checked.type)}`, invalid: true };
    }
    const planned = environment.program(checked, PER_CALL_LIMIT);
    if ('problem' in planned) return { problem: `program instantiation failed: ${planned.problem}`, invalid: false };
    return { program: planned.program, checked };
  }

  /** The bindings with the policy's variables, each computed when it is first asked for; `spend` is told their cost. */
  withVariables(bindings: Bindings, spend: (cost: number) => void): Bindings {
    const own = new Map(bindings);
    own.set('variables', new LazyVariables(this.#variables, own, spend));
    return own;
  }
}

class LazyVariables extends CelMap {
  readonly #compiled: ReadonlyMap<string, { compiled: CompiledExpression }>;
  readonly #bindings: Bindings;
  readonly #spend: (cost: number) => void;
  readonly #values = new Map<string, Value>();

  constructor(
    compiled: ReadonlyMap<string, { compiled: CompiledExpression }>,
    bindings: Bindings,
    spend: (cost: number) => void,
  ) {
    super();
    this.#compiled = compiled;
    this.#bindings = bindings;
    this.#spend = spend;
  }

  get size(): number {
    return this.#compiled.size;
  }

  find(key: Value): Value | undefined {
    if (typeof key !== 'string') return undefined;
    const known = this.#values.get(key);
    if (known !== undefined) return known;
    const variable = this.#compiled.get(key);
    if (!variable) return undefined;
    const value = this.#evaluate(key, variable.compiled);
    this.#values.set(key, value);
    return value;
  }

  #evaluate(name: string, compiled: CompiledExpression): Value {
    const quoted = JSON.stringify(name);
    if ('problem' in compiled) {
      return new CelError(`composited variable ${quoted} fails to compile: ${compiled.problem}`);
    }
    const result = compiled.program.evaluate(this.#bindings);
    this.#spend(result.cost);
    if ('value' in result) return result.value;
    return new CelError(`composited variable ${quoted} fails to evaluate: ${result.error}`);
  }

  keys(): Iterable<Value> {
    return this.#compiled.keys();
  }
}
