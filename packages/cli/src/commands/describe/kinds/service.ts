import type { EndpointSlice, Service, ServicePort } from '@keelson/api';
import { resources } from '@keelson/client';
import type { Describer } from '../describer.js';
import { annotations, labels, pairsText } from '../metadata.js';

/** At most so many addresses are shown. */
const ENDPOINTS_MAX = 3;

export const describeService: Describer<Service> = async (out, { metadata, spec, status }, { cluster }) => {
  out.field('Name', metadata.name).field('Namespace', metadata.namespace);
  labels(out, metadata.labels);
  annotations(out, metadata.annotations);
  out.field('Selector', pairsText(spec?.selector)).field('Type', spec?.type ?? 'ClusterIP');
  if (spec?.ipFamilyPolicy) out.field('IP Family Policy', spec.ipFamilyPolicy);
  if ((spec?.ipFamilies ?? []).length > 0) out.field('IP Families', spec?.ipFamilies?.join(','));
  out.field('IP', spec?.clusterIP ?? '');
  out.field('IPs', (spec?.clusterIPs ?? []).join(',') || '<none>');
  if ((spec?.externalIPs ?? []).length > 0) out.field('External IPs', spec?.externalIPs?.join(','));
  if (spec?.loadBalancerIP) out.field('Desired LoadBalancer IP', spec.loadBalancerIP);
  if (spec?.externalName) out.field('External Name', spec.externalName);
  const ingress = status?.loadBalancer?.ingress ?? [];
  if (ingress.length > 0) out.field('LoadBalancer Ingress', ingress.map((it) => it.ip ?? it.hostname).join(', '));
  const labelSelector = `kubernetes.io/service-name=${metadata.name}`;
  const { items } = await cluster.client.list(resources.endpointSlices, {
    namespace: metadata.namespace,
    labelSelector,
  });
  for (const port of spec?.ports ?? []) {
    out.field('Port', `${port.name || '<unset>'}\t${port.port}/${port.protocol ?? 'TCP'}`);
    if (spec?.type !== 'ExternalName')
      out.field('TargetPort', `${port.targetPort ?? port.port}/${port.protocol ?? 'TCP'}`);
    if (port.nodePort) out.field('NodePort', `${port.name || '<unset>'}\t${port.nodePort}/${port.protocol ?? 'TCP'}`);
    out.field('Endpoints', endpointsText(items, port));
  }
  out.field('Session Affinity', spec?.sessionAffinity ?? 'None');
  if (spec?.externalTrafficPolicy) out.field('External Traffic Policy', spec.externalTrafficPolicy);
  if (spec?.internalTrafficPolicy) out.field('Internal Traffic Policy', spec.internalTrafficPolicy);
};

function endpointsText(slices: readonly EndpointSlice[], { name = '' }: ServicePort): string {
  const addresses = slices.flatMap(({ ports, endpoints }) => {
    const port = ports?.find((it) => (it.name ?? '') === name)?.port;
    const ready = (endpoints ?? []).filter((it) => it.conditions?.ready !== false);
    return ready
      .flatMap((it) => it.addresses ?? [])
      .map((address) => (port === undefined ? address : `${address}:${port}`));
  });
  if (addresses.length === 0) return '';
  const more = addresses.length - ENDPOINTS_MAX;
  return addresses.slice(0, ENDPOINTS_MAX).join(',') + (more > 0 ? ` + ${more} more...` : '');
}
