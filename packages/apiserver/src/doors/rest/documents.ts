import { ApiError, apiErrors, discovery, type KindRegistry, openapi } from '@keelson/api';
import type { Registry as Metrics } from '@keelson/service';
import { parseAccept } from '../../encoding/negotiate.js';
import type { DebugPages } from './debug-pages.js';
import type { Response } from './exchange.js';
import type { HealthPages } from './health-pages.js';
import { sendIndented, sendJson, sendText, write } from './reply.js';

export interface DocumentDependencies {
  kinds: KindRegistry;
  version: Readonly<Record<string, string>>;
  metrics: Metrics;
  /** Pages of text for those who look at the server, by path. */
  debug: ReadonlyMap<string, (query: URLSearchParams) => string>;
  health: HealthPages;
  pages: DebugPages;
  /** "host:port" that clients of this server reach it at. */
  advertiseAddress: () => string;
  /** Where service accounts' tokens come from, for those who check them elsewhere. */
  issuer: () => Promise<{ configuration: object; keys: object }>;
}

const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

/** Everything that is served and is no resource: what is there, how it looks, and how the server does. */
export class Documents {
  readonly #deps: DocumentDependencies;
  /** OpenAPI documents are large and change only with the kinds. */
  readonly #openapi = new Map<string, { kinds: string; body: Buffer }>();

  constructor(dependencies: DocumentDependencies) {
    this.#deps = dependencies;
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
        if (!this.#apis(segments, accept, response)) throw apiErrors.resourceNotServed();
        return true;
      case 'version':
        if (segments.length > 1) return false;
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
    if (segments.length === 2) {
      refuseAggregated(accept);
      const list = discovery.apiResourceList(this.#deps.kinds, '', segments[1]!);
      if (list === undefined) return false;
      sendJson(response, 200, list);
    } else if (wantsAggregated(accept)) {
      sendJson(response, 200, discovery.aggregatedCore(this.#deps.kinds), {
        'content-type': AGGREGATED,
        vary: 'Accept',
      });
    } else sendJson(response, 200, discovery.apiVersions(this.#deps.advertiseAddress()));
    return true;
  }

  #apis(segments: readonly string[], accept: string, response: Response): boolean {
    const [, group, version] = segments;
    if (segments.length > 3) return false;
    if (group === undefined) {
      if (wantsAggregated(accept)) {
        sendJson(response, 200, discovery.aggregatedGroups(this.#deps.kinds), {
          'content-type': AGGREGATED,
          vary: 'Accept',
        });
      } else sendJson(response, 200, discovery.apiGroupList(this.#deps.kinds));
      return true;
    }
    refuseAggregated(accept);
    const found =
      version === undefined
        ? discovery.apiGroup(this.#deps.kinds, group)
        : discovery.apiResourceList(this.#deps.kinds, group, version);
    if (found === undefined) return false;
    sendJson(response, 200, found);
    return true;
  }

  #openApi(version: string | undefined, rest: readonly string[], accept: string, response: Response): boolean {
    if (version === 'v2' && rest.length === 0) {
      const body = this.#cached('v2', () => Buffer.from(openapi.v2Document(this.#deps.kinds)));
      write(response, 200, body, { 'content-type': openapi.V2_MEDIA_TYPE });
      return true;
    }
    if (version !== 'v3') return false;
    if (rest.length === 0) {
      sendJson(response, 200, openapi.v3Index(this.#deps.kinds));
      return true;
    }
    const document = this.#cached(`v3/${rest.join('/')}`, () => {
      const made = openapi.v3Document(this.#deps.kinds, rest.join('/'));
      return made === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(made));
    });
    if (document.length === 0) return false;
    if (!accept.includes('json') && accept.includes('protobuf')) {
      throw new ApiError({ code: 406, reason: 'NotAcceptable', message: 'OpenAPI v3 is served as application/json' });
    }
    write(response, 200, document, { 'content-type': 'application/json' });
    return true;
  }

  #cached(name: string, make: () => Buffer): Buffer {
    const kinds = this.#deps.kinds
      .all()
      .map((it) => `${it.group}/${it.version}/${it.plural}`)
      .join();
    const known = this.#openapi.get(name);
    if (known?.kinds === kinds) return known.body;
    const body = make();
    this.#openapi.set(name, { kinds, body });
    return body;
  }

  /** What is served, but for what is below the versions of groups. */
  paths(): string[] {
    const groups = new Set(
      this.#deps.kinds
        .all()
        .filter((it) => it.group !== '')
        .map((it) => it.group),
    );
    const versions = new Set(
      this.#deps.kinds
        .all()
        .filter((it) => it.group !== '')
        .map((it) => `${it.group}/${it.version}`),
    );
    const apis = [...groups, ...versions].map((it) => `/apis/${it}`);
    const others = ['/flagz', '/metrics', '/metrics/slis', '/openapi/v2', '/openapi/v3', '/statusz', '/version'];
    const identity = ['/.well-known/openid-configuration', '/openid/v1/jwks'];
    return [
      ...[...identity, '/api', '/api/v1', '/apis', ...apis.sort()],
      ...[...others, ...this.#deps.health.paths(), ...[...this.#deps.debug.keys()].map((path) => `/${path}`)].sort(),
    ];
  }
}

/** Only the two roots are served in the aggregated form. */
function refuseAggregated(accept: string): void {
  if (accept === '' || parseAccept(accept).some(({ parameters }) => parameters['as'] === undefined)) return;
  throw apiErrors.notAcceptable(['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']);
}

function wantsAggregated(accept: string): boolean {
  return parseAccept(accept).some(
    ({ type, parameters }) =>
      type === 'application/json' && parameters['g'] === 'apidiscovery.k8s.io' && parameters['v'] === 'v2',
  );
}
