import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** Whether the runtime can give containers a view of the file system and a host name of their own here. */
export const canMount =
  spawnSync('unshare', ['--mount', '--propagation', 'private', '--uts', 'true'], { stdio: 'ignore' }).status === 0;

/** Living processes with this argument. */
export function processesWith(argument: string): number[] {
  return readdirSync('/proc')
    .filter((pid) => {
      try {
        if (!/^\d+$/.test(pid) || /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))) return false;
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(argument);
      } catch {
        return false;
      }
    })
    .map(Number);
}
