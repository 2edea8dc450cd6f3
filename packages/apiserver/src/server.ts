import { X509Certificate } from 'node:crypto';
import { ApiError, allKinds, type Kind, KindRegistry } from '@keelson/api';
import { keelson } from '@keelson/protocol';
import {
  type Clock,
  createMetrics,
  GrpcServer,
  identityOf,
  type Logger,
  type Random,
  type ServingTls,
  type TlsIdentity,
} from '@keelson/service';
import { Admission, type AdmissionAttributes } from './admission/admission.js';
import type { AdmissionOptions } from './admission/admission-options.js';
import { builtInPlugins } from './admission/built-in.js';
import { openConnection } from './admission/connections.js';
import { lookUp } from './admission/lookup.js';
import type { MakeNamespace } from './admission/namespace-auto-provision.js';
import { HookClient } from './admission/webhooks/client.js';
import { Aggregation } from './aggregation/aggregation.js';
import type { ProxyIdentityFiles } from './aggregation/proxy-identity.js';
import { findService } from './aggregation/service-connector.js';
import { AuditMetrics } from './audit/audit-metrics.js';
import type { AuditOptions } from './audit/audit-options.js';
import type { Auditor } from './audit/auditor.js';
import type { AccessOptions } from './auth/access-options.js';
import { tokenAuthenticators } from './auth/authentication.js';
import { authorizerOf } from './auth/authorization.js';
import type { Authorizer } from './auth/authorizer.js';
import { authenticatorOf, authoritiesOf, type ClientTrust, publishedTrust } from './auth/client-trust.js';
import { compile } from './auth/jwt/expressions.js';
import { NodeAuthorizer } from './auth/node/node-authorizer.js';
import { RbacAuthorizer } from './auth/rbac/rbac-authorizer.js';
import { ServiceAccountTokens } from './auth/tokens/service-account-tokens.js';
import { type SigningKey, sharedSigningKey, type VerifyingKey } from './auth/tokens/signing-key.js';
import { Tokens } from './auth/tokens/token-authenticator.js';
import { SUPERUSERS } from './auth/user.js';
import { bootstrap } from './bootstrap.js';
import { TurnGate, TurnLine } from './breather.js';
import { followed } from './config/followed.js';
import { Cleanup } from './custom-resources/cleanup.js';
import { conversionWebhook } from './custom-resources/conversion-webhook.js';
import { CustomResources } from './custom-resources/custom-resources.js';
import { DefinitionController } from './custom-resources/definition-controller.js';
import { grpcStatus } from './doors/grpc/errors.js';
import { GrpcDoor } from './doors/grpc/grpc-door.js';
import { podsDoor } from './doors/grpc/pods-door.js';
import { DebugPages } from './doors/rest/debug-pages.js';
import { Documents } from './doors/rest/documents.js';
import { HealthPages } from './doors/rest/health-pages.js';
import { RestDoor } from './doors/rest/rest-door.js';
import { dumpPages } from './flow-control/dumps.js';
import { ensureFlowObjects } from './flow-control/ensure.js';
import { FlowConfiguration } from './flow-control/flow-configuration.js';
import type { FlowControl } from './flow-control/flow-control.js';
import { type LimitOptions, limiterOf } from './flow-control/limits.js';
import { AccessMetrics } from './metrics/access-metrics.js';
import { admissionMetrics, hookMetrics } from './metrics/admission-metrics.js';
import { conversionMetrics } from './metrics/conversion-metrics.js';
import { RequestMetrics } from './metrics/request-metrics.js';
import { serverMetrics } from './metrics/server-metrics.js';
import { ProxyDoor } from './proxy/proxy-door.js';
import { serviceDialer } from './proxy/service-dialer.js';
import { ObjectCollection } from './registry/collection.js';
import { Collections } from './registry/collections.js';
import type { RequestContext } from './registry/context.js';
import { Deleter } from './registry/deleter.js';
import { ApiHandler } from './registry/handler.js';
import { Reader } from './registry/reader.js';
import { Registry } from './registry/registry.js';
import type { ResourceRules } from './registry/rules.js';
import { Stages } from './registry/stages.js';
import { YamlReader } from './registry/yaml-reader.js';
import { rulesFor } from './resources/rules.js';
import { parseAddressRanges } from './resources/services/range.js';
import { serviceRules } from './resources/services/service-rules.js';
import { reviews } from './reviews/reviews.js';
import { Cache } from './storage/cache.js';
import { Compactor } from './storage/compactor.js';
import { collectionOf } from './storage/keys.js';
import { LeasePool } from './storage/lease-pool.js';
import { ObjectStore } from './storage/object-store.js';
import type { Store } from './storage/store.js';
import { Kubelets } from './streams/kubelets.js';
import { PodStreamDoor } from './streams/pod-stream-door.js';
import { bindingSubresource, bindingsReview } from './subresources/binding.js';
import { subresources } from './subresources/subresources.js';
import { VERSION } from './version.js';

export interface ApiServerOptions extends ClientTrust {
  host: string;
  restPort: number;
  grpcPort: number;
  advertiseAddress: string;
  tls: ServingTls;
  kubeletTls: TlsIdentity;
  /** Shown to the servers of other groups; absent: they are shown nothing. */
  proxyIdentity: Pick<ProxyIdentityFiles, 'current'> | undefined;
  serviceClusterIpRange: string;
  nodePorts: { first: number; last: number };
  access: AccessOptions;
  admission: AdmissionOptions;
  /** Absent: no request is recorded. */
  audit?: AuditOptions | undefined;
  serviceAccounts: {
    issuer: string;
    apiAudiences: readonly string[];
    /** Absent: one that is kept in the store and shared by all API servers. */
    signingKey: SigningKey | undefined;
    otherKeys: readonly VerifyingKey[];
  };
  /** How often the store is compacted; 0: never. */
  compactionIntervalMs: number;
  limits: LimitOptions;
  /** Flags and their values, as `/flagz` tells them. */
  shownFlags?: Readonly<Record<string, string>>;
}

export interface ApiServerDependencies {
  store: Store;
  clock: Clock;
  random: Random;
  logger: Logger;
}

/** Requests that begin, and watches that are sent something, in one round of the event loop. */
const REQUESTS_PER_TURN = 32;
const WATCHES_PER_TURN = 64;
/** How often the server looks after the objects of priority and fairness. */
const ENSURE_MS = 60_000;
const SELF = { user: 'system:apiserver', groups: [SUPERUSERS] };

/** The API server, put together: the one place that knows all of its parts. */
export class ApiServer {
  readonly #options: ApiServerOptions;
  readonly #deps: ApiServerDependencies;
  readonly #stopping = new AbortController();
  readonly #cache: Cache;
  readonly #kinds: KindRegistry;
  readonly #collections = new Collections();
  readonly #handler: ApiHandler;
  readonly #kubelets: Kubelets;
  readonly #hookClient: HookClient;
  readonly #yaml: YamlReader;
  readonly #stages: Stages;
  readonly #rest: RestDoor;
  readonly #grpc: GrpcServer;
  readonly #aggregation: Aggregation;
  readonly #apiServices: ReturnType<Aggregation['keeper']>;
  readonly #tokens: ServiceAccountTokens;
  readonly #flowControl: FlowControl | undefined;
  readonly #flowConfiguration: FlowConfiguration | undefined;
  readonly #definitions: DefinitionController;
  readonly #auditor: Auditor | undefined;
  #signingKey: SigningKey | undefined;
  #bootstrapped = false;

  constructor(options: ApiServerOptions, dependencies: ApiServerDependencies) {
    const { store, clock, random, logger } = dependencies;
    this.#options = options;
    this.#deps = dependencies;
    this.#yaml = new YamlReader(clock);
    const isLocal = parseAddressRanges(options.serviceClusterIpRange).every((range) => range.isLoopback);
    this.#stages = new Stages(clock, { isLocal });
    this.#kinds = new KindRegistry(allKinds);
    this.#cache = new Cache({}, { store, clock, logger });
    const objects = new ObjectStore(store);
    const leases = new LeasePool({ store, clock });
    const lease = (seconds: number) => leases.take(seconds);
    const collectionFor = (kind: Kind, rules: ResourceRules) =>
      new ObjectCollection(kind, rules, { objects, cache: this.#cache.collection(collectionOf(kind)), lease });
    const collections = this.#collections;
    for (const kind of this.#kinds.all()) collections.add(collectionFor(kind, this.#rules(kind)));
    const collection = (group: string, plural: string) => collections.required(group, plural);
    const core = (plural: string) => collection('', plural);
    const now = () => new Date(clock.now());
    const rbac = new RbacAuthorizer({
      roles: collection('rbac.authorization.k8s.io', 'roles').cache,
      roleBindings: collection('rbac.authorization.k8s.io', 'rolebindings').cache,
      clusterRoles: collection('rbac.authorization.k8s.io', 'clusterroles').cache,
      clusterRoleBindings: collection('rbac.authorization.k8s.io', 'clusterrolebindings').cache,
    });
    const authorizer = this.#authorizer(rbac);
    const turns = new TurnLine();
    const intake = new TurnGate(REQUESTS_PER_TURN);
    const fanOut = new TurnGate(WATCHES_PER_TURN);
    const registers = createMetrics();
    const metrics = {
      requests: new RequestMetrics(registers, { kinds: this.#kinds, clock }),
      access: new AccessMetrics(registers, { clock }),
    };
    const auditMetrics = new AuditMetrics(registers, { clock, logger });
    this.#auditor = options.audit?.({ clock, random, logger, metrics: auditMetrics });
    const { limiter, flowControl } = limiterOf(options.limits, {
      ...{ clock, metrics: registers },
      objects: ({ group, version = '', resource }) => collections.find(group, version, resource)?.cache.size,
    });
    this.#flowControl = flowControl;
    serverMetrics(registers, {
      version: VERSION,
      inFlight: () => limiter.inFlight,
      *collections() {
        for (const { kind, cache } of collections.values()) yield { kind, size: cache.size };
      },
    });
    this.#signingKey = options.serviceAccounts.signingKey;
    this.#tokens = new ServiceAccountTokens(options.serviceAccounts, {
      key: () => this.#requiredSigningKey(),
      otherKeys: options.serviceAccounts.otherKeys,
      clock,
      random,
      serviceAccounts: core('serviceaccounts'),
      pods: core('pods'),
      secrets: core('secrets'),
      nodes: core('nodes'),
    });
    const makeNamespace: MakeNamespace = (...made) => this.#makeNamespace(...made);
    this.#kubelets = new Kubelets({ nodes: core('nodes'), clock, tls: options.kubeletTls });
    const proxied = {
      ...{ pods: core('pods'), services: core('services'), nodes: core('nodes'), kubelets: this.#kubelets, random },
      endpointSlices: collection('discovery.k8s.io', 'endpointslices'),
      kubeletTls: options.kubeletTls,
    };
    this.#aggregation = new Aggregation({
      ...{ kinds: this.#kinds, collections, clock, logger, metrics: registers, turns },
      ...{ find: findService(proxied), identity: options.proxyIdentity },
      onReset: (listener) => void this.#cache.onReset(listener),
    });
    this.#hookClient = new HookClient({ clock, dial: serviceDialer(proxied) });
    const definitions = {
      cache: collection('apiextensions.k8s.io', 'customresourcedefinitions').cache,
      onReset: (listener: () => void) => void this.#cache.onReset(listener),
      logger,
    };
    const customResources = new CustomResources({
      ...{ ...definitions, kinds: this.#kinds, collections, collectionOf: collectionFor },
      convert: conversionWebhook({
        ...{ hookClient: this.#hookClient, random, clock, signal: this.#stopping.signal },
        metrics: conversionMetrics(registers),
      }),
    });
    const plugins = {
      ...{ collection, kinds: this.#kinds, authorizer, rbac, clock, random, makeNamespace },
      hookClient: this.#hookClient,
      hookMetrics: hookMetrics(registers),
      collectionOf: (kind: Kind) => collections.of(kind),
    };
    const admission = new Admission(builtInPlugins(plugins, options.admission), admissionMetrics(registers, { clock }));
    const connectable = ['pods', 'services', 'nodes'].map((plural) => core(plural).kind);
    const open = openConnection(admission, connectable);
    const binding = bindingSubresource({ admission, clock });
    const reader = new Reader({}, { cache: this.#cache, store, clock, random });
    const registry = new Registry({ clock, random, admission, authorizer, stages: this.#stages });
    const deleter = new Deleter({ clock, admission, reader });
    const { authentication } = options.access;
    const parts = { serviceAccounts: this.#tokens, secrets: core('secrets'), compile, clock, random, logger };
    const tokens = new Tokens(
      options.serviceAccounts,
      followed(authentication, (it) => tokenAuthenticators(it, parts)),
    );
    const anonymous = () => authentication().anonymous;
    const authenticator = authenticatorOf(options, { clock, logger, tokens, anonymous });
    const tls = { ...options.tls, ca: authoritiesOf(options) };
    this.#handler = new ApiHandler({
      kinds: this.#kinds,
      collections: (group, version, plural) => collections.find(group, version, plural),
      fresh: () => this.#cache.fresh(),
      subresources: subresources({
        ...{ admission, registry, deleter, reader, collections, binding, clock, random },
        tokens: this.#tokens,
      }),
      registry,
      deleter,
      reader,
      reviews: new Map([
        ...reviews({ clock, authorizer, rbac, tokens, anonymous }),
        ['/bindings', bindingsReview(core('pods'), binding)],
      ]),
      authorizer,
      limiter,
      yaml: this.#yaml,
      metrics: metrics.access,
    });
    this.#flowConfiguration = flowControl && this.#follow(flowControl);
    const context = { ...this.#ownContext(), userAgent: 'kube-apiserver' };
    const cleanup = new Cleanup({ collections, deleter, context, clock, fresh: () => this.#cache.fresh() });
    this.#definitions = new DefinitionController({
      ...{ ...definitions, customResources, cleanup, handler: this.#handler, context, clock },
    });
    this.#apiServices = this.#aggregation.keeper({ handler: this.#handler, context });
    const ready = () => {
      if (!this.#cache.ready) throw new Error('the cache is being filled from the store');
      if (!this.#bootstrapped) throw new Error('the first objects are being made');
    };
    const etcd = async () => void (await store.kv.range({ key: Buffer.from('health') }));
    const ping = () => {};
    const shutdown = () => {
      if (this.#stopping.signal.aborted) throw new Error('process is shutting down');
    };
    const health = new HealthPages(
      {
        healthz: new Map([...Object.entries({ ping, etcd })]),
        livez: new Map([...Object.entries({ ping })]),
        readyz: new Map([...Object.entries({ ping, etcd, 'informer-sync': ready, shutdown })]),
      },
      { logger },
    );
    const paths = () => documents.paths();
    const debug = new DebugPages({ version: VERSION, flags: options.shownFlags ?? {}, paths, clock });
    const documents: Documents = new Documents({
      kinds: this.#kinds,
      groups: this.#aggregation.groups,
      foreign: this.#aggregation.documents,
      version: VERSION,
      metrics: registers,
      debug: flowControl === undefined ? new Map() : dumpPages(flowControl, clock),
      health,
      pages: debug,
      turns,
      advertiseAddress: () => `${options.advertiseAddress}:${options.restPort}`,
      issuer: () => this.#issuerDocuments(),
    });
    const pods = core('pods');
    const streams = new PodStreamDoor({ pods, kubelets: this.#kubelets, handler: this.#handler, clock, open });
    const proxy = new ProxyDoor({ ...proxied, open });
    this.#rest = new RestDoor(
      { host: options.host, port: options.restPort, tls },
      {
        ...{ handler: this.#handler, documents, authenticator, streams, proxy, logger, random, clock, now, metrics },
        aggregated: this.#aggregation.aggregated,
        ...{ turns, intake, fanOut },
        auditor: this.#auditor,
      },
    );
    this.#grpc = new GrpcServer({
      address: `${options.host}:${options.grpcPort}`,
      tls,
      clientCertificates: 'request',
      protoFiles: ['keelson/v1/api.proto', 'keelson/v1/pods.proto'],
    });
    const stopping = this.#stopping.signal;
    const door = new GrpcDoor({
      handler: this.#handler,
      kinds: this.#kinds,
      others: this.#aggregation.aggregated,
      authenticator,
      auditor: this.#auditor,
      metrics,
      logger,
      random,
      ...{ turns, intake, fanOut },
      version: VERSION,
      now,
      stopping,
    });
    this.#grpc.add(keelson.ResourcesService, door.handlers, grpcStatus);
    const podsHandlers = podsDoor({ door, handler: this.#handler, pods, kubelets: this.#kubelets, open });
    this.#grpc.add(keelson.PodsService, podsHandlers, grpcStatus);
  }

  /** Listens, then fills its cache and makes the first objects; ready when that is done. */
  async start(): Promise<{ restPort: number; grpcPort: number }> {
    const restPort = await this.#rest.listen();
    const grpcPort = await this.#grpc.listen();
    void this.#cache.run(this.#stopping.signal);
    const { compactionIntervalMs: intervalMs } = this.#options;
    const onCompacted = (revision: number) => this.#cache.forget(revision);
    if (intervalMs > 0) void new Compactor({ intervalMs, onCompacted }, this.#deps).run(this.#stopping.signal);
    this.#flowControl?.run(this.#stopping.signal);
    void this.#bootstrap(restPort);
    return { restPort, grpcPort };
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the API server is stopping'));
    const sleep = (milliseconds: number) => this.#deps.clock.sleep(milliseconds);
    await Promise.all([this.#rest.close(sleep), this.#grpc.close(sleep)]);
    this.#kubelets.close();
    this.#hookClient.close();
    this.#aggregation.close();
    await this.#auditor?.close();
    await this.#yaml.close();
    await this.#stages.close();
    await this.#deps.store.close();
  }

  async #bootstrap(port: number): Promise<void> {
    const { clock, logger } = this.#deps;
    const { advertiseAddress, serviceClusterIpRange } = this.#options;
    const signal = this.#stopping.signal;
    const context = this.#ownContext();
    const ranges = parseAddressRanges(serviceClusterIpRange);
    const clusterIp = ranges[0]!.at(1);
    const kubernetesService = { clusterIp, port, address: advertiseAddress, ranges: ranges.map((range) => range.text) };
    while (!signal.aborted && !this.#bootstrapped) {
      try {
        if (!this.#cache.ready) throw new Error('the cache is being filled from the store');
        this.#signingKey ??= await sharedSigningKey(this.#deps.store);
        const trust = publishedTrust(this.#options);
        const kubeletUser = commonNameOf(this.#options.kubeletTls.cert);
        const own = { kubernetesService, kubeletUser, trust };
        const common = { handler: this.#handler, collections: this.#collections, context, logger };
        await bootstrap({ ...common, ...own });
        await this.#apiServices.run(signal);
        this.#bootstrapped = true;
        this.#flowConfiguration?.run(signal);
        this.#definitions.run(signal);
        const keep = () => ensureFlowObjects(common).catch((err: unknown) => logger.debug({ err }, 'flow objects'));
        const keeping = clock.every(ENSURE_MS, () => void keep());
        signal.addEventListener('abort', () => keeping.cancel(), { once: true });
        this.#grpc.setServing(true);
        logger.info({ revision: this.#cache.revision }, 'ready to serve requests');
      } catch (error) {
        logger.debug({ reason: (error as Error).message }, 'not ready yet');
        await clock.sleep(this.#cache.ready ? 1_000 : 100, signal).catch(() => {});
      }
    }
  }

  #ownContext(): RequestContext {
    const { signal } = this.#stopping;
    const { logger } = this.#deps;
    return { user: SELF, userAgent: 'keelson-apiserver', signal, logger, warn: () => {}, isServer: true };
  }

  #follow(flowControl: FlowControl): FlowConfiguration {
    const cached = (plural: string) => this.#collections.required('flowcontrol.apiserver.k8s.io', plural).cache;
    return new FlowConfiguration({
      ...this.#deps,
      ...{ flowControl, handler: this.#handler, context: this.#ownContext() },
      ...{ schemas: cached('flowschemas'), levels: cached('prioritylevelconfigurations') },
      onReset: (listener) => void this.#cache.onReset(listener),
    });
  }

  /** As the server itself: whoever creates something in a namespace need not be allowed to make namespaces. */
  async #makeNamespace(name: string, { context }: AdmissionAttributes): Promise<void> {
    const body = { mediaType: 'application/json', bytes: Buffer.from(JSON.stringify({ metadata: { name } })) };
    const path = { group: '', version: 'v1', resource: 'namespaces', subresource: '', namespace: '', name: '' };
    await this.#handler.handle({ verb: 'create', path, options: {}, body }, { ...context, user: SELF });
  }

  /** What depends on objects answers once they are there. */
  #authorizer(rbac: RbacAuthorizer): Authorizer {
    const ready = (authorizer: Authorizer): Authorizer => ({
      authorize: (attributes) => {
        if (this.#bootstrapped) return authorizer.authorize(attributes);
        throw notReady();
      },
    });
    const dependencies = { ...this.#deps, node: ready(this.#nodeAuthorizer()), rbac: ready(rbac) };
    const current = followed(this.#options.access.authorizers, (it) => authorizerOf(it, dependencies));
    return { authorize: (attributes, waiting) => current().authorize(attributes, waiting) };
  }

  #nodeAuthorizer(): NodeAuthorizer {
    const cached = (group: string, plural: string) => this.#collections.required(group, plural).cache;
    return new NodeAuthorizer({
      pods: cached('', 'pods'),
      persistentVolumes: cached('', 'persistentvolumes'),
      volumeAttachments: cached('storage.k8s.io', 'volumeattachments'),
      resourceSlices: cached('resource.k8s.io', 'resourceslices'),
      onReset: (listener) => void this.#cache.onReset(listener),
    });
  }

  #requiredSigningKey(): SigningKey {
    if (this.#signingKey === undefined) throw notReady();
    return this.#signingKey;
  }

  async #issuerDocuments(): Promise<{ configuration: object; keys: object }> {
    const { advertiseAddress, restPort } = this.#options;
    const configuration = {
      issuer: this.#tokens.issuer,
      jwks_uri: `https://${advertiseAddress}:${restPort}/openid/v1/jwks`,
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: this.#tokens.algorithms,
    };
    return { configuration, keys: await this.#tokens.keys() };
  }

  #rules(kind: Kind): ResourceRules {
    if (kind.group !== '' || kind.plural !== 'services')
      return rulesFor(kind.group, kind.plural, (name) =>
        lookUp(this.#collections.required('', 'namespaces'), '', name),
      );
    const { serviceClusterIpRange: clusterIpRange, nodePorts } = this.#options;
    const services = () => this.#cache.collection(kind);
    return serviceRules({ clusterIpRange, nodePorts }, { services, random: this.#deps.random });
  }
}

function commonNameOf(certificate: Buffer): string {
  return identityOf(new X509Certificate(certificate).toLegacyObject().subject)?.user ?? '';
}

function notReady(): ApiError {
  const message = 'the API server is starting';
  return new ApiError({ code: 503, reason: 'ServiceUnavailable', message, details: { retryAfterSeconds: 1 } });
}
