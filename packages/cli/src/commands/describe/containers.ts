import type { Container, ContainerState, ContainerStatus, EnvVar, Pod, Probe } from '@keelson/api';
import type { Description } from './description.js';
import { sortedPairs, timeText } from './metadata.js';

/** The containers of a pod, or of a template, which has no status and indents by one more space. */
export function containers(
  out: Description,
  title: string,
  list: readonly Container[],
  options: {
    readonly level: number;
    readonly statuses?: readonly ContainerStatus[];
    readonly pod?: Pod;
    readonly isTemplate?: boolean;
  },
): void {
  if (list.length === 0) {
    if (options.isTemplate !== true) out.field(title, '<none>', options.level);
    else out.line(`${title}: <none>`, options.level);
    return;
  }
  out.line(`${title}:`, options.level);
  const space = options.isTemplate === true ? ' '.repeat(options.level * 2 + 1) : '  ';
  for (const container of list) {
    const status = options.statuses?.find((it) => it.name === container.name);
    const put = (text: string) => out.line(`    ${text}`);
    out.line(`${space}${container.name}:`);
    basics(put, container, status);
    command(put, container);
    if (status !== undefined) {
      state(put, 'State', status.state);
      if (status.lastState !== undefined && Object.keys(status.lastState).length > 0)
        state(put, 'Last State', status.lastState);
      put(`Ready:\t${status.ready ? 'True' : 'False'}`);
      put(`Restart Count:\t${status.restartCount}`);
    }
    quantities(put, 'Limits', container.resources?.limits);
    quantities(put, 'Requests', container.resources?.requests);
    for (const [name, probe] of [
      ['Liveness', container.livenessProbe],
      ['Readiness', container.readinessProbe],
      ['Startup', container.startupProbe],
    ] as const) {
      if (probe !== undefined) put(`${name}:\t${probeText(probe)}`);
    }
    environment(put, container, options.pod);
    mounts(put, container);
  }
}

type Put = (text: string) => void;

function basics(put: Put, container: Container, status: ContainerStatus | undefined): void {
  if (status !== undefined) put(`Container ID:\t${status.containerID ?? ''}`);
  put(`Image:\t${container.image ?? ''}`);
  if (status !== undefined) put(`Image ID:\t${status.imageID ?? ''}`);
  const ports = container.ports ?? [];
  const plural = ports.length > 1 ? 's' : '';
  const text = (pick: (port: (typeof ports)[number]) => number) =>
    ports.map((port) => `${pick(port)}/${port.protocol ?? 'TCP'}`).join(', ') || '<none>';
  put(`Port${plural}:\t${text((port) => port.containerPort ?? 0)}`);
  put(`Host Port${plural}:\t${text((port) => port.hostPort ?? 0)}`);
}

function command(put: Put, container: Container): void {
  for (const [title, words] of [
    ['Command', container.command],
    ['Args', container.args],
  ] as const) {
    if (words === undefined || words.length === 0) continue;
    put(`${title}:`);
    for (const word of words) for (const line of word.split('\n')) put(`  ${line}`);
  }
}

function state(put: Put, title: string, it: ContainerState | undefined): void {
  if (it?.running !== undefined) {
    put(`${title}:\tRunning`);
    put(`  Started:\t${timeText(it.running.startedAt)}`);
  } else if (it?.waiting !== undefined) {
    put(`${title}:\tWaiting`);
    if (it.waiting.reason) put(`  Reason:\t${it.waiting.reason}`);
  } else if (it?.terminated !== undefined) {
    const { reason, message, exitCode, signal, startedAt, finishedAt } = it.terminated;
    put(`${title}:\tTerminated`);
    if (reason) put(`  Reason:\t${reason}`);
    if (message) put(`  Message:\t${message}`);
    put(`  Exit Code:\t${exitCode}`);
    if (signal) put(`  Signal:\t${signal}`);
    put(`  Started:\t${timeText(startedAt)}`);
    put(`  Finished:\t${timeText(finishedAt)}`);
  } else put(`${title}:\tWaiting`);
}

function quantities(put: Put, title: string, map: Readonly<Record<string, unknown>> | undefined): void {
  const pairs = sortedPairs(map as Record<string, string> | undefined);
  if (pairs.length === 0) return;
  put(`${title}:`);
  for (const [name, value] of pairs) put(`  ${name}:\t${value}`);
}

export function probeText(probe: Probe): string {
  const {
    initialDelaySeconds = 0,
    timeoutSeconds = 1,
    periodSeconds = 10,
    successThreshold = 1,
    failureThreshold = 3,
  } = probe;
  const times = `delay=${initialDelaySeconds}s timeout=${timeoutSeconds}s period=${periodSeconds}s #success=${successThreshold} #failure=${failureThreshold}`;
  return `${actionText(probe)} ${times}`;
}

function actionText({ exec, httpGet, tcpSocket, grpc }: Probe): string {
  if (exec !== undefined) return `exec [${(exec.command ?? []).join(' ')}]`;
  if (httpGet !== undefined) {
    const { scheme = 'HTTP', host = '', port = '', path = '' } = httpGet;
    return `http-get ${scheme.toLowerCase()}://${host}:${port}${path.startsWith('/') ? path : `/${path}`}`;
  }
  if (tcpSocket !== undefined) return `tcp-socket ${tcpSocket.host ?? ''}:${tcpSocket.port}`;
  return grpc === undefined ? 'unknown' : `grpc <pod>:${grpc.port} ${grpc.service ?? ''}`;
}

function environment(put: Put, container: Container, pod: Pod | undefined): void {
  for (const { prefix, configMapRef, secretRef } of container.envFrom ?? []) {
    const ref = configMapRef ?? secretRef;
    const from = configMapRef !== undefined ? 'ConfigMap' : 'Secret';
    put('Environment Variables from:');
    put(`  ${ref?.name}\t${from}${prefix ? ` with prefix '${prefix}'` : ''}\tOptional: ${ref?.optional ?? false}`);
  }
  const list = container.env ?? [];
  put(list.length === 0 ? 'Environment:\t<none>' : 'Environment:');
  for (const variable of list) put(`  ${variable.name}:\t${variableText(variable, pod)}`);
}

function variableText({ value = '', valueFrom }: EnvVar, pod: Pod | undefined): string {
  if (valueFrom === undefined) return value;
  const { fieldRef, resourceFieldRef, secretKeyRef, configMapKeyRef } = valueFrom;
  if (fieldRef !== undefined) {
    const known =
      fieldRef.fieldPath === 'metadata.name'
        ? pod?.metadata.name
        : fieldRef.fieldPath === 'metadata.namespace'
          ? pod?.metadata.namespace
          : '';
    return `${known ?? ''} (${fieldRef.apiVersion ?? 'v1'}:${fieldRef.fieldPath})`;
  }
  if (resourceFieldRef !== undefined) return `(${resourceFieldRef.resource})`;
  if (secretKeyRef !== undefined)
    return `<set to the key '${secretKeyRef.key}' in secret '${secretKeyRef.name}'>\tOptional: ${secretKeyRef.optional ?? false}`;
  return `<set to the key '${configMapKeyRef?.key}' of config map '${configMapKeyRef?.name}'>\tOptional: ${configMapKeyRef?.optional ?? false}`;
}

function mounts(put: Put, container: Container): void {
  const list = [...(container.volumeMounts ?? [])].sort((a, b) => ((a.mountPath ?? '') < (b.mountPath ?? '') ? -1 : 1));
  put(list.length === 0 ? 'Mounts:\t<none>' : 'Mounts:');
  for (const { name, mountPath, readOnly, subPath } of list) {
    const flags = [readOnly ? 'ro' : 'rw', ...(subPath ? [`path="${subPath}"`] : [])];
    put(`  ${mountPath} from ${name} (${flags.join(',')})`);
  }
}
