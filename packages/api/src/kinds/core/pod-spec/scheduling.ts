import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  notSupported,
  type Path,
  required,
} from '../../../field-errors.js';
import type {
  Affinity,
  NodeSelector,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PodAffinityTerm,
  PodSpec,
  Toleration,
  TopologySpreadConstraint,
} from '../../../gen/types.js';
import { validateLabelName } from '../../../meta.js';
import { labelValueErrors } from '../../../names.js';
import { dnsLabel, dnsSubdomain, inRange, oneOf, oneOfOrAbsent, validateLabelSelector } from '../../rules.js';

const TAINT_EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

export function validateTolerations(tolerations: readonly Toleration[], path: Path): FieldError[] {
  return tolerations.flatMap((toleration, index) => validateToleration(toleration, path.index(index)));
}

function validateToleration(it: Toleration, path: Path): FieldError[] {
  const { key = '', operator = '', value = '', effect = '', tolerationSeconds } = it;
  const errors = key === '' ? [] : validateLabelName(key, path.child('key'));
  if (key === '' && operator !== 'Exists') {
    const text = 'operator must be Exists when `key` is empty, which means "match all values and all keys"';
    errors.push(invalid(path.child('operator'), operator, text));
  }
  if (tolerationSeconds !== undefined && effect !== 'NoExecute') {
    const text = "effect must be 'NoExecute' when `tolerationSeconds` is set";
    errors.push(invalid(path.child('effect'), effect, text));
  }
  if (operator === 'Equal' || operator === '') {
    const problems = labelValueErrors(value);
    if (problems.length > 0) errors.push(invalid(path.child('operator'), value, problems.join(';')));
  } else if (operator === 'Exists') {
    if (value !== '')
      errors.push(invalid(path.child('operator'), value, "value must be empty when `operator` is 'Exists'"));
  } else {
    // Comparisons are known, and not allowed yet: who asks for one is told of both.
    const known = operator === 'Lt' || operator === 'Gt' ? ['Equal', 'Exists', 'Lt', 'Gt'] : ['Equal', 'Exists'];
    errors.push(notSupported(path.child('operator'), operator, known));
  }
  return effect === '' ? errors : [...errors, ...oneOf(effect, TAINT_EFFECTS, path.child('effect'))];
}

export function validateAffinity(affinity: Affinity | undefined, path: Path): FieldError[] {
  if (affinity === undefined) return [];
  return [
    ...validateNodeAffinity(affinity, path.child('nodeAffinity')),
    ...validatePodAffinity(affinity.podAffinity, path.child('podAffinity')),
    ...validatePodAffinity(affinity.podAntiAffinity, path.child('podAntiAffinity')),
  ];
}

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';

function validateNodeAffinity({ nodeAffinity }: Affinity, path: Path): FieldError[] {
  const needed = nodeAffinity?.[REQUIRED];
  return [
    ...(needed === undefined ? [] : validateNodeSelector(needed, path.child(REQUIRED))),
    ...(nodeAffinity?.[PREFERRED] ?? []).flatMap(({ weight = 0, preference = {} }, index) => {
      const at = path.child(PREFERRED).index(index);
      return [...validateWeight(weight, at), ...validateNodeSelectorTerm(preference, at.child('preference'), true)];
    }),
  ];
}

function validateWeight(weight: number, path: Path): FieldError[] {
  return weight < 1 || weight > 100 ? [invalid(path.child('weight'), weight, 'must be in the range 1-100')] : [];
}

/** `anyValue`: values need not be such as labels can have. */
export function validateNodeSelector(
  { nodeSelectorTerms = [] }: NodeSelector,
  path: Path,
  anyValue = false,
): FieldError[] {
  const at = path.child('nodeSelectorTerms');
  if (nodeSelectorTerms.length === 0) return [required(at, 'must have at least one node selector term')];
  return nodeSelectorTerms.flatMap((term, index) => validateNodeSelectorTerm(term, at.index(index), anyValue));
}

/** Whether a selector that is stored has values that no label can have. */
export function hasWrongLabelValue({ nodeSelectorTerms = [] }: NodeSelector): boolean {
  return nodeSelectorTerms.some(({ matchExpressions = [] }) =>
    matchExpressions.some(({ values = [] }) => values.some((value) => labelValueErrors(value).length > 0)),
  );
}

function validateNodeSelectorTerm(term: NodeSelectorTerm, path: Path, anyValue: boolean): FieldError[] {
  return [
    ...(term.matchExpressions ?? []).flatMap((it, index) =>
      validateNodeRequirement(it, path.child('matchExpressions').index(index), anyValue),
    ),
    ...(term.matchFields ?? []).flatMap((it, index) =>
      validateFieldRequirement(it, path.child('matchFields').index(index)),
    ),
  ];
}

const NODE_OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt'];

function validateNodeRequirement(it: NodeSelectorRequirement, path: Path, anyValue: boolean): FieldError[] {
  const { key = '', operator = '', values = [] } = it;
  const at = path.child('values');
  const errors: FieldError[] = [];
  if ((operator === 'In' || operator === 'NotIn') && values.length === 0) {
    errors.push(required(at, "must be specified when `operator` is 'In' or 'NotIn'"));
  } else if ((operator === 'Exists' || operator === 'DoesNotExist') && values.length > 0) {
    errors.push(forbidden(at, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
  } else if ((operator === 'Gt' || operator === 'Lt') && values.length !== 1) {
    errors.push(required(at, "must be specified single value when `operator` is 'Lt' or 'Gt'"));
  } else if (!NODE_OPERATORS.includes(operator)) {
    errors.push(invalid(path.child('operator'), operator, 'not a valid selector operator'));
  }
  errors.push(...validateLabelName(key, path.child('key')));
  if (anyValue) return errors;
  for (const [index, value] of values.entries()) {
    errors.push(...labelValueErrors(value).map((text) => invalid(at.index(index), value, text)));
  }
  return errors;
}

function validateFieldRequirement(it: NodeSelectorRequirement, path: Path): FieldError[] {
  const { key = '', operator = '', values = [] } = it;
  const errors: FieldError[] = [];
  if (operator !== 'In' && operator !== 'NotIn') {
    errors.push(invalid(path.child('operator'), operator, 'not a valid selector operator'));
  } else if (values.length !== 1) {
    errors.push(
      required(
        path.child('values'),
        "must be only one value when `operator` is 'In' or 'NotIn' for node field selector",
      ),
    );
  }
  if (key !== 'metadata.name') return [...errors, invalid(path.child('key'), key, 'not a valid field selector key')];
  for (const [index, value] of values.entries()) errors.push(...dnsSubdomain(value, path.child('values').index(index)));
  return errors;
}

function validatePodAffinity(affinity: Affinity['podAffinity'], path: Path): FieldError[] {
  return [
    ...(affinity?.[REQUIRED] ?? []).flatMap((term, index) => validatePodTerm(term, path.child(REQUIRED).index(index))),
    ...(affinity?.[PREFERRED] ?? []).flatMap(({ weight = 0, podAffinityTerm = {} }, index) => {
      const at = path.child(PREFERRED).index(index);
      return [...validateWeight(weight, at), ...validatePodTerm(podAffinityTerm, at.child('podAffinityTerm'))];
    }),
  ];
}

function validatePodTerm(term: PodAffinityTerm, path: Path): FieldError[] {
  const { topologyKey = '' } = term;
  const errors = validateLabelSelector(term.labelSelector, path.child('labelSelector'));
  errors.push(...validateLabelSelector(term.namespaceSelector, path.child('namespaceSelector')));
  // Upstream's paths of these leave the index out.
  for (const name of term.namespaces ?? []) errors.push(...dnsLabel(name, path.child('namespace')));
  errors.push(...validateTermKeys(term, path));
  if (topologyKey === '') errors.push(required(path.child('topologyKey'), 'can not be empty'));
  return [...errors, ...validateLabelName(topologyKey, path.child('topologyKey'))];
}

const NO_SELECTOR = 'must not be specified when labelSelector is not set';

/** Keys whose values pods have in common, or do not. */
function validateTermKeys(
  term: Pick<PodAffinityTerm, 'matchLabelKeys' | 'mismatchLabelKeys' | 'labelSelector'>,
  path: Path,
): FieldError[] {
  const { matchLabelKeys = [], mismatchLabelKeys = [], labelSelector } = term;
  const errors: FieldError[] = [];
  for (const [field, keys] of Object.entries({ matchLabelKeys, mismatchLabelKeys })) {
    if (keys.length === 0) continue;
    const at = path.child(field);
    if (labelSelector === undefined) errors.push(forbidden(at, NO_SELECTOR));
    else errors.push(...keys.flatMap((key, index) => validateLabelName(key, at.index(index))));
  }
  // A pod's own selector speaks of each of the keys once: twice means that it was said there as well.
  const places = new Map(matchLabelKeys.map((key, index) => [key, index]));
  const seen = new Set(Object.keys(labelSelector?.matchLabels ?? {}));
  for (const { key = '' } of labelSelector?.matchExpressions ?? []) {
    const index = places.get(key);
    if (index !== undefined && seen.has(key))
      errors.push(invalid(path.index(index), key, 'exists in both matchLabelKeys and labelSelector'));
    seen.add(key);
  }
  const others = new Set(mismatchLabelKeys);
  for (const [index, key] of matchLabelKeys.entries()) {
    const text = 'exists in both matchLabelKeys and mismatchLabelKeys';
    if (others.has(key)) errors.push(invalid(path.child('matchLabelKeys').index(index), key, text));
  }
  return errors;
}

export function validateTopologySpread(constraints: readonly TopologySpreadConstraint[], path: Path): FieldError[] {
  const seen = new Set<string>();
  return constraints.flatMap((it, index) => {
    const at = path.index(index);
    const { maxSkew = 0, topologyKey = '', whenUnsatisfiable = '', minDomains } = it;
    const errors: FieldError[] = [];
    if (maxSkew <= 0) errors.push(invalid(at.child('maxSkew'), maxSkew, 'must be greater than zero'));
    if (topologyKey === '') errors.push(required(at.child('topologyKey'), 'can not be empty'));
    errors.push(...oneOf(whenUnsatisfiable, ['DoNotSchedule', 'ScheduleAnyway'], at.child('whenUnsatisfiable')));
    const pair = `{${topologyKey}, ${whenUnsatisfiable}}`;
    if (seen.has(pair)) errors.push(duplicate(at.child('{topologyKey, whenUnsatisfiable}'), pair));
    seen.add(pair);
    if (minDomains !== undefined && minDomains <= 0) {
      errors.push(invalid(at.child('minDomains'), minDomains, 'must be greater than zero'));
    }
    if (minDomains !== undefined && whenUnsatisfiable !== 'DoNotSchedule') {
      const text = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`;
      errors.push(invalid(at.child('minDomains'), minDomains, text));
    }
    for (const field of ['nodeAffinityPolicy', 'nodeTaintsPolicy'] as const) {
      errors.push(...oneOfOrAbsent(it[field], ['Honor', 'Ignore'], at.child(field)));
    }
    errors.push(...validateTermKeys(it, at));
    return [...errors, ...validateLabelSelector(it.labelSelector, at.child('labelSelector'))];
  });
}

export function validateSchedulingGates(spec: PodSpec, path: Path): FieldError[] {
  const seen = new Set<string>();
  return (spec.schedulingGates ?? []).flatMap(({ name = '' }, index) => {
    const errors = validateLabelName(name, path.index(index));
    if (seen.has(name)) errors.push(duplicate(path.index(index), name));
    seen.add(name);
    return errors;
  });
}

export function validateDeadline(seconds: number | undefined, path: Path): FieldError[] {
  return seconds === undefined ? [] : inRange(seconds, 1, 2 ** 31 - 1, path);
}
