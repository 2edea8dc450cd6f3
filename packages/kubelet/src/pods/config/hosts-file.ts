import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Pod } from '@keelson/api';

const HOSTNAME_MAX = 63;
const CLUSTER_DOMAIN = 'cluster.local';

const LOCAL = `127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::0\tip6-localnet
fe00::0\tip6-mcastprefix
fe00::1\tip6-allnodes
fe00::2\tip6-allrouters
`;

/** The name that a pod's programs see as their host's. A dot or hyphen cannot be its last character. */
export function podHostname(pod: Pod): string {
  const wanted = pod.spec?.hostnameOverride ?? pod.spec?.hostname ?? pod.metadata.name ?? '';
  return wanted.slice(0, HOSTNAME_MAX).replace(/[-.]+$/, '');
}

/** What /etc/hosts says in a pod: its own address and name, or the node's file where it shares the node's network. */
export function hostsText(pod: Pod, podIP: string, nodeHosts: string): string {
  const aliases = (pod.spec?.hostAliases ?? []).map(({ ip, hostnames = [] }) => `${[ip, ...hostnames].join('\t')}\n`);
  const extra = aliases.length === 0 ? '' : `\n# Entries added by HostAliases.\n${aliases.join('')}`;
  if (pod.spec?.hostNetwork) return `# Kubernetes-managed hosts file (host network).\n${nodeHosts}${extra}`;
  const { subdomain } = pod.spec ?? {};
  const name = podHostname(pod);
  const domain = subdomain ? `.${subdomain}.${pod.metadata.namespace}.svc.${CLUSTER_DOMAIN}` : '';
  const own = [podIP, ...(domain === '' ? [] : [`${name}${domain}`]), name].join('\t');
  return `# Kubernetes-managed hosts file.\n${LOCAL}${own}\n${extra}`;
}

/** Writes it anew for a container that is about to start; answers where it is. */
export function writeHostsFile(pod: Pod, podIP: string, podDirectory: string): string {
  const path = join(podDirectory, 'etc-hosts');
  writeFileSync(path, hostsText(pod, podIP, pod.spec?.hostNetwork ? readNodeHosts() : ''), { mode: 0o644 });
  return path;
}

function readNodeHosts(): string {
  try {
    return readFileSync('/etc/hosts', 'utf8');
  } catch {
    return LOCAL;
  }
}
