import { Counter, Gauge, type HealthCheck, type Logger, Registry } from '@keelson/service';
import type { Response } from './exchange.js';
import { sendText, write } from './reply.js';

const PAGES = ['healthz', 'livez', 'readyz'] as const;
type Page = (typeof PAGES)[number];

/** Each page's checks by their names, in the order in which they are told. */
export type HealthChecks = Readonly<Record<Page, ReadonlyMap<string, HealthCheck>>>;

interface Told {
  readonly name: string;
  /** Undefined: it was left out. */
  readonly error: Error | undefined | 'excluded';
}

/** `/healthz`, `/livez` and `/readyz`, each check under its own path, and how often they failed. */
export class HealthPages {
  readonly #checks: HealthChecks;
  readonly #logger: Logger;
  readonly #indicators = new Registry();
  readonly #last: Gauge<'name' | 'type'>;
  readonly #total: Counter<'name' | 'type' | 'status'>;

  constructor(checks: HealthChecks, { logger }: { logger: Logger }) {
    const registers = [this.#indicators];
    this.#checks = checks;
    this.#logger = logger;
    this.#last = new Gauge({
      name: 'kubernetes_healthcheck',
      help: 'Whether a check succeeded when it was last made',
      labelNames: ['name', 'type'],
      registers,
    });
    this.#total = new Counter({
      name: 'kubernetes_healthchecks_total',
      help: 'Checks that were made, by how they ended',
      labelNames: ['name', 'type', 'status'],
      registers,
    });
  }

  /** Every path that it serves. */
  paths(): string[] {
    return PAGES.flatMap((page) => [`/${page}`, ...[...this.#checks[page].keys()].map((name) => `/${page}/${name}`)]);
  }

  /** Counts of checks, for those who watch them closely. */
  async sendIndicators(response: Response): Promise<void> {
    const text = await this.#indicators.metrics();
    write(response, 200, Buffer.from(text), { 'content-type': this.#indicators.contentType });
  }

  /** False: there is no such page. */
  async serve(segments: readonly string[], query: URLSearchParams, response: Response): Promise<boolean> {
    const [page, ...rest] = segments as [Page, ...string[]];
    const checks = this.#checks[page];
    if (checks === undefined) return false;
    if (rest.length === 0) {
      await this.#sendAll(page, query, response);
      return true;
    }
    const check = checks.get(rest.join('/'));
    if (check === undefined) return false;
    const error = await failureOf(check);
    if (error === undefined) sendText(response, 200, 'ok');
    else sendText(response, 500, `internal server error: ${error.message}\n`);
    return true;
  }

  async #sendAll(page: Page, query: URLSearchParams, response: Response): Promise<void> {
    const excluded = new Set(query.getAll('exclude'));
    const checks = this.#checks[page];
    const told: Told[] = [];
    for (const [name, check] of checks) {
      const error = excluded.has(name) ? 'excluded' : await failureOf(check);
      told.push({ name, error });
      if (error === 'excluded') continue;
      this.#last.set({ name, type: page }, error === undefined ? 1 : 0);
      this.#total.inc({ name, type: page, status: error === undefined ? 'success' : 'error' });
    }
    const unknown = [...excluded].filter((name) => !checks.has(name)).sort();
    const lines = told.map(lineOf);
    if (unknown.length > 0) {
      const names = unknown.map((name) => JSON.stringify(name)).join(',');
      lines.push(`warn: some health checks cannot be excluded: no matches for ${names}\n`);
    }
    const failed = told.filter(({ error }) => error instanceof Error);
    if (failed.length > 0) {
      const reasons = failed.map(({ name, error }) => `${name}: ${(error as Error).message}`);
      this.#logger.debug({ page, reasons }, 'not healthy');
      sendText(response, 500, `${lines.join('')}${page} check failed\n`);
    } else sendText(response, 200, query.has('verbose') ? `${lines.join('')}${page} check passed\n` : 'ok');
  }
}

/** Anybody may see the pages: why something failed is told on its own path only, and in the log. */
function lineOf({ name, error }: Told): string {
  if (error === 'excluded') return `[+]${name} excluded: ok\n`;
  return error === undefined ? `[+]${name} ok\n` : `[-]${name} failed: reason withheld\n`;
}

async function failureOf(check: HealthCheck): Promise<Error | undefined> {
  try {
    await check();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
