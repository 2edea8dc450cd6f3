import { functionTable } from '../check/functions.js';
import type { Variable } from '../check/scope.js';
import { Environment } from '../environment.js';
import { AUTHORIZATION, AUTHORIZER, DECISION, GROUP_CHECK, PATH_CHECK, RESOURCE_CHECK } from '../library/authorizer.js';
import { CONVERSIONS } from '../library/conversions.js';
import { JSON_PATCH } from '../library/json-patch.js';
import { KUBERNETES_LISTS, LISTS } from '../library/lists.js';
import { FORMAT, NAMED_FORMATS } from '../library/named-formats.js';
import { CIDR, IP, NETWORK } from '../library/network.js';
import { OPTIONALS } from '../library/optionals.js';
import { QUANTITIES, QUANTITY } from '../library/quantity.js';
import { regexLibrary } from '../library/regex.js';
import { RegexEngine } from '../library/regex-engine.js';
import { SEMVER, SEMVERS } from '../library/semver.js';
import { SETS } from '../library/sets.js';
import { STANDARD } from '../library/standard.js';
import { STRINGS } from '../library/strings.js';
import { MAP_INSERT } from '../library/two-variables.js';
import { URL, URLS } from '../library/urls.js';
import { BIND_MACRO, OPTIONAL_MACROS, SORT_BY_MACRO, STANDARD_MACROS, TWO_VARIABLE_MACROS } from '../syntax/macros.js';
import {
  BOOL,
  BYTES,
  DOUBLE,
  DYN,
  INT,
  listOf,
  mapOf,
  NULL,
  optionalOf,
  STRING,
  TYPE,
  type Type,
  typeOf,
  UINT,
} from '../types/type.js';
import { TypeValue } from '../values/value.js';

/** Budgets of the API server. */
export const PER_CALL_LIMIT = 1_000_000;
/** Of all rules of one object. */
export const RUNTIME_BUDGET = 10_000_000;
/** Of all expressions of one policy or of one webhook. */
export const POLICY_BUDGET = 10_000_000;
export const MATCH_CONDITIONS_BUDGET = 2_500_000;

const named = (name: string, type: Type): Variable => ({
  name,
  type: typeOf(type),
  constant: new TypeValue(type),
});

const TYPES: readonly Variable[] = [
  named('bool', BOOL),
  named('bytes', BYTES),
  named('double', DOUBLE),
  named('int', INT),
  named('list', listOf(DYN)),
  named('map', mapOf(DYN, DYN)),
  named('null_type', NULL),
  named('string', STRING),
  named('type', TYPE),
  named('uint', UINT),
  named('optional_type', optionalOf(DYN)),
  ...[IP, CIDR].map((type) => named(type.name, type)),
];

/** Types without fields that variables and functions may be of. */
const OPAQUE = new Map(
  [QUANTITY, URL, SEMVER, FORMAT, AUTHORIZER, PATH_CHECK, GROUP_CHECK, RESOURCE_CHECK, DECISION].map((type) => [
    type.name,
    type,
  ]),
);

export interface KubernetesOptions {
  /** `jsonpatch.escapeKey`, which only mutating policies have. */
  readonly jsonPatch?: boolean;
  /** `cel.bind`, which only device selectors have. */
  readonly bind?: boolean;
}

/** The environment that Kubernetes 1.36 starts from, everywhere. */
export function kubernetesEnvironment({ jsonPatch = false, bind = false }: KubernetesOptions = {}): Environment {
  const libraries = [
    STANDARD,
    regexLibrary(new RegexEngine()),
    CONVERSIONS,
    URLS,
    KUBERNETES_LISTS,
    AUTHORIZATION,
    OPTIONALS,
    QUANTITIES,
    STRINGS,
    SETS,
    NETWORK,
    NAMED_FORMATS,
    MAP_INSERT,
    SEMVERS,
    LISTS,
    ...(jsonPatch ? [JSON_PATCH] : []),
  ];
  return new Environment({
    variables: TYPES,
    functions: functionTable(libraries.flat()),
    macros: new Map([
      ...STANDARD_MACROS,
      ...OPTIONAL_MACROS,
      ...TWO_VARIABLE_MACROS,
      SORT_BY_MACRO,
      ...(bind ? [BIND_MACRO] : []),
    ]),
    providers: [
      {
        findStruct: (name) => OPAQUE.get(name),
        findField: () => undefined,
      },
    ],
  });
}
