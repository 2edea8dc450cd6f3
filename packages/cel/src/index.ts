export type { FunctionDeclaration, Functions, Overload } from './check/functions.js';
export { functionTable, member, overload } from './check/functions.js';
export type { TypeProvider, Variable } from './check/scope.js';
export type { SizeEstimator } from './cost/estimate.js';
export type { Range } from './cost/range.js';
export { CheckedExpression, type Compiled, Environment, type Planned } from './environment.js';
export type { Bindings } from './eval/activation.js';
export {
  AdmissionEnvironment,
  type AdmissionOptions,
  type CompiledExpression,
  RETURNS,
} from './kubernetes/admission.js';
export { compileAuthentication } from './kubernetes/authentication.js';
export { compileAuthorization } from './kubernetes/authorization.js';
export { type CompiledSelector, compileDeviceSelector } from './kubernetes/device-selector.js';
export {
  kubernetesEnvironment,
  MATCH_CONDITIONS_BUDGET,
  PER_CALL_LIMIT,
  POLICY_BUDGET,
  RUNTIME_BUDGET,
} from './kubernetes/environment.js';
export { ConstructedObject, constructedJson, misnamed } from './kubernetes/patch-types.js';
export {
  type CompiledRule,
  compileRules,
  costProblem,
  ESTIMATED_COST_LIMIT,
  ESTIMATED_DEFINITION_COST_LIMIT,
  evaluateRules,
  type RulesResult,
  type ValidationRule,
  type Violation,
} from './kubernetes/rules.js';
export {
  AUTHORIZER,
  type AuthorizationAnswer,
  type AuthorizationQuestion,
  type Authorize,
  authorizerValue,
  RESOURCE_CHECK,
  resourceCheckValue,
} from './library/authorizer.js';
export { QUANTITY } from './library/quantity.js';
export { goQuote } from './library/quote.js';
export { compileRegex } from './library/regex-engine.js';
export { SEMVER } from './library/semver.js';
export { parseUrl, UriError, type Url } from './library/uri.js';
export type { Evaluation, Program } from './program.js';
export { LETTER_ESCAPES } from './syntax/escapes.js';
export type { Issue, Issues } from './syntax/source.js';
export {
  type Declaration,
  declarationProvider,
  declarationSizes,
  listDeclaration,
  mapDeclaration,
  objectDeclaration,
  scalar,
  withNames,
} from './types/declaration.js';
export { escapeProperty, unescapeProperty } from './types/escape.js';
export { type Schema, schemaDeclaration, withTypeAndMetadata } from './types/schema.js';
export {
  BOOL,
  BYTES,
  DOUBLE,
  DURATION,
  DYN,
  INT,
  listOf,
  mapOf,
  NULL,
  optionalOf,
  STRING,
  structType,
  TIMESTAMP,
  Type,
  UINT,
} from './types/type.js';
export { ArrayList, EntryMap } from './values/collections.js';
export { fromJson, toJson } from './values/json.js';
export { fromSchema } from './values/structural.js';
export { CelDuration, CelTimestamp } from './values/time.js';
export {
  CelError,
  CelList,
  CelMap,
  CelObject,
  CelOptional,
  CelUint,
  TypeValue,
  type Value,
} from './values/value.js';
