import {
  formatQuantity,
  type LabelSelector,
  type MetricSpec,
  type MetricStatus,
  quantityMilliValue,
} from '@keelson/api';
import { selectorText } from '../../framework/selector-text.js';
import type { MetricsSource, PodMetrics, Selected } from './metrics-source.js';
import { byAverage, byShare, byUtilization, byValue, type Circumstances, type Count } from './replica-count.js';

/** How many replicas one metric asks for. */
export interface Proposal {
  readonly replicas: number;
  /** As upstream calls the metric where it is a reason. */
  readonly name: string;
  readonly status: MetricStatus;
}

/** Why one metric asks for nothing. */
export class MetricFailure extends Error {
  override readonly name = 'MetricFailure';
  /** Of the event and the condition. */
  readonly reason: string;
  /** What those say. */
  readonly said: string;

  constructor(reason: string, said: string, message: string) {
    super(message);
    this.reason = reason;
    this.said = said;
  }
}

/** What was measured for one metric: of pods, or as one value; or why nothing was. */
export type Measured = PodMetrics | number | Error;

/** Asks for what one metric needs. Never rejects. */
export async function measure(spec: MetricSpec, from: Selected, source: MetricsSource): Promise<Measured> {
  try {
    return await asked(spec, from, source);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

async function asked(spec: MetricSpec, from: Selected, source: MetricsSource): Promise<Measured> {
  const { namespace } = from;
  const { resource, containerResource, pods, object, external } = spec;
  switch (spec.type) {
    case 'Resource':
      return source.ofResource(resource?.name ?? '', from, undefined);
    case 'ContainerResource':
      return source.ofResource(containerResource?.name ?? '', from, containerResource?.container);
    case 'Pods':
      return source.ofPods(pods?.metric?.name ?? '', from, pods?.metric?.selector);
    case 'Object':
      return source.ofObject(
        object?.metric?.name ?? '',
        namespace,
        object?.describedObject ?? {},
        object?.metric?.selector,
      );
    case 'External':
      return source.ofOthers(external?.metric?.name ?? '', namespace, external?.metric?.selector);
    default:
      return 0;
  }
}

/** Throws MetricFailure. */
export function propose(spec: MetricSpec, measured: Measured, it: Circumstances, namespace: string): Proposal {
  switch (spec.type) {
    case 'Resource':
    case 'ContainerResource':
      return ofResource(spec, measured, it);
    case 'Pods':
      return ofPods(spec.pods ?? {}, measured, it);
    case 'Object':
      return ofObject(spec.object ?? {}, measured, it, namespace);
    case 'External':
      return ofOthers(spec.external ?? {}, measured, it, namespace);
    default: {
      const text = `unknown metric source type ${JSON.stringify(spec.type ?? '')}`;
      throw new MetricFailure('InvalidMetricSourceType', text, text);
    }
  }
}

function ofResource(spec: MetricSpec, measured: Measured, it: Circumstances): Proposal {
  const isOfContainer = spec.type === 'ContainerResource';
  const { name = '', target = {} } = (isOfContainer ? spec.containerResource : spec.resource) ?? {};
  const container = isOfContainer ? spec.containerResource?.container : undefined;
  const { averageValue, averageUtilization: percent } = target;
  const fail = (text: string): never => {
    const outer = isOfContainer
      ? `failed to get ${container} container metric value`
      : `failed to get ${name} resource metric value`;
    const reason = isOfContainer ? 'FailedGetContainerResourceMetric' : 'FailedGetResourceMetric';
    throw new MetricFailure(reason, text, `${outer}: ${text}`);
  };
  if (averageValue === undefined && percent === undefined)
    return fail(
      'invalid resource metric source: neither an average utilization target nor an average value (usage) target was set',
    );
  const what = averageValue === undefined ? 'utilization' : 'usage';
  const count = attempt(
    () => {
      const metrics = podsOf(measured, `unable to get metrics for resource ${name}`);
      if (averageValue !== undefined) return byAverage(it, metrics, quantityMilliValue(averageValue), name);
      return byUtilization(it, metrics, { resource: name, percent: percent ?? 0, container });
    },
    (text) => fail(`failed to get ${name} ${what}: ${text}`),
  );
  const current = {
    ...(count.utilization === undefined ? {} : { averageUtilization: count.utilization }),
    averageValue: quantityOf(count.usage, name === 'memory'),
  };
  const kind = isOfContainer ? 'container resource' : 'resource';
  return {
    replicas: count.replicas,
    name: averageValue === undefined ? `${name} ${kind} utilization (percentage of request)` : `${name} resource`,
    status: isOfContainer
      ? { type: 'ContainerResource', containerResource: { name, container, current } }
      : { type: 'Resource', resource: { name, current } },
  };
}

function ofPods(
  { metric = {}, target = {} }: NonNullable<MetricSpec['pods']>,
  measured: Measured,
  it: Circumstances,
): Proposal {
  const { name = '' } = metric;
  const count = attempt(
    () =>
      byAverage(it, podsOf(measured, `unable to get metric ${name}`), quantityMilliValue(target.averageValue ?? '0')),
    (text) => {
      throw new MetricFailure('FailedGetPodsMetric', text, `failed to get pods metric value: ${text}`);
    },
  );
  const current = { averageValue: quantityOf(count.usage) };
  return {
    replicas: count.replicas,
    name: `pods metric ${name}`,
    status: { type: 'Pods', pods: { metric: identified(metric), current } },
  };
}

function ofObject(
  { metric = {}, target = {}, describedObject = {} }: NonNullable<MetricSpec['object']>,
  measured: Measured,
  it: Circumstances,
  namespace: string,
): Proposal {
  const { name = '' } = metric;
  const reason = 'FailedGetObjectMetric';
  const outer = 'failed to get object metric value';
  const unable = `unable to get metric ${name} on ${describedObject.kind} ${namespace}/${describedObject.name}`;
  const status = (current: object): MetricStatus => ({
    ...{ type: 'Object', object: { describedObject, metric: identified(metric), current } },
  });
  if (target.type === 'Value' && target.value !== undefined) {
    const value = quantityMilliValue(target.value);
    const count = attempt(
      () => byValue(it, oneValue(measured, unable), value),
      (text) => {
        throw new MetricFailure(reason, text, `${outer}: ${text}`);
      },
    );
    const shown = status({ value: quantityOf(count.usage) });
    return { replicas: count.replicas, name: `${describedObject.kind} metric ${name}`, status: shown };
  }
  if (target.type === 'AverageValue' && target.averageValue !== undefined) {
    const value = quantityMilliValue(target.averageValue);
    const count = attempt(
      () => byShare(it, oneValue(measured, unable), value),
      (text) => {
        throw new MetricFailure(reason, text, `${outer}: failed to get ${name} object metric: ${text}`);
      },
    );
    const shown = status({ averageValue: quantityOf(count.usage) });
    return { replicas: count.replicas, name: externalName(metric), status: shown };
  }
  const text = 'invalid object metric source: neither a value target nor an average value target was set';
  throw new MetricFailure(reason, text, `${outer}: ${text}`);
}

function ofOthers(
  { metric = {}, target = {} }: NonNullable<MetricSpec['external']>,
  measured: Measured,
  it: Circumstances,
  namespace: string,
): Proposal {
  const { name = '', selector } = metric;
  const reason = 'FailedGetExternalMetric';
  const outer = `failed to get ${name} external metric value`;
  const unable = `unable to get external metric ${namespace}/${name}/${selectorText(selector)}`;
  const count = (make: () => Count, inner: string) =>
    attempt(make, (text) => {
      throw new MetricFailure(reason, text, `${outer}: ${inner}: ${text}`);
    });
  const proposal = ({ replicas }: Count, current: object): Proposal => ({
    replicas,
    name: externalName(metric),
    status: { type: 'External', external: { metric: identified(metric), current } },
  });
  if (target.averageValue !== undefined) {
    const value = quantityMilliValue(target.averageValue);
    const found = count(() => byShare(it, oneValue(measured, unable), value), `failed to get ${name} external metric`);
    return proposal(found, { averageValue: quantityOf(found.usage) });
  }
  if (target.value !== undefined) {
    const value = quantityMilliValue(target.value);
    const found = count(() => byValue(it, oneValue(measured, unable), value), `failed to get external metric ${name}`);
    return proposal(found, { value: quantityOf(found.usage) });
  }
  const text = 'invalid external metric source: neither a value target nor an average value target was set';
  throw new MetricFailure(reason, text, `${outer}: ${text}`);
}

function attempt<T>(make: () => T, failed: (text: string) => never): T {
  try {
    return make();
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error));
  }
}

function podsOf(measured: Measured, unable: string): PodMetrics {
  if (measured instanceof Map) return measured;
  throw new Error(`${unable}: ${measured instanceof Error ? measured.message : String(measured)}`);
}

function oneValue(measured: Measured, unable: string): number {
  if (typeof measured === 'number') return measured;
  throw new Error(`${unable}: ${measured instanceof Error ? measured.message : 'no value'}`);
}

function identified({ name, selector }: { name?: string | undefined; selector?: LabelSelector | undefined }) {
  return selector === undefined ? { name } : { name, selector };
}

function externalName({ name, selector }: { name?: string | undefined; selector?: LabelSelector | undefined }): string {
  return `external metric ${name}(${selectorText(selector)})`;
}

const MILLI = 1_000_000n;
const UNIT = 1_000n;

/** Thousandths as a quantity; of memory as upstream's metrics server writes it. */
function quantityOf(thousandths: number, isMemory = false): string {
  const value = BigInt(Math.trunc(thousandths));
  if (!isMemory || value < 1024n * UNIT) return formatQuantity({ nanos: value * MILLI, format: 'DecimalSI' });
  const whole = (value + UNIT - 1n) / UNIT;
  return formatQuantity({ nanos: whole * UNIT * MILLI, format: 'BinarySI' });
}
