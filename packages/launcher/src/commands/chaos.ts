import type { Clock, Random } from '@keelson/service';
import picocolors from 'picocolors';
import { type ChaosReport, runScenario } from '../chaos/run.js';

/** `keelson chaos <scenario>`: exit code 0 only when nothing was lost and everything came back. */
export async function chaos(
  scenario: string,
  options: { dataDir: string; timeoutSeconds: number; output: 'table' | 'json' },
  dependencies: { clock: Clock; random: Random },
): Promise<void> {
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  const { dataDir, timeoutSeconds } = options;
  const report = await runScenario(scenario, { dataDir, timeoutMs: timeoutSeconds * 1000, say }, dependencies);
  process.stdout.write(options.output === 'json' ? `${JSON.stringify(report, null, 2)}\n` : reportTable(report));
  if (report.lost.length > 0) process.exitCode = 1;
}

function reportTable({ faults, acknowledgedWrites, failedWrites, lost }: ChaosReport): string {
  const colors = picocolors.createColors(process.stdout.isTTY === true);
  const table = [
    ['FAULT', 'BACK AFTER', 'WRITES WAITED', 'CONVERGED AFTER'],
    ...faults.map((it) => [it.fault, `${it.backMs} ms`, `${it.writeGapMs} ms`, `${it.convergedMs} ms`]),
  ];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  const lines = table.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('   ')
      .trimEnd(),
  );
  const verdict =
    lost.length === 0
      ? colors.green(`Nothing lost: all ${acknowledgedWrites} acknowledged writes are there`)
      : colors.red(`LOST ${lost.length} of ${acknowledgedWrites} acknowledged writes: ${lost.slice(0, 5).join(', ')}`);
  return `${lines.join('\n')}\n\n${verdict} (${failedWrites} writes failed and were reported as failed).\nEvery pod’s process runs exactly once.\n`;
}
