import type { Node } from '@keelson/api';
import type { Clock, Logger } from '@keelson/service';
import type { Scrape, UsageStore } from '../points/usage-store.js';
import type { ScrapeMetrics } from './scrape-metrics.js';

export interface ScraperOptions {
  /** Kubelets that are asked at the same time. */
  readonly atOnce: number;
}

export interface ScraperDependencies {
  readonly nodes: () => readonly Node[];
  readonly scrape: (node: Node, signal: AbortSignal) => Promise<Scrape>;
  readonly store: UsageStore;
  readonly metrics: ScrapeMetrics;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Of those that are asked at once, one in so many may be a kubelet that did not answer last time. */
const SHARE_OF_FAILING = 4;

/** Asks every kubelet once in each round. Those that hang keep nobody from asking the others. */
export class Scraper {
  readonly #deps: ScraperDependencies;
  readonly #running = new Set<string>();
  /** Nodes that did not answer, with what is wrong. */
  readonly #failing = new Map<string, string>();
  readonly #lanes: Readonly<Record<'well' | 'failing', Lane>>;

  constructor(options: ScraperOptions, dependencies: ScraperDependencies) {
    this.#deps = dependencies;
    const few = Math.max(1, Math.floor(options.atOnce / SHARE_OF_FAILING));
    this.#lanes = { well: new Lane(options.atOnce), failing: new Lane(few) };
  }

  /** Begins to ask all that are not being asked. Resolves when all have answered or not. */
  async round(signal: AbortSignal): Promise<void> {
    const nodes = this.#deps.nodes();
    const names = new Set(nodes.map(({ metadata }) => metadata.name ?? ''));
    this.#deps.store.keepOnly(names);
    for (const name of this.#failing.keys()) if (!names.has(name)) this.#failing.delete(name);
    const asked = nodes.map(async (node) => {
      const { name = '' } = node.metadata;
      if (this.#running.has(name)) return;
      this.#running.add(name);
      try {
        await this.#lanes[this.#failing.has(name) ? 'failing' : 'well'].run(() => this.#ask(name, node, signal));
      } finally {
        this.#running.delete(name);
      }
    });
    await Promise.all(asked);
  }

  async #ask(name: string, node: Node, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { clock, metrics, logger, store, scrape } = this.#deps;
    const begun = clock.monotonic();
    try {
      const answer = await scrape(node, signal);
      if (signal.aborted) return;
      store.store(name, answer);
      metrics.asked(name, true, (clock.monotonic() - begun) / 1000, clock.now());
      if (this.#failing.delete(name)) logger.info({ node: name }, 'the kubelet answers again');
    } catch (error) {
      if (signal.aborted) return;
      metrics.asked(name, false, (clock.monotonic() - begun) / 1000, clock.now());
      const reason = error instanceof Error ? error.message : String(error);
      // Told when it begins and when it changes, not with every round.
      if (this.#failing.get(name) !== reason)
        logger.warn({ node: name, reason }, 'a kubelet does not say what is used');
      this.#failing.set(name, reason);
    }
  }
}

/** Lets so many run at once, the others in the order in which they came. */
class Lane {
  readonly #max: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(max: number) {
    this.#max = max;
  }

  async run(work: () => Promise<void>): Promise<void> {
    if (this.#running >= this.#max) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running += 1;
    try {
      await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}
