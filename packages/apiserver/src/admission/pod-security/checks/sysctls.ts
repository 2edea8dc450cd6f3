import type { PodCheck, Rule } from '../check.js';

/** What a pod may set since which minor version: it is the pod's own, and no other pod sees it. */
const SAFE: readonly { readonly since: number; readonly names: readonly string[] }[] = [
  {
    since: 0,
    names: [
      'kernel.shm_rmid_forced',
      'net.ipv4.ip_local_port_range',
      'net.ipv4.tcp_syncookies',
      'net.ipv4.ping_group_range',
      'net.ipv4.ip_unprivileged_port_start',
    ],
  },
  { since: 27, names: ['net.ipv4.ip_local_reserved_ports'] },
  {
    since: 29,
    names: [
      'net.ipv4.tcp_keepalive_time',
      'net.ipv4.tcp_fin_timeout',
      'net.ipv4.tcp_keepalive_intvl',
      'net.ipv4.tcp_keepalive_probes',
    ],
  },
  { since: 32, names: ['net.ipv4.tcp_rmem', 'net.ipv4.tcp_wmem'] },
];

function only(names: ReadonlySet<string>): Rule {
  return ({ spec }) => {
    const bad = (spec.securityContext?.sysctls ?? []).map(({ name = '' }) => name).filter((name) => !names.has(name));
    return bad.length === 0 ? undefined : { reason: 'forbidden sysctls', detail: bad.join(', ') };
  };
}

export const sysctls: PodCheck = {
  id: 'sysctls',
  level: 'baseline',
  versions: SAFE.map(({ since }) => ({
    since,
    rule: only(new Set(SAFE.filter((it) => it.since <= since).flatMap(({ names }) => names))),
  })),
};
