import { setMaxListeners } from 'node:events';
import { allKinds, KindRegistry } from '@keelson/api';
import { ApiClient, InformerFactory, resources, type Transport } from '@keelson/client';
import { MemoryTransport } from '@keelson/client/testing';
import { seededRandom, silentLogger } from '@keelson/service';
import { ManualClock } from '@keelson/service/testing';
import { Dice } from '../sim/dice.js';
import { Trace } from '../sim/trace.js';
import { Violation } from '../sim/world.js';
import { endState } from './end-state.js';
import { FAIR, FaultyTransport, textOf, type Weather } from './faulty-transport.js';
import { Machines } from './machines.js';
import { Manager } from './manager.js';
import { watchRules } from './rules.js';
import { type Deed, deedsOf, perform } from './workload.js';

export interface ControllersOptions {
  readonly seed: number;
  /** How long users do things, and things go wrong. */
  readonly faultsMs: number;
  readonly traceLines: number;
  /** Puts a mistake between the manager and the API server: to see that it is noticed. */
  readonly plant?: (transport: Transport) => Transport;
}

export interface ControllersResult {
  readonly seed: number;
  readonly failure: Error | undefined;
  readonly trace: readonly string[];
  readonly hash: string;
  readonly figures: {
    readonly deeds: number;
    readonly writes: number;
    readonly faults: number;
    readonly kills: number;
  };
}

/** Nothing is written for so long: the world is at rest. */
const REST_MS = 90_000;
/** It has to come to rest by then, once nothing goes wrong any more. */
const REST_WITHIN_MS = 45 * 60_000;
const STEP_MS = 1_000;
const NODES = 3;
/** A CronJob makes a Job every minute and never rests: it is suspended when the users go. */
const START = Date.parse('2026-03-01T00:00:20Z');

/** One story, told twice: with everything that can go wrong, and without. In the end the world has to be the same. */
export async function simulateControllers(options: ControllersOptions): Promise<ControllersResult> {
  const deeds = deedsOf(new Dice(options.seed), options.faultsMs);
  const bad = new Story(options, deeds, true);
  const fair = new Story(options, deeds, false);
  let failure: Error | undefined;
  try {
    const [got, wanted] = [await bad.tell(), await fair.tell()];
    const missing = wanted.filter((line) => !got.includes(line));
    const wrong = got.filter((line) => !wanted.includes(line));
    if (missing.length + wrong.length > 0)
      throw new Violation(
        `it ended otherwise: ${wrong.join('; ') || 'nothing'} — and not: ${missing.join('; ') || 'nothing'}`,
      );
  } catch (error) {
    failure = error as Error;
  } finally {
    bad.end();
    fair.end();
  }
  const { writes, faults, kills } = bad.figures;
  return {
    seed: options.seed,
    failure,
    trace: bad.trace.last,
    hash: bad.trace.hash,
    figures: { deeds: deeds.length, writes, faults, kills },
  };
}

class Story {
  readonly trace: Trace;
  readonly figures = { writes: 0, faults: 0, kills: 0 };
  readonly #options: ControllersOptions;
  readonly #deeds: readonly Deed[];
  readonly #isBad: boolean;
  readonly #clock = new ManualClock(START);
  readonly #dice: Dice;
  readonly #server: MemoryTransport;
  readonly #client: ApiClient;
  readonly #stopping = new AbortController();
  #weather: Weather = FAIR;
  #violation: Violation | undefined;
  #life: { manager: Manager; transport: FaultyTransport } | undefined;
  #lives = 0;
  #lastWrite = 0;

  constructor(options: ControllersOptions, deeds: readonly Deed[], isBad: boolean) {
    this.#options = options;
    this.#deeds = deeds;
    this.#isBad = isBad;
    this.trace = new Trace(options.traceLines);
    this.#dice = new Dice(options.seed * 2 + (isBad ? 1 : 0));
    this.#server = new MemoryTransport({ clock: this.#clock, kinds: new KindRegistry(allKinds), graceful: true });
    this.#client = new ApiClient(this.#server);
    setMaxListeners(0, this.#stopping.signal);
  }

  /** What is left in the end. @throws Violation */
  async tell(): Promise<string[]> {
    const { faultsMs } = this.#options;
    const clock = this.#clock;
    const common = { client: this.#client, clock, random: seededRandom(this.#options.seed), logger: silentLogger };
    const informers = new InformerFactory(common);
    watchRules({ informers, clock, broken: (it) => (this.#violation ??= it) });
    const machines = new Machines(NODES, { client: this.#client, informers, clock, dice: this.#dice.fork() });
    void machines.start();
    void informers.start(this.#stopping.signal);
    await clock.advanceAsync(10);
    this.#server.lose = (request) => {
      if (request.verb !== 'get' && request.verb !== 'list' && request.path.resource !== 'leases')
        this.#lastWrite = clock.monotonic();
      return undefined;
    };
    this.#startManager();
    for (const deed of this.#deeds) clock.after(deed.atMs, () => this.#do(deed));
    if (this.#isBad) this.#brew();
    await this.#go(faultsMs);
    this.#weather = FAIR;
    this.#note('nothing goes wrong any more');
    await this.#suspendCronJobs();
    const restBy = clock.monotonic() + REST_WITHIN_MS;
    this.#lastWrite = clock.monotonic();
    while (clock.monotonic() - this.#lastWrite < REST_MS) {
      if (clock.monotonic() > restBy) throw new Violation('it does not come to rest');
      await this.#go(STEP_MS * 5);
    }
    return endState(this.#client);
  }

  end(): void {
    this.#life?.transport.cut();
    this.#life?.manager.stop();
    this.#stopping.abort(new Error('the story is over'));
    this.#server.endWatches();
  }

  async #go(milliseconds: number): Promise<void> {
    for (let left = milliseconds; left > 0; left -= STEP_MS) {
      await this.#clock.advanceAsync(Math.min(left, STEP_MS));
      if (this.#violation !== undefined) throw this.#violation;
    }
  }

  #do(deed: Deed): void {
    this.#note(`user: ${deed.text}`);
    void perform(deed, this.#client).catch((error: unknown) => {
      this.#violation ??= new Violation(`${deed.text}: ${(error as Error).message}`);
    });
  }

  #startManager(): void {
    const transport = new FaultyTransport({
      server: this.#server,
      clock: this.#clock,
      dice: this.#dice.fork(),
      weather: () => this.#weather,
      note: (line) => {
        this.figures.faults += 1;
        this.#note(line);
      },
    });
    this.#lives += 1;
    const { plant = (it: Transport) => it } = this.#options;
    const manager = new Manager({
      transport: this.#isBad ? plant(this.#noted(transport)) : transport,
      clock: this.#clock,
      seed: this.#options.seed * 1000 + this.#lives,
    });
    this.#life = { manager, transport };
    this.#note(`manager ${this.#lives} starts`);
  }

  /** Writes of the manager are part of the story. */
  #noted(transport: FaultyTransport): FaultyTransport {
    const call = transport.call.bind(transport);
    transport.call = async (request, options) => {
      if (request.verb !== 'get' && request.verb !== 'list' && request.path.resource !== 'events') {
        this.figures.writes += 1;
        this.#note(`manager: ${textOf(request)}`);
      }
      return call(request, options);
    };
    return transport;
  }

  /** Weather that changes, and managers that die. */
  #brew(): void {
    const dice = this.#dice.fork();
    const turn = () => {
      if (this.#clock.monotonic() > this.#options.faultsMs) return;
      const bad = () => (dice.chance(0.5) ? dice.between(0, 0.25) : 0);
      this.#weather = { refused: bad(), lost: bad(), slow: bad() / 2, dropped: bad() / 2, behind: bad() / 2 };
      if (dice.chance(0.35)) this.#kill(dice);
      if (dice.chance(0.1)) {
        this.#note('history is compacted');
        this.#server.compact();
      }
      this.#clock.after(dice.between(500, 12_000), turn);
    };
    this.#clock.after(dice.between(0, 5_000), turn);
  }

  #kill(dice: Dice): void {
    const life = this.#life;
    if (life === undefined) return;
    this.figures.kills += 1;
    this.#note('the manager is killed');
    life.transport.cut();
    life.manager.stop();
    this.#life = undefined;
    this.#clock.after(dice.between(10, 8_000), () => this.#startManager());
  }

  async #suspendCronJobs(): Promise<void> {
    const { items } = await this.#client.list(resources.cronJobs);
    for (const { metadata } of items) {
      const key = { namespace: metadata.namespace, name: metadata.name ?? '' };
      await this.#client.patch(resources.cronJobs, key, 'merge', { spec: { suspend: true } });
    }
  }

  #note(line: string): void {
    this.trace.add(`${(this.#clock.monotonic() / 1000).toFixed(3)} ${line}`);
  }
}
