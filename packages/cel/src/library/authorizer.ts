import { type FunctionDeclaration, member } from '../check/functions.js';
import { BOOL, STRING, structType, type Type } from '../types/type.js';
import { NO_SUCH_OVERLOAD } from '../values/compare.js';
import { CelError, CelObject, type Value } from '../values/value.js';

export const AUTHORIZER = structType('kubernetes.authorization.Authorizer');
export const PATH_CHECK = structType('kubernetes.authorization.PathCheck');
export const GROUP_CHECK = structType('kubernetes.authorization.GroupCheck');
export const RESOURCE_CHECK = structType('kubernetes.authorization.ResourceCheck');
export const DECISION = structType('kubernetes.authorization.Decision');

/** What an expression asks: about a path or about a resource, for the one who asks or for a service account. */
export interface AuthorizationQuestion {
  readonly serviceAccount?: { readonly namespace: string; readonly name: string };
  readonly path?: string;
  readonly group?: string;
  readonly resource?: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
  readonly verb: string;
}

export interface AuthorizationAnswer {
  readonly allowed: boolean;
  readonly reason?: string;
  readonly error?: string;
}

/** Answers at once: expressions do not wait. */
export type Authorize = (question: AuthorizationQuestion) => AuthorizationAnswer;

/** Each step of a question is a value of a type of its own. */
class AuthorizerValue extends CelObject {
  readonly #type: Type;
  readonly authorize: Authorize;
  readonly question: Partial<AuthorizationQuestion>;

  constructor(type: Type, authorize: Authorize, question: Partial<AuthorizationQuestion>) {
    super();
    this.#type = type;
    this.authorize = authorize;
    this.question = question;
  }

  override get type(): Type {
    return this.#type;
  }

  equals(): boolean | CelError {
    return NO_SUCH_OVERLOAD;
  }

  with(type: Type, more: Partial<AuthorizationQuestion>): AuthorizerValue {
    return new AuthorizerValue(type, this.authorize, { ...this.question, ...more });
  }
}

class DecisionValue extends CelObject {
  readonly answer: AuthorizationAnswer;

  constructor(answer: AuthorizationAnswer) {
    super();
    this.answer = answer;
  }

  override get type(): Type {
    return DECISION;
  }

  equals(): boolean | CelError {
    return NO_SUCH_OVERLOAD;
  }
}

/** The variable `authorizer`. */
export function authorizerValue(authorize: Authorize): Value {
  return new AuthorizerValue(AUTHORIZER, authorize, {});
}

/** The variable `authorizer.requestResource`. */
export function resourceCheckValue(authorize: Authorize, resource: Partial<AuthorizationQuestion>): Value {
  return new AuthorizerValue(RESOURCE_CHECK, authorize, resource);
}

type Field = Exclude<keyof AuthorizationQuestion, 'serviceAccount'>;

const step = (name: string, id: string, from: Type, to: Type, field: Field, empty?: string): FunctionDeclaration => ({
  name,
  overloads: [
    member(id, [from, STRING], to, (it, text) => {
      if (text === '' && empty !== undefined) return new CelError(empty);
      return (it as AuthorizerValue).with(to, { [field]: text as string });
    }),
  ],
});

const isLabel = (text: string) =>
  text.length <= 63 && /^[a-z0-9-]+$/.test(text) && !text.startsWith('-') && !text.endsWith('-');
const isSubdomain = (text: string) =>
  text.length <= 253 && text.split('.').every((label) => /^[a-z0-9-]+$/.test(label) && !/^-|-$/.test(label));

function serviceAccount(authorizer: Value, namespace: Value, name: Value): Value {
  if (!isSubdomain(name as string)) return new CelError('Invalid service account name');
  if (!isLabel(namespace as string)) return new CelError('Invalid service account namespace');
  const account = { namespace: namespace as string, name: name as string };
  return (authorizer as AuthorizerValue).with(AUTHORIZER, { serviceAccount: account });
}

function check(it: Value, verb: Value): Value {
  const { authorize, question } = it as AuthorizerValue;
  return new DecisionValue(authorize({ ...question, verb: verb as string }));
}

const answer = (name: string, type: Type, of: (answer: AuthorizationAnswer) => Value): FunctionDeclaration => ({
  name,
  overloads: [member(`decision_${name}`, [DECISION], type, (it) => of((it as DecisionValue).answer))],
});

export const AUTHORIZATION: readonly FunctionDeclaration[] = [
  step('path', 'authorizer_path', AUTHORIZER, PATH_CHECK, 'path', 'path must not be empty'),
  step('group', 'authorizer_group', AUTHORIZER, GROUP_CHECK, 'group'),
  {
    name: 'serviceAccount',
    overloads: [member('authorizer_serviceaccount', [AUTHORIZER, STRING, STRING], AUTHORIZER, serviceAccount)],
  },
  step('resource', 'groupcheck_resource', GROUP_CHECK, RESOURCE_CHECK, 'resource', 'resource must not be empty'),
  step('subresource', 'resourcecheck_subresource', RESOURCE_CHECK, RESOURCE_CHECK, 'subresource'),
  step('namespace', 'resourcecheck_namespace', RESOURCE_CHECK, RESOURCE_CHECK, 'namespace'),
  step('name', 'resourcecheck_name', RESOURCE_CHECK, RESOURCE_CHECK, 'name'),
  step('fieldSelector', 'authorizer_fieldselector', RESOURCE_CHECK, RESOURCE_CHECK, 'fieldSelector'),
  step('labelSelector', 'authorizer_labelselector', RESOURCE_CHECK, RESOURCE_CHECK, 'labelSelector'),
  {
    name: 'check',
    overloads: [
      member('pathcheck_check', [PATH_CHECK, STRING], DECISION, check),
      member('resourcecheck_check', [RESOURCE_CHECK, STRING], DECISION, check),
    ],
  },
  answer('errored', BOOL, ({ error }) => error !== undefined),
  answer('error', STRING, ({ error }) => error ?? ''),
  answer('allowed', BOOL, ({ allowed }) => allowed),
  answer('reason', STRING, ({ reason }) => reason ?? ''),
];
