import { spawn } from 'node:child_process';
import type { Cluster } from './members.js';

/** Writes a second that etcd's own client reaches (`etcdctl check perf`, its largest load); undefined without it. */
export async function checkPerf(cluster: Cluster): Promise<number | undefined> {
  const args = [
    '--endpoints',
    cluster.addresses.join(','),
    'check',
    'perf',
    '--load',
    'xl',
    '--prefix',
    '/check-perf/',
  ];
  const output = await new Promise<string | undefined>((resolve) => {
    const child = spawn('etcdctl', args, { env: { ...process.env, ETCDCTL_API: '3' } });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += String(chunk)));
    child.once('error', () => resolve(undefined));
    child.once('close', () => resolve(text));
  });
  const rate = /Throughput (?:is|too low:) (\d+)/.exec(output ?? '')?.[1];
  return rate === undefined ? undefined : Number(rate);
}
