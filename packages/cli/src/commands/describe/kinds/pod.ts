import type { Pod } from '@keelson/api';
import { containers } from '../containers.js';
import type { Describer } from '../describer.js';
import type { Description } from '../description.js';
import { annotations, controlledBy, labels, pairTexts, timeText } from '../metadata.js';
import { tolerationTexts, volumes } from '../pod-parts.js';

export const describePod: Describer<Pod> = (out, pod) => {
  const { metadata, spec, status } = pod;
  out.field('Name', metadata.name).field('Namespace', metadata.namespace);
  if (spec?.priority !== undefined) out.field('Priority', spec.priority);
  if (spec?.priorityClassName) out.field('Priority Class Name', spec.priorityClassName);
  if (spec?.runtimeClassName) out.field('Runtime Class Name', spec.runtimeClassName);
  if (spec?.serviceAccountName) out.field('Service Account', spec.serviceAccountName);
  out.field('Node', spec?.nodeName ? `${spec.nodeName}/${status?.hostIP ?? ''}` : '<none>');
  if (status?.startTime) out.field('Start Time', timeText(status.startTime));
  labels(out, metadata.labels);
  annotations(out, metadata.annotations);
  phase(out, pod);
  out.field('IP', status?.podIP ?? '');
  const ips = status?.podIPs ?? [];
  if (ips.length === 0) out.field('IPs', '<none>');
  else {
    out.line('IPs:');
    for (const { ip } of ips) out.field('IP', ip, 1);
  }
  controlledBy(out, pod);
  if (status?.nominatedNodeName) out.field('NominatedNodeName', status.nominatedNodeName);
  const inits = spec?.initContainers ?? [];
  if (inits.length > 0)
    containers(out, 'Init Containers', inits, { level: 0, statuses: status?.initContainerStatuses ?? [], pod });
  containers(out, 'Containers', spec?.containers ?? [], { level: 0, statuses: status?.containerStatuses ?? [], pod });
  conditions(out, pod);
  volumes(out, spec?.volumes, 0, '  ');
  if (status?.qosClass) out.field('QoS Class', status.qosClass);
  out.list('Node-Selectors', pairTexts(spec?.nodeSelector));
  out.list('Tolerations', tolerationTexts(spec?.tolerations));
};

function phase(out: Description, { metadata, spec, status }: Pod): void {
  if (metadata.deletionTimestamp) {
    out.field('Status', `Terminating (since ${timeText(metadata.deletionTimestamp)})`);
    out.field(
      'Termination Grace Period',
      `${metadata.deletionGracePeriodSeconds ?? spec?.terminationGracePeriodSeconds}s`,
    );
  } else out.field('Status', status?.phase ?? '');
  if (status?.reason) out.field('Reason', status.reason);
  if (status?.message) out.field('Message', status.message);
}

function conditions(out: Description, { spec, status }: Pod): void {
  const gates = spec?.readinessGates ?? [];
  const find = (type: string | undefined) => status?.conditions?.find((it) => it.type === type);
  if (gates.length > 0) {
    out.line('Readiness Gates:').line('Type\tStatus', 1);
    for (const { conditionType } of gates)
      out.line(`${conditionType} \t${find(conditionType)?.status ?? '<none>'} `, 1);
  }
  if ((status?.conditions ?? []).length === 0) return;
  out.line('Conditions:').line('Type\tStatus', 1);
  for (const it of status?.conditions ?? []) out.line(`${it.type} \t${it.status} `, 1);
}
