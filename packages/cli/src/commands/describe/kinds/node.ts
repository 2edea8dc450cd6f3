import {
  addQuantities,
  age,
  canonicalQuantity,
  type Lease,
  type Node,
  type Pod,
  quantityMilliValue,
  quantityValue,
} from '@keelson/api';
import { resources } from '@keelson/client';
import type { Describer } from '../describer.js';
import type { Description } from '../description.js';
import { annotations, labels, sortedPairs, timeText } from '../metadata.js';

const ROLE = 'node-role.kubernetes.io/';

export const describeNode: Describer<Node> = async (out, node, { cluster, now }) => {
  const { metadata, spec, status } = node;
  const name = metadata.name ?? '';
  const roles = Object.keys(metadata.labels ?? {})
    .filter((key) => key.startsWith(ROLE))
    .map((key) => key.slice(ROLE.length));
  out.field('Name', name).field('Roles', roles.sort().join(',') || '<none>');
  labels(out, metadata.labels);
  annotations(out, metadata.annotations);
  out.field('CreationTimestamp', timeText(metadata.creationTimestamp));
  out.list(
    'Taints',
    (spec?.taints ?? []).map((it) => `${it.key}${it.value ? `=${it.value}` : ''}:${it.effect}`),
  );
  out.field('Unschedulable', spec?.unschedulable ?? false);
  lease(out, await cluster.client.get(resources.leases, { namespace: 'kube-node-lease', name }).catch(() => undefined));
  conditions(out, node);
  out.line('Addresses:');
  for (const { type, address } of status?.addresses ?? []) out.field(type ?? '', address, 1);
  quantities(out, 'Capacity', status?.capacity);
  quantities(out, 'Allocatable', status?.allocatable);
  systemInfo(out, node);
  const fieldSelector = `spec.nodeName=${name},status.phase!=Succeeded,status.phase!=Failed`;
  const { items } = await cluster.client.list(resources.pods, { fieldSelector });
  pods(out, items, node, now);
};

function lease(out: Description, it: Lease | undefined): void {
  out.line('Lease:');
  out.field('HolderIdentity', it?.spec?.holderIdentity ?? '<unset>', 1);
  out.field('AcquireTime', timeText(it?.spec?.acquireTime), 1);
  out.field('RenewTime', timeText(it?.spec?.renewTime), 1);
}

function conditions(out: Description, { status }: Node): void {
  const header = ['Type', 'Status', 'LastHeartbeatTime', 'LastTransitionTime', 'Reason', 'Message'];
  const rows = (status?.conditions ?? []).map((it) => [
    `${it.type} `,
    `${it.status} `,
    `${timeText(it.lastHeartbeatTime)} `,
    `${timeText(it.lastTransitionTime)} `,
    `${it.reason ?? ''} `,
    it.message ?? '',
  ]);
  if (rows.length > 0) out.line('Conditions:').rows(header, rows);
}

function quantities(out: Description, title: string, map: Readonly<Record<string, unknown>> | undefined): void {
  const pairs = sortedPairs(map as Record<string, string> | undefined);
  if (pairs.length === 0) return;
  out.line(`${title}:`);
  for (const [name, value] of pairs) out.field(name, value, 1);
}

function systemInfo(out: Description, { status, spec }: Node): void {
  const info = status?.nodeInfo;
  out.line('System Info:');
  const fields = {
    'Machine ID': info?.machineID,
    'System UUID': info?.systemUUID,
    'Boot ID': info?.bootID,
    'Kernel Version': info?.kernelVersion,
    'OS Image': info?.osImage,
    'Operating System': info?.operatingSystem,
    Architecture: info?.architecture,
    'Container Runtime Version': info?.containerRuntimeVersion,
    'Kubelet Version': info?.kubeletVersion,
    'Kube-Proxy Version': info?.kubeProxyVersion,
  };
  for (const [name, value] of Object.entries(fields)) out.field(name, value ?? '', 1);
  if (spec?.podCIDR) out.field('PodCIDR', spec.podCIDR);
  if ((spec?.podCIDRs ?? []).length > 0) out.field('PodCIDRs', spec?.podCIDRs?.join(','));
  if (spec?.providerID) out.field('ProviderID', spec.providerID);
}

type Amounts = Record<string, string>;

/** What a pod asks for, or is limited to: its containers' sum, or the most that one init container needs. */
export function podAmounts({ spec }: Pod, which: 'requests' | 'limits'): Amounts {
  const total: Amounts = {};
  for (const container of spec?.containers ?? []) addAll(total, container.resources?.[which]);
  for (const container of spec?.initContainers ?? []) {
    for (const [name, value] of Object.entries((container.resources?.[which] ?? {}) as Amounts)) {
      if (container.restartPolicy === 'Always') addAll(total, { [name]: value });
      else if (total[name] === undefined || quantityValue(value) > quantityValue(total[name])) total[name] = value;
    }
  }
  return total;
}

function addAll(total: Amounts, more: object | undefined): void {
  for (const [name, value] of Object.entries((more ?? {}) as Amounts)) {
    total[name] = total[name] === undefined ? canonicalQuantity(value) : addQuantities(total[name], value);
  }
}

function pods(out: Description, list: readonly Pod[], { status }: Node, now: Date): void {
  const allocatable = (status?.allocatable ?? status?.capacity ?? {}) as Amounts;
  const amount = (amounts: Amounts, name: string) =>
    `${amounts[name] ?? '0'} (${percent(name, amounts[name], allocatable[name])}%)`;
  out.field('Non-terminated Pods', `(${list.length} in total)`);
  const rows = list.map((pod) => {
    const [requests, limits] = [podAmounts(pod, 'requests'), podAmounts(pod, 'limits')];
    const cells = [
      amount(requests, 'cpu'),
      amount(limits, 'cpu'),
      amount(requests, 'memory'),
      amount(limits, 'memory'),
    ];
    return [
      pod.metadata.namespace ?? '',
      pod.metadata.name ?? '',
      '',
      ...cells,
      age(pod.metadata.creationTimestamp, now),
    ];
  });
  out.rows(['Namespace', 'Name', '', 'CPU Requests', 'CPU Limits', 'Memory Requests', 'Memory Limits', 'Age'], rows);
  const [requests, limits]: [Amounts, Amounts] = [{}, {}];
  for (const pod of list) {
    addAll(requests, podAmounts(pod, 'requests'));
    addAll(limits, podAmounts(pod, 'limits'));
  }
  out.line('Allocated resources:').line('(Total limits may be over 100 percent, i.e., overcommitted.)', 1);
  const names = ['cpu', 'memory', 'ephemeral-storage'];
  const extra = Object.keys(allocatable)
    .filter((name) => name.includes('/') || name.startsWith('hugepages-'))
    .sort();
  const shown = [
    ...names.map((name) => [name, amount(requests, name), amount(limits, name)]),
    ...extra.map((name) => [name, requests[name] ?? '0', limits[name] ?? '0']),
  ];
  out.rows(['Resource', 'Requests', 'Limits'], shown);
}

function percent(name: string, used: string | undefined, of: string | undefined): number {
  if (used === undefined || of === undefined) return 0;
  const value = name === 'cpu' ? quantityMilliValue : quantityValue;
  const whole = value(of);
  return whole === 0 ? 0 : Math.floor((value(used) / whole) * 100);
}
