import { type KindRegistry, PATCH_TYPES } from '@keelson/api';
import { type Clock, Counter, Gauge, Histogram, type Registry } from '@keelson/service';
import type { AuthorizationAttributes } from '../auth/authorizer.js';

/** A request as it is counted. */
export interface CountedRequest {
  /** `GET`, or what of HTTP's methods would have asked the same. */
  readonly method: string;
  readonly attributes: Omit<AuthorizationAttributes, 'user'>;
  readonly mediaType?: string;
  readonly dryRun: readonly string[];
}

const LABELS = ['verb', 'group', 'version', 'resource', 'subresource', 'scope', 'component'] as const;
type Label = (typeof LABELS)[number];

/** Upstream's bounds. */
const SLI_SECONDS = [0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60];
const SECONDS = [0.005, 0.025, ...SLI_SECONDS];
const SIZES = [1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];

const METHODS = new Set(['GET', 'LIST', 'WATCH', 'POST', 'PUT', 'PATCH', 'APPLY', 'DELETE', 'CONNECT']);
const CONNECTS = new Set(['log', 'exec', 'portforward', 'attach', 'proxy']);
/** Paths that are no resources and are told apart. */
const PATHS = new Set([
  '/healthz',
  '/livez',
  '/readyz',
  '/metrics',
  '/version',
  '/statusz',
  '/flagz',
  '/openapi/v2',
  '/openapi/v3',
]);

/** What is counted of requests, under upstream's names. Labels have as many values as there are kinds, whatever is asked. */
export class RequestMetrics {
  readonly #kinds: KindRegistry;
  readonly #clock: Clock;
  readonly #total: Counter<Label | 'dry_run' | 'code'>;
  readonly #seconds: Histogram<Label | 'dry_run'>;
  readonly #sliSeconds: Histogram<Label>;
  readonly #sizes: Histogram<Label>;
  readonly #longRunning: Gauge<Label>;
  readonly #watchEvents: Counter<'group' | 'version' | 'resource'>;
  readonly #handshakeErrors: Counter;

  constructor(registry: Registry, dependencies: { kinds: KindRegistry; clock: Clock }) {
    const registers = [registry];
    this.#kinds = dependencies.kinds;
    this.#clock = dependencies.clock;
    this.#total = new Counter({
      name: 'apiserver_request_total',
      help: 'Requests, by what they were and how they were answered',
      labelNames: [...LABELS, 'dry_run', 'code'],
      registers,
    });
    this.#seconds = new Histogram({
      name: 'apiserver_request_duration_seconds',
      help: 'Times from the head of a request to the end of its answer',
      labelNames: [...LABELS, 'dry_run'],
      buckets: SECONDS,
      registers,
    });
    this.#sliSeconds = new Histogram({
      name: 'apiserver_request_sli_duration_seconds',
      help: 'The same of requests that change something or read it',
      labelNames: LABELS,
      buckets: SLI_SECONDS,
      registers,
    });
    this.#sizes = new Histogram({
      name: 'apiserver_response_sizes',
      help: 'Bytes of answers to requests that read',
      labelNames: LABELS,
      buckets: SIZES,
      registers,
    });
    this.#longRunning = new Gauge({
      name: 'apiserver_longrunning_requests',
      help: 'Watches and streams that are open',
      labelNames: LABELS,
      registers,
    });
    this.#watchEvents = new Counter({
      name: 'apiserver_watch_events_total',
      help: 'Events sent to watches',
      labelNames: ['group', 'version', 'resource'],
      registers,
    });
    this.#handshakeErrors = new Counter({
      name: 'apiserver_tls_handshake_errors_total',
      help: 'Connections that never became secure',
      registers,
    });
  }

  /** A request begins; the function that is returned ends it. */
  begin(request: CountedRequest, isLongRunning: boolean): (code: number, bytes: number) => void {
    const startedAt = this.#clock.monotonic();
    const labels = this.#labelsOf(request);
    if (isLongRunning) this.#longRunning.inc(labels);
    return (code, bytes) => {
      const seconds = (this.#clock.monotonic() - startedAt) / 1000;
      const dryRun = dryRunOf(request.dryRun);
      if (isLongRunning) this.#longRunning.dec(labels);
      this.#total.inc({ ...labels, dry_run: dryRun, code: String(code) });
      this.#seconds.observe({ ...labels, dry_run: dryRun }, seconds);
      if (dryRun === '') this.#sliSeconds.observe(labels, seconds);
      if (labels.verb === 'GET' || labels.verb === 'LIST') this.#sizes.observe(labels, bytes);
    };
  }

  watchEvents(
    { group, version, plural: resource }: { group: string; version: string; plural: string },
    count: number,
  ): void {
    this.#watchEvents.inc({ group, version, resource }, count);
  }

  handshakeFailed(): void {
    this.#handshakeErrors.inc();
  }

  #labelsOf({ method, attributes, mediaType = '' }: CountedRequest): Record<Label, string> {
    const { verb, group, version = '', resource, subresource, namespace, name, nonResourcePath } = attributes;
    if (nonResourcePath !== undefined) {
      const path = PATHS.has(nonResourcePath) ? nonResourcePath : '';
      return labels(METHODS.has(method) ? method : 'other', '', '', '', path, '');
    }
    const scope = name !== '' || verb === 'create' ? 'resource' : namespace !== '' ? 'namespace' : 'cluster';
    const kind = this.#kinds.find(group, version, resource);
    if (kind === undefined) return labels(verbOf(method, verb, '', scope, mediaType), '', '', '', '', scope);
    const isKnown = CONNECTS.has(subresource) || kind.subresources.some((it) => it.name === subresource);
    const shown = isKnown ? subresource : '';
    return labels(verbOf(method, verb, shown, scope, mediaType), group, version, resource, shown, scope);
  }
}

function labels(
  verb: string,
  group: string,
  version: string,
  resource: string,
  subresource: string,
  scope: string,
): Record<Label, string> {
  return { verb, group, version, resource, subresource, scope, component: 'apiserver' };
}

function verbOf(method: string, verb: string, subresource: string, scope: string, mediaType: string): string {
  if (CONNECTS.has(subresource)) return 'CONNECT';
  if (verb === 'watch') return 'WATCH';
  if (method === 'GET' || method === 'HEAD') return scope === 'resource' ? 'GET' : 'LIST';
  if (method === 'PATCH' && mediaType.startsWith(PATCH_TYPES.apply)) return 'APPLY';
  return METHODS.has(method) ? method : 'other';
}

function dryRunOf(values: readonly string[]): string {
  if (values.length === 0) return '';
  return values.every((it) => it === 'All') ? 'All' : 'invalid';
}
