import { ApiError, apiErrors, discovery, type KindRegistry, openapi, type Steps } from '@keelson/api';
import type { Registry as Metrics } from '@keelson/service';
import type { ServedGroups } from '../../aggregation/served-groups.js';
import { inTurns, type TurnLine } from '../../breather.js';
import { negotiateAggregated, negotiatePlain, parseAccept } from '../../encoding/negotiate.js';
import type { DebugPages } from './debug-pages.js';
import type { Response } from './exchange.js';
import type { HealthPages } from './health-pages.js';
import { sendIndented, sendJson, sendText, write } from './reply.js';

export interface DocumentDependencies {
  kinds: KindRegistry;
  /** Of this server and others. */
  groups: ServedGroups;
  /** Of others. */
  foreign: openapi.ForeignDocuments;
  version: Readonly<Record<string, string>>;
  metrics: Metrics;
  /** Pages of text for those who look at the server, by path. */
  debug: ReadonlyMap<string, (query: URLSearchParams) => string>;
  health: HealthPages;
  pages: DebugPages;
  /** For what takes long. */
  turns: TurnLine;
  /** "host:port" that clients of this server reach it at. */
  advertiseAddress: () => string;
  /** Where service accounts' tokens come from, for those who check them elsewhere. */
  issuer: () => Promise<{ configuration: object; keys: object }>;
}

/** Everything that is served and is no resource: what is there, how it looks, and how the server does. */
export class Documents {
  readonly #deps: DocumentDependencies;
  readonly #openapi: openapi.OpenApiDocuments;

  constructor(dependencies: DocumentDependencies) {
    this.#deps = dependencies;
    this.#openapi = new openapi.OpenApiDocuments(dependencies.kinds, dependencies.foreign);
  }

  /** True if the path was one of these. */
  async serve(
    segments: readonly string[],
    accept: string,
    query: URLSearchParams,
    response: Response,
  ): Promise<boolean> {
    const [first = '', second, third] = segments;
    switch (first) {
      case '':
        sendIndented(response, { paths: this.paths() });
        return true;
      case 'api':
        if (!this.#api(segments, accept, response)) throw apiErrors.resourceNotServed();
        return true;
      case 'apis':
        if (this.#apis(segments, accept, response)) return true;
        if (second !== undefined && !this.#deps.kinds.isBuiltIn(second)) return false;
        throw apiErrors.resourceNotServed();
      case 'version':
        if (segments.length > 1) return false;
        refuseOthers(accept);
        sendIndented(response, this.#deps.version);
        return true;
      case 'openapi':
        return this.#openApi(second, segments.slice(2), accept, response);
      case '.well-known':
        if (second !== 'openid-configuration' || third !== undefined) return false;
        sendJson(response, 200, (await this.#deps.issuer()).configuration);
        return true;
      case 'openid':
        if (segments.join('/') !== 'openid/v1/jwks') return false;
        sendJson(response, 200, (await this.#deps.issuer()).keys, { 'content-type': 'application/jwk-set+json' });
        return true;
      case 'metrics':
        if (segments.length > 2 || (second !== undefined && second !== 'slis')) return false;
        if (second === 'slis') {
          await this.#deps.health.sendIndicators(response);
          return true;
        }
        write(response, 200, Buffer.from(await this.#deps.metrics.metrics()), {
          'content-type': this.#deps.metrics.contentType,
        });
        return true;
      case 'debug': {
        const page = this.#deps.debug.get(segments.join('/'));
        if (page !== undefined) sendText(response, 200, page(query));
        return page !== undefined;
      }
      case 'healthz':
      case 'livez':
      case 'readyz':
        return this.#deps.health.serve(segments, query, response);
      case 'statusz':
      case 'flagz':
        if (segments.length > 1) return false;
        this.#deps.pages[first](accept, response);
        return true;
      default:
        return false;
    }
  }

  #api(segments: readonly string[], accept: string, response: Response): boolean {
    if (segments.length > 2) return false;
    const { kinds, advertiseAddress } = this.#deps;
    if (segments.length === 1) {
      const plain = () => discovery.apiVersions(advertiseAddress());
      sendRoot(response, accept, plain, () => discovery.aggregatedCore(kinds));
      return true;
    }
    return sendPlain(response, accept, discovery.apiResourceList(kinds, '', segments[1]!));
  }

  #apis(segments: readonly string[], accept: string, response: Response): boolean {
    const [, group, version] = segments;
    if (segments.length > 3) return false;
    const { kinds, groups } = this.#deps;
    if (group === undefined) {
      sendRoot(
        ...([response, accept] as const),
        () => groups.list(),
        () => groups.aggregated(),
      );
      return true;
    }
    if (version === undefined) return sendPlain(response, accept, groups.group(group));
    return sendPlain(response, accept, discovery.apiResourceList(kinds, group, version));
  }

  async #openApi(
    version: string | undefined,
    rest: readonly string[],
    accept: string,
    response: Response,
  ): Promise<boolean> {
    const json = { 'content-type': 'application/json' };
    if (version === 'v2' && rest.length === 0) {
      const isProtobuf = wantsProtobuf(accept);
      if (!isProtobuf) refuseOthers(accept);
      const body = await this.#inTurns(this.#openapi.v2(isProtobuf ? 'protobuf' : 'json'));
      write(response, 200, body, isProtobuf ? { 'content-type': openapi.V2_MEDIA_TYPE } : json);
      return true;
    }
    if (version !== 'v3') return false;
    if (rest.length === 0) {
      write(response, 200, await this.#inTurns(this.#openapi.v3Index()), json);
      return true;
    }
    const document = this.#openapi.v3(rest.join('/'));
    if (document === undefined) return false;
    refuseOthers(accept);
    write(response, 200, document, json);
    return true;
  }

  #inTurns<T>(steps: Steps<T>): Promise<T> {
    return inTurns(steps, this.#deps.turns.work(1));
  }

  /** What is served, but for what is below the versions of groups. */
  paths(): string[] {
    const served = this.#deps.groups.versions().filter(({ group }) => group !== '');
    const groups = new Set(served.map(({ group }) => group));
    const versions = served.map(({ group, version }) => `${group}/${version}`);
    const apis = [...groups, ...versions].map((it) => `/apis/${it}`);
    const others = ['/flagz', '/metrics', '/metrics/slis', '/openapi/v2', '/openapi/v3', '/statusz', '/version'];
    const identity = ['/.well-known/openid-configuration', '/openid/v1/jwks'];
    return [
      ...[...identity, '/api', '/api/v1', '/apis', ...apis.sort()],
      ...[...others, ...this.#deps.health.paths(), ...[...this.#deps.debug.keys()].map((path) => `/${path}`)].sort(),
    ];
  }
}

/** Only the two roots are served in the aggregated form too. */
function sendRoot(response: Response, accept: string, plain: () => object, aggregated: () => object): void {
  const whole = negotiateAggregated(accept);
  if (whole === undefined) {
    sendPlain(response, accept, plain());
    return;
  }
  write(response, 200, whole.encoder.plain(aggregated()), { 'content-type': whole.contentType, vary: 'Accept' });
}

/** False where there is nothing to send. */
function sendPlain(response: Response, accept: string, document: object | undefined): boolean {
  const encoder = negotiatePlain(accept);
  if (document === undefined) return false;
  write(response, 200, encoder.plain(document), { 'content-type': encoder.contentType });
  return true;
}

/** Clients name it with an @, which no MIME parser reads. */
function wantsProtobuf(accept: string): boolean {
  const known = [openapi.V2_MEDIA_TYPE, openapi.V2_MEDIA_TYPE.replace('v2.v1.0', 'v2@v1.0')];
  const [first] = parseAccept(accept).filter(({ type }) => known.includes(type) || JSON_TYPES.has(type));
  return first !== undefined && known.includes(first.type);
}

const JSON_TYPES = new Set(['application/json', 'application/*', '*/*', '']);

/** What is made in JSON alone. */
function refuseOthers(accept: string): void {
  if (parseAccept(accept).some(({ type }) => JSON_TYPES.has(type))) return;
  const message = 'the server was unable to respond with a content type that the client supports';
  throw new ApiError({ code: 406, reason: 'NotAcceptable', message });
}
