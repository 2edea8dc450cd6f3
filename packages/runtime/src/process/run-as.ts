import { readFileSync } from 'node:fs';
import { cri } from '@keelson/protocol';
import { RuntimeError } from '../errors.js';

/** Who a program runs as. Without a `gid` nothing of that changes. */
export interface RunAs {
  uid: number;
  gid: number | undefined;
  /** Beside `gid`. */
  groups: number[];
  noNewPrivileges: boolean;
}

/** Who this process is, and whom the host knows. */
export interface HostUsers {
  uid: number;
  gid: number;
  groups: readonly number[];
  /** The text of /etc/passwd and of /etc/group. */
  passwd: string;
  group: string;
}

interface PasswdEntry {
  name: string;
  uid: number;
  gid: number;
  home: string;
}

export function hostUsers(): HostUsers {
  return {
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
    groups: process.getgroups?.() ?? [],
    passwd: readText('/etc/passwd'),
    group: readText('/etc/group'),
  };
}

/**
 * Whom a security context asks for, in CRI's rules: a user without a group gets the one that the host's /etc/passwd gives
 * it, or 0; the groups that /etc/group gives it come on top unless the policy is Strict. Undefined if nothing changes.
 * Only root can become another: another user or group is refused by the name of the field, more groups are left out.
 */
export function runAs(context: cri.LinuxContainerSecurityContext | undefined, host: HostUsers): RunAs | undefined {
  const user = findUser(context, host);
  const { runAsGroup, supplementalGroups = [], supplementalGroupsPolicy, noNewPrivs = false } = context ?? {};
  if (runAsGroup !== undefined && context?.runAsUser === undefined && !context?.runAsUsername) {
    throw new RuntimeError('invalid', 'run_as_group is given without run_as_user: name the user too');
  }
  const asItIs = noNewPrivs ? { uid: host.uid, gid: undefined, groups: [], noNewPrivileges: true } : undefined;
  if (user === undefined && supplementalGroups.length === 0) return asItIs;

  const who = user ?? ofUid(host.uid, host) ?? { name: '', uid: host.uid, gid: host.gid, home: '/' };
  const gid = runAsGroup?.value ?? who.gid;
  const own = supplementalGroupsPolicy === cri.SupplementalGroupsPolicy.Strict ? [] : groupsOf(who.name, host);
  const groups = [...new Set([...own, ...supplementalGroups])].filter((it) => it !== gid);
  const isSame = who.uid === host.uid && gid === host.gid && sameGroups(groups, host);
  if (host.uid === 0 && !isSame) return { uid: who.uid, gid, groups, noNewPrivileges: noNewPrivs };
  // A group that it cannot have gives it fewer rights, no others; files of the node's own are this user's anyway.
  const unable =
    who.uid !== host.uid
      ? `run_as_user ${who.uid}`
      : runAsGroup !== undefined && gid !== host.gid
        ? `run_as_group ${gid}`
        : undefined;
  if (unable !== undefined) {
    throw new RuntimeError(
      'failed-precondition',
      `${unable}: only a runtime that root runs can give it to a container`,
    );
  }
  return asItIs;
}

function sameGroups(groups: readonly number[], host: HostUsers): boolean {
  const held = new Set(host.groups.filter((it) => it !== host.gid));
  return groups.length === held.size && groups.every((it) => held.has(it));
}

/** Where such a user is at home. */
export function homeOf(uid: number, host: HostUsers): string {
  return ofUid(uid, host)?.home || (uid === 0 ? '/root' : '/');
}

function findUser(context: cri.LinuxContainerSecurityContext | undefined, host: HostUsers): PasswdEntry | undefined {
  const name = context?.runAsUsername ?? '';
  if (name !== '') {
    const entry = entries(host.passwd).find((it) => it.name === name);
    if (entry !== undefined) return entry;
    throw new RuntimeError(
      'failed-precondition',
      `run_as_username "${name}": this host's /etc/passwd has no such user`,
    );
  }
  const uid = context?.runAsUser?.value;
  return uid === undefined ? undefined : (ofUid(uid, host) ?? { name: '', uid, gid: 0, home: '/' });
}

function ofUid(uid: number, host: HostUsers): PasswdEntry | undefined {
  return entries(host.passwd).find((it) => it.uid === uid);
}

function entries(passwd: string): PasswdEntry[] {
  return passwd.split('\n').flatMap((line) => {
    const [name = '', , uid = '', gid = '', , home = ''] = line.split(':');
    return /^\d+$/.test(uid) && /^\d+$/.test(gid) ? [{ name, uid: Number(uid), gid: Number(gid), home }] : [];
  });
}

function groupsOf(name: string, host: HostUsers): number[] {
  if (name === '') return [];
  return host.group.split('\n').flatMap((line) => {
    const [, , gid = '', members = ''] = line.split(':');
    return /^\d+$/.test(gid) && members.split(',').includes(name) ? [Number(gid)] : [];
  });
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
