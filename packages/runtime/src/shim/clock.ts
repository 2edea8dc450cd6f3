import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Clock } from '@keelson/service';

/** The machine's clock alone: all of `@keelson/service` brings gRPC with it, which each shim would hold in memory. */
export async function loadClock(): Promise<Clock> {
  const entry = fileURLToPath(import.meta.resolve('@keelson/service'));
  const { systemClock } = (await import(
    pathToFileURL(entry.replace(/index\.js$/, 'clock.js')).href
  )) as typeof import('@keelson/service');
  return systemClock();
}
