import {
  apiErrors,
  discovery,
  type FieldMatcher,
  formatQuantity,
  goDuration,
  type IncludeObject,
  type Kind,
  KindRegistry,
  type KubeObject,
  type LabelMatcher,
  METRICS_API,
  metricsKinds,
  type Node,
  type NodeMetrics,
  type Pod,
  type PodMetrics,
  parseFieldSelector,
  parseLabelSelector,
  type Table,
  toTable,
} from '@keelson/api';
import { type Clock, rfc3339 } from '@keelson/service';
import type { UsageOverTime } from '../points/points.js';
import type { UsageStore } from '../points/usage-store.js';

/** What a request is about. */
export interface MetricsPath {
  readonly resource: 'nodes' | 'pods';
  /** Empty: all. */
  readonly namespace: string;
  /** Empty: a list. */
  readonly name: string;
}

export interface Selection {
  readonly labelSelector: string;
  readonly fieldSelector: string;
}

/** Where nodes and pods are known from. */
export interface Known<T> {
  get(namespace: string, name: string): T | undefined;
  list(namespace?: string): readonly T[];
}

export interface MetricsApiDependencies {
  readonly nodes: Known<Node>;
  readonly pods: Known<Pod>;
  readonly store: UsageStore;
  readonly clock: Clock;
}

const API_VERSION = `${METRICS_API.group}/${METRICS_API.version}`;

/** Answers questions about what nodes and pods use: those that there are, that are selected, and of which it is known. */
export class MetricsApi {
  readonly kinds: KindRegistry;
  readonly #kinds = metricsKinds();
  readonly #deps: MetricsApiDependencies;

  constructor(dependencies: MetricsApiDependencies) {
    this.#deps = dependencies;
    this.kinds = new KindRegistry([this.#kinds.nodes as unknown as Kind, this.#kinds.pods as unknown as Kind]);
  }

  /** The document about what there is in the group's version. */
  get resourceList(): object {
    return discovery.apiResourceList(this.kinds, METRICS_API.group, METRICS_API.version)!;
  }

  /** One object. Throws ApiError. */
  get({ resource, namespace, name }: MetricsPath): NodeMetrics | PodMetrics {
    const { nodes, pods } = this.#deps;
    const { group } = METRICS_API;
    const known = resource === 'nodes' ? nodes.get('', name) : pods.get(namespace, name);
    if (known === undefined) throw apiErrors.notFound({ group: '', plural: resource }, name);
    const found = resource === 'nodes' ? this.#nodeMetrics(known as Node) : this.#podMetrics(known as Pod);
    if (found !== undefined) return found;
    const [plural, full] = resource === 'nodes' ? ['nodemetrics', name] : ['podmetrics', `${namespace}/${name}`];
    throw apiErrors.notFound({ group, plural }, full);
  }

  /** A list, in the order in which an API server has it. Throws ApiError. */
  list({ resource, namespace }: MetricsPath, selection: Selection): (NodeMetrics | PodMetrics)[] {
    const { nodes, pods } = this.#deps;
    const known: readonly (Node | Pod)[] = resource === 'nodes' ? nodes.list() : pods.list(namespace || undefined);
    const isWanted = selector(selection);
    return known
      .filter(isWanted)
      .sort(byPlace)
      .flatMap((it) => (resource === 'nodes' ? this.#nodeMetrics(it as Node) : this.#podMetrics(it as Pod)) ?? []);
  }

  listBody({ resource }: MetricsPath, items: readonly (NodeMetrics | PodMetrics)[]): object {
    return { kind: this.#kinds[resource].listKind, apiVersion: API_VERSION, metadata: {}, items };
  }

  table(
    { resource }: MetricsPath,
    objects: readonly (NodeMetrics | PodMetrics)[],
    includeObject: IncludeObject,
  ): Table {
    const kind = this.#kinds[resource] as unknown as Kind;
    return toTable(kind, objects as readonly KubeObject[], { now: new Date(this.#deps.clock.now()), includeObject });
  }

  #nodeMetrics({ metadata }: Node): NodeMetrics | undefined {
    const usage = this.#deps.store.node(metadata.name ?? '');
    if (usage === undefined) return undefined;
    return {
      ...{ kind: 'NodeMetrics', apiVersion: API_VERSION, metadata: this.#metadata(metadata) },
      ...{ timestamp: rfc3339(usage.at), window: goDuration(usage.windowMs), usage: quantities(usage) },
    };
  }

  #podMetrics({ metadata, spec, status }: Pod): PodMetrics | undefined {
    if (status?.phase !== 'Running') return undefined;
    const key = `${metadata.namespace}/${metadata.name}`;
    const usages = this.#deps.store.pod(spec?.nodeName ?? '', key);
    if (usages === undefined) return undefined;
    const oldest = usages.reduce((a, b) => (b.at < a.at ? b : a));
    return {
      ...{ kind: 'PodMetrics', apiVersion: API_VERSION, metadata: this.#metadata(metadata) },
      ...{ timestamp: rfc3339(oldest.at), window: goDuration(oldest.windowMs) },
      containers: usages.map((it) => ({ name: it.name, usage: quantities(it) })),
    };
  }

  #metadata({ name, namespace, labels }: KubeObject['metadata']): KubeObject['metadata'] {
    const creationTimestamp = rfc3339(this.#deps.clock.now());
    return {
      ...{ name, ...(namespace === undefined ? {} : { namespace }), creationTimestamp },
      ...(labels === undefined ? {} : { labels }),
    };
  }
}

function quantities({ nanoCores, memoryBytes }: UsageOverTime): { cpu: string; memory: string } {
  return {
    cpu: formatQuantity({ nanos: BigInt(nanoCores), format: 'DecimalSI' }),
    memory: formatQuantity({ nanos: BigInt(memoryBytes) * 1_000_000_000n, format: 'BinarySI' }),
  };
}

function byPlace(a: KubeObject, b: KubeObject): number {
  const [left, right] = [a, b].map(({ metadata }) => metadata);
  if (left?.namespace !== right?.namespace) return (left?.namespace ?? '') < (right?.namespace ?? '') ? -1 : 1;
  return (left?.name ?? '') < (right?.name ?? '') ? -1 : 1;
}

function selector({ labelSelector, fieldSelector }: Selection): (it: KubeObject) => boolean {
  const labels: LabelMatcher = understood(() => parseLabelSelector(labelSelector));
  const fields: FieldMatcher = understood(() => parseFieldSelector(fieldSelector));
  for (const { field } of fields.requirements) {
    if (field in FIELDS) continue;
    const text = `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`;
    throw apiErrors.badRequest(text);
  }
  return ({ metadata }) =>
    labels.matches(metadata.labels ?? {}) && fields.matches((field) => FIELDS[field]?.(metadata) ?? '');
}

const FIELDS: Readonly<Record<string, (metadata: KubeObject['metadata']) => string | undefined>> = {
  'metadata.name': ({ name }) => name,
  'metadata.namespace': ({ namespace }) => namespace,
};

function understood<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw apiErrors.badRequest((error as Error).message);
  }
}
