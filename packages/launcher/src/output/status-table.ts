import picocolors from 'picocolors';
import type { ClusterRecord, ComponentRecord } from '../supervisor/cluster-file.js';
import { isRunning } from '../supervisor/process-table.js';

/** What runs where, aligned; colours on a terminal only. */
export function statusTable(cluster: ClusterRecord, color: boolean): string {
  const colors = picocolors.createColors(color);
  const rows = cluster.components.map((it) => {
    const up = isRunning(it.pid);
    return [it.name, up ? 'Running' : 'Down', up ? String(it.pid) : '-', String(it.restarts), addressOf(it)];
  });
  const table = [['NAME', 'STATUS', 'PID', 'RESTARTS', 'ADDRESS'], ...rows];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  const lines = table.map((row) =>
    row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column]!))).join('   '),
  );
  return lines
    .map((line, index) =>
      index === 0
        ? colors.bold(line)
        : line.replace(/\bDown\b/, colors.red('Down')).replace(/\bRunning\b/, colors.green('Running')),
    )
    .join('\n');
}

function addressOf({ restUrl, grpcUrl, clientUrl, socket }: ComponentRecord): string {
  return restUrl ?? clientUrl ?? (grpcUrl === undefined ? (socket ?? '-') : `grpc://${grpcUrl}`);
}
