import type { PeerCertificate } from 'node:tls';
import { namesOf } from '@keelson/service';
import { isFor } from '../allowed-names.js';
import type { Member } from '../cluster/membership.js';

/**
 * Whether the holder of a certificate may speak as a member. A certificate that carries members' names (as CN or DNS
 * name) is theirs and nobody else's; one that carries none is for the hosts that it is made out to, as etcd's are. A
 * member that has not started yet has no name, and may come in the place, and with the certificate, of a former one.
 */
export function speaksFor(certificate: PeerCertificate, member: Member, members: readonly Member[]): boolean {
  if (member.name === '') return true;
  const names = namesOf(certificate);
  if (names.has(member.name)) return true;
  if (members.some((it) => it.name !== '' && names.has(it.name))) return false;
  return member.peerUrls.some((url) => isFor(new URL(url).hostname.replace(/^\[|\]$/g, ''), certificate));
}
