import { rfc3339Micro } from '@keelson/service';
import type { AuditEvent, AuditedUser } from './audit-event.js';

/** The line of `--audit-log-format legacy`. */
export function legacyLine({ facts }: AuditEvent): string {
  const { user, impersonatedUser: as, objectRef, responseStatus, sourceIPs } = facts;
  const values = {
    id: facts.auditID,
    stage: facts.stage,
    ip: sourceIPs[0] ?? '<unknown>',
    method: facts.verb,
    user: user.username || '<none>',
    groups: user.username ? groupsOf(user, '<none>') : '<none>',
    as: as === undefined ? '<self>' : (as.username ?? ''),
    asgroups: as === undefined ? '<lookup>' : groupsOf(as, '<lookup>'),
    'user-agent': facts.userAgent,
    namespace: objectRef?.namespace || '<none>',
    uri: facts.requestURI,
  };
  const quoted = Object.entries(values).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  const response = responseStatus === undefined ? '<deferred>' : String(responseStatus.code ?? 0);
  return `${rfc3339Micro(facts.receivedMs)} AUDIT: ${quoted.join(' ')} response="${response}"`;
}

function groupsOf({ groups = [] }: AuditedUser, none: string): string {
  return groups.length === 0 ? none : groups.map((it) => JSON.stringify(it)).join(',');
}
