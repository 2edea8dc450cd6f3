import { type LabelOperator, type LabelRequirement, parseFieldSelector, parseLabelSelector } from '@keelson/api';

/** One demand of a selector, as reviews of access speak of it. */
export interface SelectorRequirement {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  readonly values: readonly string[];
}

/** What a field selector demands; a text that is none demands nothing: it is refused later, in its place. */
export function fieldRequirements(text: string | undefined): SelectorRequirement[] {
  return text ? (parsedFields(text) ?? []) : [];
}

/** The same of a label selector. */
export function labelRequirements(text: string | undefined): SelectorRequirement[] {
  return text ? (parsedLabels(text) ?? []) : [];
}

/** Undefined: the text is no field selector. */
export function parsedFields(text: string): SelectorRequirement[] | undefined {
  try {
    return parseFieldSelector(text).requirements.map(({ field, operator, value }) => ({
      key: field,
      operator: operator === '=' ? 'In' : 'NotIn',
      values: [value],
    }));
  } catch {
    return undefined;
  }
}

/** Undefined: the text is no label selector. Comparisons have no name in a review, and are left out, as upstream does. */
export function parsedLabels(text: string): SelectorRequirement[] | undefined {
  try {
    return parseLabelSelector(text).requirements.flatMap(({ key, operator, values }: LabelRequirement) => {
      const named = OPERATORS[operator];
      return named === undefined ? [] : [{ key, operator: named, values }];
    });
  } catch {
    return undefined;
  }
}

const OPERATORS: Readonly<Partial<Record<LabelOperator, SelectorRequirement['operator']>>> = {
  '=': 'In',
  '==': 'In',
  in: 'In',
  '!=': 'NotIn',
  notin: 'NotIn',
  exists: 'Exists',
  '!': 'DoesNotExist',
};

/** Whether a field must have exactly this value. */
export function demands(requirements: readonly SelectorRequirement[] | undefined, key: string, value: string): boolean {
  return equalTo(requirements, key) === value;
}

/** The one value that a field must have, if there is one. */
export function equalTo(requirements: readonly SelectorRequirement[] = [], key: string): string | undefined {
  const found = requirements.find((it) => it.key === key && it.operator === 'In' && it.values.length === 1);
  return found?.values[0];
}
