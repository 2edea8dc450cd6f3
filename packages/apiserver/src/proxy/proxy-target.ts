import type { Duplex } from 'node:stream';
import { ApiError, apiErrors, type EndpointSlice, type Node, type ResourcePath, type Service } from '@keelson/api';
import type { Random, TlsIdentity } from '@keelson/service';
import { connectTcp, connectTls } from '@keelson/service/sockets';
import type { ObjectCollection } from '../registry/collection.js';
import { addressOf, type Kubelets } from '../streams/kubelets.js';
import { type PodHost, podHost } from '../streams/pod-target.js';
import { PortStream } from '../streams/port-stream.js';
import { type ProxyName, parseProxyName } from './proxy-name.js';

/** Where a request goes that is passed on. */
export interface ProxyTarget {
  /** For the Host header: the address and port as the cluster knows them. */
  readonly host: string;
  /** A new connection, over which HTTP/1.1 is spoken. */
  connect(): Duplex;
}

export interface ProxyTargetDependencies {
  readonly pods: ObjectCollection;
  readonly services: ObjectCollection;
  readonly endpointSlices: ObjectCollection;
  readonly nodes: ObjectCollection;
  readonly kubelets: Kubelets;
  readonly kubeletTls: TlsIdentity;
  readonly random: Random;
}

/** The port of a kubelet's HTTP: its own one speaks gRPC. */
export const STATUS_PORT = 'keelson.dev/status-port';
const SERVICE_NAME = 'kubernetes.io/service-name';

/** Finds where `proxy` of a pod, a service or a node leads. Throws what upstream answers where there is nothing. */
export async function proxyTarget(path: ResourcePath, dependencies: ProxyTargetDependencies): Promise<ProxyTarget> {
  const name = parseProxyName(path.name);
  if (name === undefined)
    throw apiErrors.badRequest(`invalid ${path.resource.slice(0, -1)} request ${JSON.stringify(path.name)}`);
  if (path.resource === 'pods') return podTarget(path.namespace, name, dependencies);
  return path.resource === 'services'
    ? serviceTarget(path.namespace, name, dependencies)
    : nodeTarget(name, dependencies);
}

async function podTarget(
  namespace: string,
  name: ProxyName,
  dependencies: ProxyTargetDependencies,
): Promise<ProxyTarget> {
  const host = await podHost(dependencies.pods, dependencies.kubelets, { namespace, name: name.name });
  const ports = (host.pod.spec?.containers ?? []).flatMap((it) => it.ports ?? []);
  const port = name.port === '' ? (ports[0]?.containerPort ?? (name.scheme === 'https' ? 443 : 80)) : Number(name.port);
  if (!isPort(port)) throw apiErrors.badRequest(`invalid pod request: port ${JSON.stringify(name.port)} is no number`);
  return inPod(host, port, name.scheme);
}

function inPod(host: PodHost, port: number, scheme: ProxyName['scheme']): ProxyTarget {
  const ip = host.pod.status?.podIP ?? '';
  const connect = () => encrypted(new PortStream(host, port), scheme);
  return { host: hostText(ip || (host.pod.metadata.name ?? ''), port), connect };
}

async function serviceTarget(
  namespace: string,
  name: ProxyName,
  dependencies: ProxyTargetDependencies,
): Promise<ProxyTarget> {
  const { services, endpointSlices, random } = dependencies;
  const { stored } = await services.read(namespace, name.name);
  if (stored === undefined) throw apiErrors.notFound(services.kind, name.name);
  const ports = (stored.object as Service).spec?.ports ?? [];
  const found =
    name.port === ''
      ? ports.length === 1
        ? ports[0]
        : ports.find((it) => !it.name)
      : ports.find((it) => it.name === name.port || String(it.port) === name.port);
  if (found === undefined && name.port !== '')
    throw unavailable(`no service port ${JSON.stringify(name.port)} found for service ${JSON.stringify(name.name)}`);
  const ready: { address: string; port: number; pod: string | undefined }[] = [];
  for (const { object } of endpointSlices.cache.list(`${namespace}/`)) {
    const { metadata, endpoints, ports: slicePorts } = object as EndpointSlice;
    if (metadata.labels?.[SERVICE_NAME] !== name.name) continue;
    const port = (slicePorts ?? []).find((it) => (it.name ?? '') === (found?.name ?? ''))?.port;
    if (port == null) continue;
    for (const { addresses, conditions, targetRef } of endpoints ?? []) {
      if (conditions?.ready === false || addresses?.[0] === undefined) continue;
      ready.push({ address: addresses[0], port, pod: targetRef?.kind === 'Pod' ? targetRef.name : undefined });
    }
  }
  const chosen = ready[random.integer(Math.max(1, ready.length))];
  if (chosen === undefined) throw unavailable(`no endpoints available for service ${JSON.stringify(name.name)}`);
  const { address, port, pod } = chosen;
  if (pod === undefined) return direct(address, port, name.scheme);
  return inPod(await podHost(dependencies.pods, dependencies.kubelets, { namespace, name: pod }), port, name.scheme);
}

async function nodeTarget(name: ProxyName, dependencies: ProxyTargetDependencies): Promise<ProxyTarget> {
  const { nodes, kubeletTls } = dependencies;
  const { stored } = await nodes.read('', name.name);
  if (stored === undefined) throw apiErrors.notFound(nodes.kind, name.name);
  const node = stored.object as Node;
  const own = node.metadata.annotations?.[STATUS_PORT];
  const port = Number(name.port === '' ? own : name.port);
  if (!isPort(port))
    throw apiErrors.badRequest(
      name.port === ''
        ? `node ${JSON.stringify(name.name)} does not say at which port its kubelet speaks HTTP: name one, as ${name.name}:10250`
        : `invalid node request: port ${JSON.stringify(name.port)} is no number`,
    );
  const address = addressOf(node)
    .replace(/:\d+$/, '')
    .replace(/^\[|\]$/g, '');
  if (String(port) !== own) return direct(address, port, name.scheme);
  // Its certificate must carry the node's name: addresses are shared.
  const connect = () => connectTls({ host: address, port, servername: name.name, ...kubeletTls });
  return { host: hostText(address, port), connect };
}

function direct(address: string, port: number, scheme: ProxyName['scheme']): ProxyTarget {
  return { host: hostText(address, port), connect: () => encrypted(connectTcp({ host: address, port }), scheme) };
}

/** Whose certificate it is is not asked, as upstream does not: the address is the cluster's own word. */
function encrypted(stream: Duplex, scheme: ProxyName['scheme']): Duplex {
  return scheme === 'https' ? connectTls({ socket: stream, rejectUnauthorized: false }) : stream;
}

function hostText(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65_535;
}

function unavailable(message: string): ApiError {
  return new ApiError({ code: 503, reason: 'ServiceUnavailable', message });
}
