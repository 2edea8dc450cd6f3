/** Metrics as the older version writes them into annotations, and reads them from there. */
import type { MetricIdentifier, MetricSpec, MetricStatus, MetricTarget, MetricValueStatus } from '../../gen/types.js';
import { isRecord } from '../../object.js';

type Loose = Readonly<Record<string, unknown>>;

/** Without what is absent, in the order given. */
function fields(all: Loose): Record<string, unknown> {
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

const part = (value: unknown): Loose => (isRecord(value) ? value : {});

/** Quantities that the older version always has. */
const NONE = '0';

export function olderMetric({ type, object, pods, resource, containerResource, external }: MetricSpec): object {
  const usage = (target: MetricTarget = {}) => ({
    targetAverageUtilization: target.averageUtilization,
    targetAverageValue: target.averageValue,
  });
  return fields({
    type,
    object:
      object &&
      fields({
        target: object.describedObject,
        ...named(object.metric, 'selector', { targetValue: object.target?.value ?? NONE }),
        averageValue: object.target?.averageValue,
      }),
    pods: pods && fields(named(pods.metric, 'selector', { targetAverageValue: pods.target?.averageValue ?? NONE })),
    resource: resource && fields({ name: resource.name, ...usage(resource.target) }),
    containerResource:
      containerResource &&
      fields({
        name: containerResource.name,
        ...usage(containerResource.target),
        container: containerResource.container,
      }),
    external:
      external &&
      fields({
        metricName: external.metric?.name,
        metricSelector: external.metric?.selector,
        targetValue: external.target?.value,
        targetAverageValue: external.target?.averageValue,
      }),
  });
}

function named(metric: MetricIdentifier | undefined, selector: string, values: Loose): Loose {
  return { metricName: metric?.name, ...values, [selector]: metric?.selector };
}

export function olderStatus({ type, object, pods, resource, containerResource, external }: MetricStatus): object {
  const usage = (current: MetricValueStatus = {}) => ({
    currentAverageUtilization: current.averageUtilization,
    currentAverageValue: current.averageValue ?? NONE,
  });
  return fields({
    type,
    object:
      object &&
      fields({
        target: object.describedObject,
        ...named(object.metric, 'selector', { currentValue: object.current?.value ?? NONE }),
        averageValue: object.current?.averageValue,
      }),
    pods: pods && fields(named(pods.metric, 'selector', { currentAverageValue: pods.current?.averageValue ?? NONE })),
    resource: resource && fields({ name: resource.name, ...usage(resource.current) }),
    containerResource:
      containerResource &&
      fields({
        name: containerResource.name,
        ...usage(containerResource.current),
        container: containerResource.container,
      }),
    external:
      external &&
      fields({
        metricName: external.metric?.name,
        metricSelector: external.metric?.selector,
        currentValue: external.current?.value ?? NONE,
        currentAverageValue: external.current?.averageValue,
      }),
  });
}

/** What stands in an annotation as a metric. */
export function newerMetric(older: Loose): MetricSpec {
  const kind = (average: unknown, other: string) => (average === undefined ? other : 'AverageValue');
  const usage = ({ targetAverageUtilization: averageUtilization, targetAverageValue: averageValue }: Loose) =>
    fields({
      type: averageUtilization === undefined ? 'AverageValue' : 'Utilization',
      averageValue,
      averageUtilization,
    });
  return newer(older, {
    object: ({ target, metricName: name, targetValue: value = NONE, selector, averageValue }) => ({
      describedObject: target,
      target: fields({ type: kind(averageValue, 'Value'), value, averageValue }),
      metric: fields({ name, selector }),
    }),
    pods: ({ metricName: name, targetAverageValue: averageValue = NONE, selector }) => ({
      metric: fields({ name, selector }),
      target: { type: 'AverageValue', averageValue },
    }),
    resource: (it) => ({ name: it['name'], target: usage(it) }),
    containerResource: (it) => ({ name: it['name'], target: usage(it), container: it['container'] }),
    external: ({
      metricName: name,
      metricSelector: selector,
      targetValue: value,
      targetAverageValue: averageValue,
    }) => ({
      metric: fields({ name, selector }),
      target: fields({ type: kind(averageValue, 'Value'), value, averageValue }),
    }),
  }) as MetricSpec;
}

/** What stands in an annotation as a metric's value. */
export function newerStatus(older: Loose): MetricStatus {
  const usage = ({ currentAverageUtilization: averageUtilization, currentAverageValue: averageValue = NONE }: Loose) =>
    fields({ averageValue, averageUtilization });
  return newer(older, {
    object: ({ target, metricName: name, currentValue: value = NONE, selector, averageValue }) => ({
      metric: fields({ name, selector }),
      current: fields({ value, averageValue }),
      describedObject: target,
    }),
    pods: ({ metricName: name, currentAverageValue: averageValue = NONE, selector }) => ({
      metric: fields({ name, selector }),
      current: { averageValue },
    }),
    resource: (it) => ({ name: it['name'], current: usage(it) }),
    containerResource: (it) => ({ name: it['name'], current: usage(it), container: it['container'] }),
    external: ({ metricName: name, metricSelector: selector, currentValue: value = NONE, currentAverageValue }) => ({
      metric: fields({ name, selector }),
      current: fields({ value, averageValue: currentAverageValue }),
    }),
  }) as MetricStatus;
}

function newer(older: Loose, sources: Readonly<Record<string, (source: Loose) => object>>): object {
  const known = Object.entries(sources).flatMap(([name, make]) =>
    isRecord(older[name]) ? [[name, make(part(older[name]))] as const] : [],
  );
  return { type: older['type'] ?? '', ...Object.fromEntries(known) };
}
