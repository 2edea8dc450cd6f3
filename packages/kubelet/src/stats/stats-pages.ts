import type { Clock, Logger, StatusPage } from '@keelson/service';
import type { CriClient } from '../cri/cri-client.js';
import { defaultNetwork, filesystemAt, logFilesAt, processLimits } from './machine-parts.js';
import { METRICS_TYPE, resourceMetrics } from './resource-metrics.js';
import { type SummaryParts, summaryOf } from './summary.js';
import type { FilesystemUsage } from './usage.js';
import type { UsageCollector } from './usage-collector.js';

export interface StatsPagesDependencies {
  readonly collector: UsageCollector;
  readonly cri: CriClient;
  readonly clock: Clock;
  readonly logger: Logger;
}

const CALL_MS = 10_000;

/** The pages of a kubelet that tell what is used, by their paths. */
export function statsPages(
  { nodeName, rootDir }: { readonly nodeName: string; readonly rootDir: string },
  { collector, cri, clock, logger }: StatsPagesDependencies,
): ReadonlyMap<string, StatusPage> {
  const parts = async (): Promise<SummaryParts> => {
    const at = clock.now();
    return {
      network: defaultNetwork(at),
      fs: filesystemAt(rootDir, at),
      imageFs: await imageFilesystem(cri, at),
      rlimit: { at, ...processLimits() },
      logsOf: ({ logPath }) => logFilesAt(logPath, at),
    };
  };
  const resource: StatusPage = async () => {
    try {
      return { status: 200, type: METRICS_TYPE, text: resourceMetrics(await collector.collect()) };
    } catch (error) {
      logger.warn({ err: (error as Error).message }, 'cannot find out what is used');
      return { status: 200, type: METRICS_TYPE, text: resourceMetrics(undefined) };
    }
  };
  const summary: StatusPage = async ({ searchParams }) => {
    try {
      const isSmall = searchParams.get('only_cpu_and_memory') === 'true';
      const all = await collector.collect();
      const text = JSON.stringify(summaryOf(nodeName, all, isSmall ? undefined : await parts()), undefined, 1);
      return { status: 200, type: 'application/json', text };
    } catch (error) {
      const text = `Internal Error: failed to get the stats of the runtime: ${(error as Error).message}`;
      return { status: 500, type: 'text/plain; charset=utf-8', text };
    }
  };
  return new Map([
    ['/metrics/resource', resource],
    ['/stats/summary', summary],
  ]);
}

/** What images hold, on the file system that they are on. */
async function imageFilesystem(cri: CriClient, at: number): Promise<FilesystemUsage | undefined> {
  const { imageFilesystems } = await cri.images.imageFsInfo({}, { timeout: CALL_MS });
  const [first] = imageFilesystems;
  if (first === undefined) return undefined;
  const whole = filesystemAt(first.fsId?.mountpoint ?? '', at);
  return { at, ...whole, usedBytes: first.usedBytes?.value, inodesUsed: first.inodesUsed?.value };
}
