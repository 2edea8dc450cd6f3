import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Random } from '@keelson/service';
import picocolors from 'picocolors';
import { storeChaosPage } from '../chaos/store/page.js';
import { runStoreChaos, type StoreChaosReport } from '../chaos/store/run.js';

/** `keelson chaos store`: three members of its own; exit code 0 only when every claim holds. */
export async function storeChaos(
  options: { directory: string; durationMs: number; clients: number; output: 'table' | 'json' },
  dependencies: { clock: Clock; random: Random },
): Promise<void> {
  const { durationMs, clients, output } = options;
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  const name = new Date(dependencies.clock.now()).toISOString().replace(/[:.]/g, '-');
  const directory = join(options.directory, `chaos-store-${name}`);
  await mkdir(directory, { recursive: true });
  const interrupt = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => interrupt.abort(new Error(`interrupted by ${signal}`)));
  }
  const { signal: interrupted } = interrupt;
  const report = await runStoreChaos({ directory, durationMs, clients, say, interrupted }, dependencies);
  const page = join(directory, 'report.html');
  await writeFile(page, storeChaosPage(report));
  await writeFile(join(directory, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
  process.stdout.write(output === 'json' ? `${JSON.stringify({ ...report, page }, null, 2)}\n` : table(report, page));
  if (!report.findings.every(({ holds }) => holds)) process.exitCode = 1;
}

function table({ findings, faults, acknowledged, failed, skipped }: StoreChaosReport, page: string): string {
  const colors = picocolors.createColors(process.stdout.isTTY === true);
  const lines = findings.map(
    ({ claim, holds, detail }) => `${holds ? colors.green('✓') : colors.red('✗')} ${claim}: ${detail}`,
  );
  const notDone = skipped.length > 0 ? ` Not done: ${skipped.join(', ')}.` : '';
  return `\n${lines.join('\n')}\n\n${faults.length} faults, ${acknowledged} operations acknowledged, ${failed} failed.${notDone}\nTimeline: ${page}\n`;
}

/** `10m`, `30s`, `90`: milliseconds. @throws Error */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text);
  if (!match) throw new Error(`"${text}" is not a duration such as 30s or 10m`);
  const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
  return Number(match[1]) * units[(match[2] ?? 's') as keyof typeof units];
}
