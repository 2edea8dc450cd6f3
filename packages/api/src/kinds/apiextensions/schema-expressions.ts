/** Rules of schemas (`x-kubernetes-validations`) as they are written: whether they compile, and what they may cost. */
import {
  type CompiledRule,
  compileRules,
  costProblem,
  type Environment,
  ESTIMATED_COST_LIMIT,
  ESTIMATED_DEFINITION_COST_LIMIT,
  kubernetesEnvironment,
  schemaDeclaration,
} from '@keelson/cel';
import { type FieldError, forbidden, internal, invalid, type Path } from '../../field-errors.js';
import type { ValidationRule } from '../../gen/types.js';
import { internalForm } from '../../internal-form.js';
import { celRules, celSchema, SELF_TYPE } from '../../structural/cel-schema.js';
import { isEmbedded, type JsonSchema } from '../../structural/json-schema.js';

const RULE = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ValidationRule';
const COST_MAX = 2 ** 64;
const EXPENSIVE_MAX = 4;

/** How often a value of a place can be there, as far as what is around it limits that. */
export class ExpressionScope {
  readonly isRoot: boolean;
  readonly cardinality: number | undefined;
  readonly #schema: JsonSchema;

  constructor(schema: JsonSchema, cardinality: number | undefined, isRoot: boolean) {
    this.#schema = schema;
    this.cardinality = cardinality;
    this.isRoot = isRoot;
  }

  inside(schema: JsonSchema): ExpressionScope {
    const most = mostElements(this.#schema);
    const isLimited = this.cardinality !== undefined && most !== undefined;
    return new ExpressionScope(schema, isLimited ? times(this.cardinality, most) : undefined, false);
  }
}

/** How many elements a value may have; undefined if there is no limit. Fields of an object are there once. */
function mostElements(schema: JsonSchema): number | undefined {
  const isMap = schema.type === 'object' && schema.additionalProperties !== undefined;
  if (!isMap && schema.type !== 'array') return 1;
  const most = isMap ? schema.maxProperties : schema.maxItems;
  return most === undefined ? undefined : Math.max(most, 0);
}

const times = (cost: number, count: number) => (cost === 0 ? 0 : Math.min(cost * count, COST_MAX));

export class SchemaExpressions {
  readonly #limitCosts: boolean;
  readonly #expensive: { readonly place: Path; readonly cost: number }[] = [];
  #environment: Environment | undefined;
  #total = 0;

  constructor(limitCosts: boolean) {
    this.#limitCosts = limitCosts;
  }

  get totalCost(): number {
    return this.#total;
  }

  /** Places of the rules that cost the most, and something worth telling. */
  get mostExpensive(): readonly Path[] {
    return this.#expensive.map(({ place }) => place);
  }

  root(schema: JsonSchema): ExpressionScope {
    return new ExpressionScope(schema, 1, true);
  }

  validate(schema: JsonSchema, scope: ExpressionScope, uncorrelatable: Path | undefined, at: Path): FieldError[] {
    const rules = schema['x-kubernetes-validations'] ?? [];
    if (rules.length === 0) return [];
    const declaration = schemaDeclaration(celSchema(schema), scope.isRoot || isEmbedded(schema));
    if (declaration === undefined) {
      const why = 'unable to convert structural schema to CEL declarations';
      const text = `internal error: failed to construct type information for x-kubernetes-validations rules: ${why}`;
      return [internal(at, text)];
    }
    this.#environment ??= kubernetesEnvironment();
    const compiled = compileRules(celRules(rules), declaration, this.#environment, SELF_TYPE);
    return compiled.flatMap((it, index) =>
      this.#validateRule(it, rules[index] ?? {}, scope, uncorrelatable, at.index(index)),
    );
  }

  #validateRule(
    compiled: CompiledRule,
    rule: ValidationRule,
    { cardinality }: ExpressionScope,
    uncorrelatable: Path | undefined,
    at: Path,
  ): FieldError[] {
    const { error, messageError, messageProgram, messageMaxCost, usesOldSelf } = compiled;
    const [ruleAt, messageAt] = [at.child('rule'), at.child('messageExpression')];
    const cost = times(compiled.maxCost, cardinality ?? compiled.maxCardinality);
    const errors = this.#charge('estimated rule cost', cost, ruleAt);
    const shown = () => internalForm(RULE, rule);
    if (error !== undefined) errors.push(invalid(ruleAt, shown(), error));
    if (messageError !== undefined) errors.push(invalid(messageAt, shown(), messageError));
    else if (messageProgram !== undefined)
      errors.push(...this.#charge('estimated messageExpression cost', messageMaxCost, messageAt));
    if (usesOldSelf && uncorrelatable !== undefined) {
      const text = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${uncorrelatable}`;
      errors.push(invalid(ruleAt, rule.rule, text));
    } else if (!usesOldSelf && rule.optionalOldSelf !== undefined) {
      const text = 'may not be set if oldSelf is not used in rule';
      errors.push(invalid(at.child('optionalOldSelf'), rule.optionalOldSelf, text));
    }
    return errors;
  }

  #charge(what: string, cost: number, place: Path): FieldError[] {
    this.#total = Math.min(this.#total + cost, COST_MAX);
    if (cost >= ESTIMATED_DEFINITION_COST_LIMIT / 100) {
      this.#expensive.push({ place, cost });
      this.#expensive.sort((a, b) => b.cost - a.cost);
      this.#expensive.splice(EXPENSIVE_MAX);
    }
    const problem = this.#limitCosts ? costProblem(what, cost, ESTIMATED_COST_LIMIT) : undefined;
    return problem === undefined ? [] : [forbidden(place, problem)];
  }
}
