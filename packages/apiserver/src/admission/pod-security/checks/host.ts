import type { LifecycleHandler, Probe } from '@keelson/api';
import { containersOf, counted, namesOf, offenders, type PodCheck, quoted, sortedSet } from '../check.js';

const NAMESPACES = ['hostNetwork', 'hostPID', 'hostIPC'] as const;

export const hostNamespaces: PodCheck = {
  id: 'hostNamespaces',
  level: 'baseline',
  versions: [
    {
      since: 0,
      rule({ spec }) {
        const shared = NAMESPACES.filter((field) => spec[field] === true).map((field) => `${field}=true`);
        return shared.length === 0 ? undefined : { reason: 'host namespaces', detail: shared.join(', ') };
      },
    },
  ],
};

export const hostPathVolumes: PodCheck = {
  id: 'hostPathVolumes',
  level: 'baseline',
  versions: [
    {
      since: 0,
      rule({ spec }) {
        const bad = (spec.volumes ?? []).filter(({ hostPath }) => hostPath != null).map(({ name = '' }) => name);
        return bad.length === 0 ? undefined : { reason: 'hostPath volumes', detail: counted('volume', bad) };
      },
    },
  ],
};

export const hostPorts: PodCheck = {
  id: 'hostPorts',
  level: 'baseline',
  versions: [
    {
      since: 0,
      rule(pod) {
        const portsOf = (ports: readonly { hostPort?: number | undefined }[] = []) =>
          ports.flatMap(({ hostPort }) => (hostPort ? [String(hostPort)] : []));
        const bad = offenders(pod, ({ ports }) => portsOf(ports).length > 0);
        if (bad.length === 0) return undefined;
        const ports = sortedSet(containersOf(pod).flatMap((it) => portsOf(it.ports)));
        const what = ports.length === 1 ? 'hostPort' : 'hostPorts';
        const detail = `${counted('container', bad)} ${bad.length === 1 ? 'uses' : 'use'} ${what} ${ports.join(', ')}`;
        return { reason: 'hostPort', detail };
      },
    },
  ],
};

type Handler = Pick<Probe, 'httpGet' | 'tcpSocket'> | Pick<LifecycleHandler, 'httpGet' | 'tcpSocket'> | undefined;

/** Probes and handlers that are pointed at another host would be a way to it from the node. */
export const hostProbes: PodCheck = {
  id: 'hostProbesAndHostLifecycle',
  level: 'baseline',
  versions: [
    {
      since: 34,
      rule(pod) {
        const found = containersOf(pod).map((container) => {
          const { livenessProbe, readinessProbe, startupProbe, lifecycle } = container;
          const handlers: Handler[] = [
            ...[livenessProbe, readinessProbe, startupProbe],
            ...[lifecycle?.postStart, lifecycle?.preStop],
          ];
          const hosts = handlers.flatMap((it) => [it?.httpGet?.host, it?.tcpSocket?.host]).filter((it) => !!it);
          return { container, hosts: hosts as string[] };
        });
        const bad = sortedSet(namesOf(found.filter(({ hosts }) => hosts.length > 0).map((it) => it.container)));
        if (bad.length === 0) return undefined;
        const hosts = sortedSet(found.flatMap((it) => it.hosts));
        const reason = 'probe or lifecycle host';
        const what = hosts.length === 1 ? reason : `${reason}s`;
        const detail = `${counted('container', bad)} ${bad.length === 1 ? 'uses' : 'use'} ${what} ${quoted(hosts)}`;
        return { reason, detail };
      },
    },
  ],
};
