import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Which of some processes of this machine has the TCP socket with this local port (IPv4 loopback); by /proc. */
export function ownerOfPort(port: number, pids: readonly number[]): number | undefined {
  const inode = inodeOf(port);
  if (inode === undefined) return undefined;
  const link = `socket:[${inode}]`;
  return pids.find((pid) => holds(pid, link));
}

/** Lines of /proc/net/tcp: number, local address, remote address, state, five more, inode. */
function inodeOf(port: number): string | undefined {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  for (const line of readFileSync('/proc/net/tcp', 'utf8').split('\n')) {
    const fields = line.trim().split(/\s+/);
    if (fields[1]?.endsWith(local) && fields[9] !== '0') return fields[9];
  }
  return undefined;
}

function holds(pid: number, link: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((name) => linkOf(`/proc/${pid}/fd/${name}`) === link);
  } catch {
    return false;
  }
}

/** Descriptors come and go while they are read. */
function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
