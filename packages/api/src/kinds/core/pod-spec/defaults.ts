/** Defaults of pods and pod templates, after upstream's pkg/apis/core/v1/defaults.go. */
import type {
  Container,
  EphemeralContainer,
  HTTPGetAction,
  LifecycleHandler,
  Pod,
  PodSpec,
  Probe,
  ResourceRequirements,
  Volume,
} from '../../../gen/types.js';
import { roundUpToMilli } from '../../../quantity.js';
import { defaultClaimSpec } from '../volumes/data-source.js';
import { defaultVolumeSource } from '../volumes/defaults.js';
import { imageTag } from './image-reference.js';

const MODE = 0o644;

/** What holds for pods and for templates of pods alike. */
export function defaultPodSpec(spec: PodSpec): void {
  spec.dnsPolicy ??= 'ClusterFirst';
  spec.restartPolicy ??= 'Always';
  spec.securityContext ??= {};
  spec.terminationGracePeriodSeconds ??= 30;
  spec.schedulerName ??= 'default-scheduler';
  keepServiceAccountTwins(spec);
  roundResources(spec.resources);
  roundList(spec.overhead);
  for (const container of allContainers(spec)) defaultContainer(container);
  for (const volume of spec.volumes ?? []) defaultVolume(volume);
}

/** What holds for pods only. */
export function defaultPod({ spec, status }: Pod): void {
  // `podIP` is the first of `podIPs`, and wins where they differ.
  if (status?.podIP !== undefined && status.podIPs?.[0]?.ip !== status.podIP) status.podIPs = [{ ip: status.podIP }];
  if (spec === undefined) return;
  defaultPodSpec(spec);
  spec.enableServiceLinks ??= true;
  if (spec.hostNetwork === true) defaultHostPorts(spec);
  for (const container of [...(spec.containers ?? []), ...(spec.initContainers ?? [])]) {
    requestsFromLimits(container.resources);
  }
  if (spec.resources !== undefined) defaultPodLevelResources(spec);
}

/** `serviceAccount` is the old name of `serviceAccountName`; both are always written. */
function keepServiceAccountTwins(spec: PodSpec): void {
  const name = spec.serviceAccountName ?? spec.serviceAccount;
  if (name === undefined || name === '') return;
  spec.serviceAccountName = name;
  spec.serviceAccount = name;
}

function allContainers(spec: PodSpec): (Container | EphemeralContainer)[] {
  return [...(spec.initContainers ?? []), ...(spec.containers ?? []), ...(spec.ephemeralContainers ?? [])];
}

function defaultContainer(container: Container): void {
  container.imagePullPolicy ??= imageTag(container.image ?? '') === 'latest' ? 'Always' : 'IfNotPresent';
  container.terminationMessagePath ??= '/dev/termination-log';
  container.terminationMessagePolicy ??= 'File';
  roundResources(container.resources);
  for (const port of container.ports ?? []) port.protocol ??= 'TCP';
  for (const { valueFrom } of container.env ?? []) {
    if (valueFrom?.fieldRef !== undefined) valueFrom.fieldRef.apiVersion ??= 'v1';
    if (valueFrom?.resourceFieldRef !== undefined) valueFrom.resourceFieldRef.divisor ??= '0';
    if (valueFrom?.fileKeyRef !== undefined) valueFrom.fileKeyRef.optional ??= false;
  }
  for (const probe of [container.livenessProbe, container.readinessProbe, container.startupProbe]) {
    if (probe !== undefined) defaultProbe(probe);
  }
  defaultHandler(container.lifecycle?.postStart);
  defaultHandler(container.lifecycle?.preStop);
  if (container.securityContext !== undefined && container.securityContext.procMount === '') {
    delete container.securityContext.procMount;
  }
}

function defaultProbe(probe: Probe): void {
  probe.timeoutSeconds ??= 1;
  probe.periodSeconds ??= 10;
  probe.successThreshold ??= 1;
  probe.failureThreshold ??= 3;
  if (probe.grpc !== undefined) probe.grpc.service ??= '';
  defaultHttpGet(probe.httpGet);
}

function defaultHandler(handler: LifecycleHandler | undefined): void {
  defaultHttpGet(handler?.httpGet);
}

function defaultHttpGet(action: HTTPGetAction | undefined): void {
  if (action === undefined) return;
  action.path ??= '/';
  action.scheme ??= 'HTTP';
}

function defaultHostPorts(spec: PodSpec): void {
  for (const container of [...(spec.containers ?? []), ...(spec.initContainers ?? [])]) {
    for (const port of container.ports ?? []) port.hostPort ??= port.containerPort;
  }
}

function requestsFromLimits(resources: ResourceRequirements | undefined): void {
  if (resources?.limits === undefined) return;
  resources.requests = { ...resources.limits, ...resources.requests };
}

function roundResources(resources: ResourceRequirements | undefined): void {
  for (const list of [resources?.limits, resources?.requests]) roundList(list);
}

/** Resources are counted in thousandths at the finest. */
export function roundList(list: Record<string, string> | undefined): void {
  for (const [name, quantity] of Object.entries(list ?? {})) {
    if (list !== undefined) list[name] = roundUpToMilli(quantity);
  }
}

const POD_LEVEL = /^(cpu|memory|hugepages-.+)$/;

/** Requests of the pod as a whole: its own limits where no container asks for the resource. */
function defaultPodLevelResources(spec: PodSpec): void {
  const { limits } = spec.resources ?? {};
  if (spec.resources === undefined || limits === undefined) return;
  const requests: Record<string, string> = { ...spec.resources.requests };
  const asked = new Set((spec.containers ?? []).flatMap((it) => Object.keys(it.resources?.requests ?? {})));
  for (const [name, quantity] of Object.entries(limits)) {
    if (POD_LEVEL.test(name) && requests[name] === undefined && !asked.has(name)) requests[name] = quantity;
  }
  if (Object.keys(requests).length > 0) spec.resources.requests = requests;
}

function defaultVolume(volume: Volume): void {
  if (Object.keys(volume).every((field) => field === 'name')) volume.emptyDir = {};
  if (volume.secret !== undefined) volume.secret.defaultMode ??= MODE;
  if (volume.configMap !== undefined) volume.configMap.defaultMode ??= MODE;
  if (volume.ephemeral?.volumeClaimTemplate?.spec !== undefined) {
    defaultClaimSpec(volume.ephemeral.volumeClaimTemplate.spec);
  }
  defaultItems(volume);
  defaultVolumeSource(volume);
}

function defaultItems({ downwardAPI, projected, image }: Volume): void {
  if (downwardAPI !== undefined) downwardAPI.defaultMode ??= MODE;
  if (projected !== undefined) projected.defaultMode ??= MODE;
  for (const source of projected?.sources ?? []) {
    if (source.serviceAccountToken !== undefined) source.serviceAccountToken.expirationSeconds ??= 3600;
  }
  const items = [downwardAPI, ...(projected?.sources ?? []).map((source) => source.downwardAPI)];
  for (const item of items.flatMap((it) => it?.items ?? [])) {
    if (item.fieldRef !== undefined) item.fieldRef.apiVersion ??= 'v1';
    if (item.resourceFieldRef !== undefined) item.resourceFieldRef.divisor ??= '0';
  }
  if (image !== undefined)
    image.pullPolicy ??= imageTag(image.reference ?? '') === 'latest' ? 'Always' : 'IfNotPresent';
}
