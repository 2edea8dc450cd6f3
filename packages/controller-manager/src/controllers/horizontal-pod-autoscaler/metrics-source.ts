import {
  ApiError,
  type CrossVersionObjectReference,
  type KubeObject,
  type LabelSelector,
  labelSelectorMatcher,
  quantityMilliValue,
} from '@keelson/api';
import type { ApiClient, Resource } from '@keelson/client';
import { parseDuration } from '@keelson/service';
import { parseApiVersion, type Scales } from '../../framework/scales.js';

/** What was measured of a pod, in thousandths. */
export interface PodMetric {
  readonly value: number;
  /** The end of the time that it was measured over, and its length. */
  readonly at: number;
  readonly windowMs: number;
}

export type PodMetrics = ReadonlyMap<string, PodMetric>;

/** Where autoscalers take what is measured from. Throws with upstream's texts. */
export interface MetricsSource {
  /** What pods use of a resource: all of a pod's containers, or one. */
  ofResource(name: string, from: Selected, container: string | undefined): Promise<PodMetrics>;
  /** What pods say of themselves. */
  ofPods(metric: string, from: Selected, selector: LabelSelector | undefined): Promise<PodMetrics>;
  /** What is said of one object, in thousandths. */
  ofObject(
    metric: string,
    namespace: string,
    object: CrossVersionObjectReference,
    selector: LabelSelector | undefined,
  ): Promise<number>;
  /** What somebody else says of a namespace, in thousandths, all together. */
  ofOthers(metric: string, namespace: string, selector: LabelSelector | undefined): Promise<number>;
}

export interface Selected {
  readonly namespace: string;
  /** A label selector as text. */
  readonly selector: string;
}

interface Measured {
  readonly timestamp?: string;
}

interface ContainerUsage {
  readonly name?: string;
  readonly usage?: Readonly<Record<string, string>>;
}

type PodUsage = KubeObject & Measured & { readonly window?: string; readonly containers?: readonly ContainerUsage[] };

type CustomValue = Measured & {
  readonly describedObject?: { readonly name?: string };
  readonly windowSeconds?: number;
  readonly value?: string;
};

const RESOURCE = 'metrics.k8s.io';
const CUSTOM = 'custom.metrics.k8s.io';
const EXTERNAL = 'external.metrics.k8s.io';
/** Of measurements that do not say how long they took. */
const WINDOW_MS = 60_000;
const INT64_MAX = 2 ** 63;

const POD_USAGE: Resource<PodUsage> = {
  ...{ group: RESOURCE, version: 'v1beta1', plural: 'pods', kind: 'PodMetrics', namespaced: true },
};

/** The metrics APIs that other servers serve behind the API server. */
export class MetricsApis implements MetricsSource {
  readonly #client: ApiClient;
  readonly #scales: Scales;

  constructor(dependencies: { client: ApiClient; scales: Scales }) {
    this.#client = dependencies.client;
    this.#scales = dependencies.scales;
  }

  async ofResource(name: string, from: Selected, container: string | undefined): Promise<PodMetrics> {
    const { namespace, selector: labelSelector } = from;
    const { items } = await asked('resource metrics API', `get pods.${RESOURCE}`, () =>
      this.#client.list(POD_USAGE, { namespace, labelSelector }),
    );
    if (items.length === 0) throw new Error('no metrics returned from resource metrics API');
    const found = new Map<string, PodMetric>();
    for (const pod of items) {
      const value = usageOf(pod, name, container);
      const windowMs = parseDuration(pod.window ?? '') ?? 0;
      if (value !== undefined) found.set(pod.metadata.name ?? '', { value, at: timeOf(pod), windowMs });
    }
    return found;
  }

  async ofPods(metric: string, { namespace, selector }: Selected, of: LabelSelector | undefined): Promise<PodMetrics> {
    const items = await this.#custom('pods', namespace, '*', metric, selector, of);
    return new Map(
      items.map((it) => {
        const windowMs = it.windowSeconds === undefined ? WINDOW_MS : it.windowSeconds * 1000;
        return [it.describedObject?.name ?? '', { value: milliOf(it.value), at: timeOf(it), windowMs }];
      }),
    );
  }

  async ofObject(
    metric: string,
    namespace: string,
    object: CrossVersionObjectReference,
    of: LabelSelector | undefined,
  ): Promise<number> {
    const { apiVersion = '', kind = '', name = '' } = object;
    const { group } = parseApiVersion(apiVersion);
    // The namespace that an autoscaler is in, whatever name it says.
    if (kind === 'Namespace' && group === '')
      return milliOf((await this.#custom('metrics', namespace, metric, '', '', of))[0]?.value);
    const plural = this.#pluralOf(apiVersion, kind);
    return milliOf((await this.#custom(plural, namespace, name, metric, '', of))[0]?.value);
  }

  async ofOthers(metric: string, namespace: string, of: LabelSelector | undefined): Promise<number> {
    const labelSelector = textOf(of);
    const resource: Resource<KubeObject & { readonly value?: string }> = {
      ...{ group: EXTERNAL, version: 'v1beta1', plural: metric, kind: 'ExternalMetricValue', namespaced: true },
    };
    const { items } = await asked('external metrics API', `get ${metric}.${EXTERNAL}`, () =>
      this.#client.list(resource, { namespace, labelSelector }),
    );
    if (items.length === 0) throw new Error('no metrics returned from external metrics API');
    return Math.min(
      items.reduce((sum, { value }) => sum + milliOf(value), 0),
      INT64_MAX,
    );
  }

  async #custom(
    plural: string,
    namespace: string,
    name: string,
    subresource: string,
    labelSelector: string,
    of: LabelSelector | undefined,
  ): Promise<readonly CustomValue[]> {
    const resource: Resource = { group: CUSTOM, version: 'v1beta2', plural, kind: 'MetricValueList', namespaced: true };
    const absent = `no custom metrics API (${CUSTOM}) registered`;
    const ask = () =>
      this.#client.get(resource, { namespace, name }, { subresource, labelSelector, metricLabelSelector: textOf(of) });
    const list = (await asked('custom metrics API', `get ${plural}.${CUSTOM} ${name}`, ask, absent)) as {
      items?: readonly CustomValue[] | null;
    };
    const items = list.items ?? [];
    if (items.length === 0) throw new Error('no metrics returned from custom metrics API');
    return items;
  }

  /** As custom metrics have it: with its group. */
  #pluralOf(apiVersion: string, kind: string): string {
    const [found] = this.#scales.ofKind(apiVersion, kind);
    const { group, plural } = found!;
    return group === '' ? plural : `${plural}.${group}`;
  }
}

/** In thousandths; undefined: not all of it was measured. */
function usageOf(pod: PodUsage, resource: string, container: string | undefined): number | undefined {
  const containers = pod.containers ?? [];
  if (container !== undefined) {
    const found = containers.find(({ name }) => name === container);
    const { namespace, name } = pod.metadata;
    if (found === undefined)
      throw new Error(
        `failed to get container metrics: container ${container} not present in metrics for pod ${namespace}/${name}`,
      );
    const used = found.usage?.[resource];
    return used === undefined ? undefined : quantityMilliValue(used);
  }
  const used = containers.map(({ usage }) => usage?.[resource]);
  if (used.length === 0 || used.includes(undefined)) return undefined;
  return used.reduce((sum, it) => sum + quantityMilliValue(it ?? '0'), 0);
}

function milliOf(quantity: string | undefined): number {
  return quantityMilliValue(quantity ?? '0');
}

function timeOf({ timestamp }: Measured): number {
  return Date.parse(timestamp ?? '') || 0;
}

function textOf(selector: LabelSelector | undefined): string {
  return selector === undefined ? '' : labelSelectorMatcher(selector).toString();
}

const NOT_SERVED = 'the server could not find the requested resource';
const UNAVAILABLE = 'the server is currently unable to handle the request';
/** How the API server says over gRPC what upstream's clients say in their own words, for it is no Status. */
const PLAIN: readonly (readonly [RegExp, string])[] = [
  [/^the other server answered with 404\b/, NOT_SERVED],
  [/^the other server answered with 503\b|^service unavailable$/, UNAVAILABLE],
];

/**
 * @param call what upstream's clients say that they did
 * @param absent what they say where nobody serves the group
 */
async function asked<T>(api: string, call: string, ask: () => Promise<T>, absent?: string): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw new Error(`unable to fetch metrics from ${api}: ${refusalText(error, call, absent)}`, { cause: error });
  }
}

function refusalText(error: unknown, call: string, absent: string | undefined): string {
  if (!(error instanceof ApiError)) return error instanceof Error ? error.message : String(error);
  const { message } = error;
  if (message === NOT_SERVED) return absent ?? `${message} (${call})`;
  const plain = message === UNAVAILABLE ? message : PLAIN.find(([said]) => said.test(message))?.[1];
  return plain === undefined ? message : `${plain} (${call})`;
}
