import {
  type ConfigMap,
  type Container,
  type EnvVar,
  type Pod,
  quantityMilliValue,
  quantityValue,
  type Secret,
  type Service,
} from '@keelson/api';
import type { ReferencedObjects } from './referenced-objects.js';

/** A container cannot be made as its pod describes it; waiting reason CreateContainerConfigError. */
export class ContainerConfigError extends Error {
  override name = 'ContainerConfigError';
}

export interface EnvFacts {
  podIP: string;
  hostIP: string;
  nodeName: string;
  /** Stands in for limits that a container does not set. */
  nodeAllocatable: Record<string, string>;
  services: readonly Service[];
}

/** A container's environment: services, then envFrom, then env, each over the one before. */
export async function containerEnv(
  pod: Pod,
  container: Container,
  objects: ReferencedObjects,
  facts: EnvFacts,
): Promise<Map<string, string>> {
  const env = new Map<string, string>();
  const services = serviceEnv(pod, facts.services);
  for (const source of container.envFrom ?? []) {
    const prefix = source.prefix ?? '';
    for (const [key, value] of await sourceEntries(pod, source, objects)) env.set(`${prefix}${key}`, value);
  }
  for (const variable of container.env ?? []) {
    const value = await variableValue(
      pod,
      container,
      variable,
      objects,
      facts,
      (name) => env.get(name) ?? services.get(name),
    );
    if (value !== undefined) env.set(variable.name ?? '', value);
  }
  return new Map([...services, ...env]);
}

async function sourceEntries(
  pod: Pod,
  source: NonNullable<Container['envFrom']>[number],
  objects: ReferencedObjects,
): Promise<[string, string][]> {
  const namespace = pod.metadata.namespace ?? '';
  if (source.configMapRef !== undefined) {
    const { name = '', optional } = source.configMapRef;
    const found = await objects.configMap(namespace, name);
    if (found === undefined && !optional) throw new ContainerConfigError(`configmap "${name}" not found`);
    return Object.entries(found?.data ?? {});
  }
  if (source.secretRef !== undefined) {
    const { name = '', optional } = source.secretRef;
    const found = await objects.secret(namespace, name);
    if (found === undefined && !optional) throw new ContainerConfigError(`secret "${name}" not found`);
    return Object.entries(found?.data ?? {}).map(([key, value]) => [key, fromBase64(value)]);
  }
  return [];
}

async function variableValue(
  pod: Pod,
  container: Container,
  variable: EnvVar,
  objects: ReferencedObjects,
  facts: EnvFacts,
  known: (name: string) => string | undefined,
): Promise<string | undefined> {
  const { value, valueFrom } = variable;
  if (valueFrom === undefined) return expand(value ?? '', known);
  const namespace = pod.metadata.namespace ?? '';
  if (valueFrom.fieldRef !== undefined) return fieldValue(pod, valueFrom.fieldRef.fieldPath ?? '', facts);
  if (valueFrom.resourceFieldRef !== undefined) {
    return resourceValue(pod, container, valueFrom.resourceFieldRef, facts.nodeAllocatable);
  }
  if (valueFrom.configMapKeyRef !== undefined) {
    const { name = '', key = '', optional = false } = valueFrom.configMapKeyRef;
    const found = await objects.configMap(namespace, name);
    return keyOf('configmap', namespace, name, key, optional, found, configMapKey(found, key));
  }
  if (valueFrom.secretKeyRef !== undefined) {
    const { name = '', key = '', optional = false } = valueFrom.secretKeyRef;
    const found = await objects.secret(namespace, name);
    const encoded = found?.data?.[key];
    return keyOf(
      'secret',
      namespace,
      name,
      key,
      optional,
      found,
      encoded === undefined ? undefined : fromBase64(encoded),
    );
  }
  return undefined;
}

function keyOf(
  kind: string,
  namespace: string,
  name: string,
  key: string,
  optional: boolean,
  found: ConfigMap | Secret | undefined,
  value: string | undefined,
): string | undefined {
  if (value !== undefined || optional) return value;
  if (found === undefined) throw new ContainerConfigError(`${kind} "${name}" not found`);
  const title = kind === 'secret' ? 'Secret' : 'ConfigMap';
  throw new ContainerConfigError(`couldn't find key ${key} in ${title} ${namespace}/${name}`);
}

function configMapKey(found: ConfigMap | undefined, key: string): string | undefined {
  const binary = found?.binaryData?.[key];
  return found?.data?.[key] ?? (binary === undefined ? undefined : fromBase64(binary));
}

function fromBase64(text: string): string {
  return Buffer.from(text, 'base64').toString();
}

/** Replaces `$(NAME)` where the name is known; `$$(NAME)` stands for itself. */
export function expand(text: string, known: (name: string) => string | undefined): string {
  return text.replace(/\$(\$|\(([^()]*)\))/g, (whole, inner: string, name: string | undefined) =>
    inner === '$' ? '$' : (known(name ?? '') ?? whole),
  );
}

/** A field of the pod as the downward API gives it. */
export function fieldValue(pod: Pod, path: string, facts: Pick<EnvFacts, 'podIP' | 'hostIP' | 'nodeName'>): string {
  const { metadata, spec } = pod;
  const simple: Record<string, string | undefined> = {
    'metadata.name': metadata.name,
    'metadata.namespace': metadata.namespace,
    'metadata.uid': metadata.uid,
    'spec.nodeName': spec?.nodeName ?? facts.nodeName,
    'spec.serviceAccountName': spec?.serviceAccountName,
    'status.podIP': facts.podIP,
    'status.podIPs': facts.podIP,
    'status.hostIP': facts.hostIP,
    'status.hostIPs': facts.hostIP,
    'metadata.labels': mapText(metadata.labels),
    'metadata.annotations': mapText(metadata.annotations),
  };
  if (path in simple) return simple[path] ?? '';
  const entry = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path);
  if (entry === null) throw new ContainerConfigError(`unsupported fieldPath: ${path}`);
  return metadata[entry[1] as 'labels' | 'annotations']?.[entry[2] ?? ''] ?? '';
}

function mapText(map: Record<string, string> | undefined): string {
  return Object.entries(map ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join('\n');
}

/** A container's request or limit in units of the divisor, rounded up; an unset limit is what the node has. */
export function resourceValue(
  pod: Pod,
  container: Container,
  ref: { containerName?: string | undefined; resource?: string | undefined; divisor?: string | undefined },
  allocatable: Record<string, string>,
): string {
  const all = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
  const target = ref.containerName ? all.find(({ name }) => name === ref.containerName) : container;
  const [kind = '', ...rest] = (ref.resource ?? '').split('.');
  const resource = rest.join('.');
  const own = target?.resources?.[kind as 'limits' | 'requests']?.[resource];
  const amount =
    own ?? (kind === 'limits' ? allocatable[resource] : (target?.resources?.limits?.[resource] ?? '0')) ?? '0';
  const divisor = ref.divisor === undefined || ref.divisor === '' || ref.divisor === '0' ? '1' : ref.divisor;
  if (resource === 'cpu') return String(Math.ceil(quantityMilliValue(amount) / quantityMilliValue(divisor)));
  return String(Math.ceil(quantityValue(amount) / quantityValue(divisor)));
}

/** Docker-link variables of the services of the pod's namespace, and of `kubernetes` always. */
function serviceEnv(pod: Pod, services: readonly Service[]): Map<string, string> {
  const env = new Map<string, string>();
  const wanted = services.filter(({ metadata }) => {
    if (metadata.namespace === 'default' && metadata.name === 'kubernetes') return true;
    return pod.spec?.enableServiceLinks !== false && metadata.namespace === pod.metadata.namespace;
  });
  for (const { metadata, spec } of wanted) {
    const ip = spec?.clusterIP ?? '';
    const ports = spec?.ports ?? [];
    if (ip === '' || ip === 'None' || ports.length === 0) continue;
    const prefix = (metadata.name ?? '').toUpperCase().replaceAll('-', '_');
    env.set(`${prefix}_SERVICE_HOST`, ip);
    env.set(`${prefix}_SERVICE_PORT`, String(ports[0]?.port));
    for (const { name } of ports.filter((port) => port.name)) {
      const port = ports.find((it) => it.name === name)?.port;
      env.set(`${prefix}_SERVICE_PORT_${(name ?? '').toUpperCase().replaceAll('-', '_')}`, String(port));
    }
    for (const [index, { port, protocol = 'TCP' }] of ports.entries()) {
      const lower = protocol.toLowerCase();
      const url = `${lower}://${ip}:${port}`;
      const base = `${prefix}_PORT_${port}_${protocol}`;
      if (index === 0) env.set(`${prefix}_PORT`, url);
      env.set(base, url).set(`${base}_PROTO`, lower).set(`${base}_PORT`, String(port)).set(`${base}_ADDR`, ip);
    }
  }
  return env;
}
