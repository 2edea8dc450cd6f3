/** Rules of the metrics that an autoscaler looks at, and of references to what has them. */
import { type FieldError, forbidden, invalid, notSupported, type Path, required } from '../../field-errors.js';
import type { CrossVersionObjectReference, MetricIdentifier, MetricSpec, MetricTarget } from '../../gen/types.js';
import { pathSegmentErrors } from '../../names.js';
import { parseApiVersion } from '../../object.js';
import { parseQuantity } from '../../quantity.js';
import { validateContainerResourceName } from '../core/resource-names.js';
import { dnsLabel } from '../rules.js';

const METRIC_TYPES = ['ContainerResource', 'External', 'Object', 'Pods', 'Resource'];
/** In the order in which upstream looks for them: the first is validated, the others are too many. */
const SOURCES = ['object', 'external', 'pods', 'resource', 'containerResource'] as const;
type Source = (typeof SOURCES)[number];

export function validateMetric(metric: MetricSpec, at: Path): FieldError[] {
  const { type = '' } = metric;
  const errors: FieldError[] = [];
  const isKnown = METRIC_TYPES.includes(type);
  const unknown = notSupported(at.child('type'), type, METRIC_TYPES);
  if (type === '') errors.push(required(at.child('type'), 'must specify a metric source type'));
  if (!isKnown) errors.push(unknown);
  const present = SOURCES.filter((it) => metric[it] != null);
  const [first] = present;
  if (first !== undefined) errors.push(...validateSource(metric, first, at.child(first)));
  const expected = (type.charAt(0).toLowerCase() + type.slice(1)) as Source;
  // Upstream finds a type that it does not know twice: as a value, and as a choice of source.
  if (!isKnown) errors.push(unknown);
  else if (metric[expected] == null)
    errors.push(required(at.child(expected), 'must populate information for the given metric source'));
  if (present.length === 1) return errors;
  return [
    ...errors,
    ...present
      .filter((it) => it !== expected)
      .map((it) => forbidden(at.child(it), 'must populate the given metric source only')),
  ];
}

function validateSource(metric: MetricSpec, source: Source, at: Path): FieldError[] {
  const target = metric[source]?.target ?? {};
  const { value, averageValue, averageUtilization } = target;
  const aim = at.child('target');
  const errors: FieldError[] = [];
  if (source === 'object')
    errors.push(
      ...validateReference(metric.object?.describedObject ?? {}, at.child('describedObject'), { anyGroup: true }),
    );
  if (source === 'object' || source === 'external' || source === 'pods')
    errors.push(...validateIdentifier(metric[source]?.metric ?? {}, at.child('metric')));
  else if (!metric[source]?.name) errors.push(required(at.child('name'), 'must specify a resource name'));
  if (source === 'containerResource') {
    const { name = '', container = '' } = metric.containerResource ?? {};
    if (name !== '') errors.push(...validateContainerResourceName(name, at.child('name')));
    const where = at.child('container');
    errors.push(...(container === '' ? [required(where, 'must specify a container')] : dnsLabel(container, where)));
  }
  errors.push(...validateTarget(target, aim));
  switch (source) {
    case 'object':
      if (value == null && averageValue == null)
        errors.push(required(aim.child('averageValue'), 'must set either a target value or averageValue'));
      break;
    case 'external':
      if (value == null && averageValue == null) {
        const text = 'must set either a target value for metric or a per-pod target';
        errors.push(required(aim.child('averageValue'), text));
      }
      if (value != null && averageValue != null) {
        const text = 'may not set both a target value for metric and a per-pod target';
        errors.push(forbidden(aim.child('value'), text));
      }
      break;
    case 'pods':
      if (averageValue == null || !isPositive(averageValue))
        errors.push(required(aim.child('averageValue'), 'must specify a positive target averageValue'));
      break;
    default:
      if (averageUtilization == null && averageValue == null) {
        const text = 'must set either a target raw value or a target utilization';
        errors.push(required(aim.child('averageUtilization'), text));
      }
      if (averageUtilization != null && averageValue != null)
        errors.push(
          forbidden(aim.child('averageValue'), 'may not set both a target raw value and a target utilization'),
        );
  }
  return errors;
}

function validateTarget({ type = '', averageUtilization, value, averageValue }: MetricTarget, at: Path): FieldError[] {
  const errors: FieldError[] = [];
  if (type === '') errors.push(required(at.child('type'), 'must specify a metric target type'));
  if (!['Utilization', 'Value', 'AverageValue'].includes(type))
    errors.push(invalid(at.child('type'), type, 'must be either Utilization, Value, or AverageValue'));
  for (const [field, amount] of Object.entries({ value, averageValue }))
    if (amount != null && !isPositive(amount)) errors.push(invalid(at.child(field), amount, 'must be positive'));
  if (averageUtilization != null && averageUtilization < 1)
    errors.push(invalid(at.child('averageUtilization'), averageUtilization, 'must be greater than 0'));
  return errors;
}

function isPositive(quantity: string): boolean {
  return parseQuantity(quantity).nanos > 0n;
}

function validateIdentifier({ name = '' }: MetricIdentifier, at: Path): FieldError[] {
  if (name === '') return [required(at.child('name'), 'must specify a metric name')];
  return pathSegmentErrors(name).map((text) => invalid(at.child('name'), name, text));
}

/** `anyGroup`: what is named may be of the core group. */
export function validateReference(
  reference: CrossVersionObjectReference,
  at: Path,
  { anyGroup = false } = {},
): FieldError[] {
  const { apiVersion = '' } = reference;
  const errors = (['kind', 'name'] as const).flatMap((field) => {
    const value = reference[field] ?? '';
    if (value === '') return [required(at.child(field))];
    return pathSegmentErrors(value).map((text) => invalid(at.child(field), value, text));
  });
  const where = at.child('apiVersion');
  if (apiVersion.split('/').length > 2)
    return [...errors, invalid(where, apiVersion, `unexpected GroupVersion string: ${apiVersion}`)];
  const isController = apiVersion === 'v1' && reference.kind === 'ReplicationController';
  if (anyGroup || isController || parseApiVersion(apiVersion).group !== '') return errors;
  return [...errors, invalid(where, apiVersion, 'apiVersion must specify API group')];
}
