import type { Clock } from '@keelson/service';
import { statusTable } from '../output/status-table.js';
import { readCluster } from '../supervisor/cluster-file.js';
import { isRunning } from '../supervisor/process-table.js';
import { isReady, ReadinessProbe } from '../supervisor/readiness.js';

/** `keelson status`: what runs; exit code 0 only when everything is ready. */
export async function status(dataDir: string, output: 'table' | 'json', clock: Clock): Promise<void> {
  const cluster = readCluster(dataDir);
  if (cluster === undefined) throw new Error(`no cluster in ${dataDir}: give the --data-dir that it was started with`);
  const probe = new ReadinessProbe(dataDir, { clock });
  const readiness = await probe.look(cluster);
  probe.close();
  const ready = isReady(readiness) && isRunning(cluster.supervisor.pid);
  if (output === 'json') {
    const components = cluster.components.map((it) => ({ ...it, running: isRunning(it.pid) }));
    process.stdout.write(`${JSON.stringify({ ready, readiness, components }, null, 2)}\n`);
  } else {
    const { stores, apiservers, nodes } = readiness;
    const counts = `stores ${stores.ready}/${stores.wanted}, API servers ${apiservers.ready}/${apiservers.wanted}, nodes ${nodes.ready}/${nodes.wanted}`;
    process.stdout.write(
      `${statusTable(cluster, process.stdout.isTTY === true)}\n\n${ready ? 'Ready' : 'Not ready'}: ${counts}\n`,
    );
  }
  process.exitCode = ready ? 0 : 1;
}
