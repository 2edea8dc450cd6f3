import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type BenchReport, type BenchRow, type Measure, type Measured, rowsOf } from '../report.js';
import { type Contender, type ContenderDependencies, peerOf, startKeelson, startPeer } from './contender.js';
import { admitCrowd } from './crowd.js';
import { customObject, customPath, defineCustom, weighDefinitions } from './custom.js';
import { putLoad } from './load-threads.js';
import { configMap, fill, pathOf, pod, prepare } from './objects.js';
import { besideUnmatched, UNMATCHED } from './unmatched.js';
import { configMapName, labelsOf, WORKLOADS, type Workload } from './workloads.js';

export interface ApiServerBenchOptions {
  /** Of each load. */
  readonly seconds: number;
  readonly rounds: number;
  readonly clients: number;
  /** ConfigMaps, and pods, that loads read and write. */
  readonly objects: number;
  readonly watchers: number;
  /** API servers that share the load. */
  readonly apiservers: number;
  /** Members of the store; undefined: one beside a peer, and three without. */
  readonly stores: number | undefined;
  /** Threads that the load comes from. */
  readonly threads: number;
  /** Pods and ConfigMaps of which the memory is weighed. */
  readonly weighPods: number;
  readonly weighConfigMaps: number;
  readonly weighDefinitions: number;
  /** A kube-apiserver's program. */
  readonly peer: string | undefined;
  /** Only what matches; undefined: everything. */
  readonly only: RegExp | undefined;
  readonly directory: string;
  /** Told of each step. */
  readonly say: (line: string) => void;
}

type Start = (directory: string) => Promise<Contender>;

/** Drives our API server and, where one is given, a kube-apiserver in turn with the same load. */
export async function benchApiServer(
  options: ApiServerBenchOptions,
  dependencies: ContenderDependencies,
): Promise<BenchReport> {
  const peer = options.peer === undefined ? undefined : peerOf(options.peer);
  if (peer === undefined) options.say('no --peer: nothing to compare with');
  const { apiservers, stores = peer === undefined ? 3 : 1 } = options;
  const size = { apiservers, stores };
  const starts = new Map<string, Start>([['keelson', (directory) => startKeelson(directory, size, dependencies)]]);
  if (peer !== undefined)
    starts.set(peer.name, (directory) => startPeer(options.peer!, peer, directory, size, dependencies));
  const directory = mkdtempSync(join(options.directory, 'keelson-bench-'));
  try {
    return { peer, rows: await new ApiServerBench(starts, directory, options, dependencies).rows() };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

class ApiServerBench {
  readonly #starts: ReadonlyMap<string, Start>;
  readonly #directory: string;
  readonly #options: ApiServerBenchOptions;
  readonly #dependencies: ContenderDependencies;
  /** Times that a load was put. */
  #run = 0;

  constructor(
    starts: ReadonlyMap<string, Start>,
    directory: string,
    options: ApiServerBenchOptions,
    dependencies: ContenderDependencies,
  ) {
    this.#starts = starts;
    this.#directory = directory;
    this.#options = options;
    this.#dependencies = dependencies;
  }

  async rows(): Promise<BenchRow[]> {
    return [...(await this.#loads()), ...(await this.#weights())];
  }

  async #loads(): Promise<BenchRow[]> {
    const loads = WORKLOADS.filter(({ name }) => this.#isAsked(name)).map((load) => this.#measure(load));
    const beside = WORKLOADS.filter(({ isWrite }) => isWrite).map((load) => this.#measureBeside(load));
    const measures = [...loads, ...beside.filter(({ name }) => this.#isAsked(name))];
    if (measures.length === 0) return [];
    const contenders: Contender[] = [];
    try {
      for (const name of this.#starts.keys()) {
        contenders.push(await this.#start(name));
        await this.#fill(contenders.at(-1)!);
      }
      const rows: BenchRow[] = [];
      for (const measure of measures) rows.push(...(await this.#compare(measure, contenders)));
      return rows;
    } finally {
      await Promise.all(contenders.map((contender) => contender.stop()));
    }
  }

  async #compare(measure: Measure<Contender>, contenders: readonly Contender[]): Promise<BenchRow[]> {
    const results = new Map<string, (readonly Measured[])[]>(contenders.map(({ name }) => [name, []]));
    for (let round = 0; round < this.#options.rounds; round += 1) {
      for (const contender of contenders) {
        this.#options.say(`${measure.name}: ${contender.name}`);
        results.get(contender.name)!.push(await measure.run(contender));
      }
    }
    return rowsOf(measure, results);
  }

  #measure(load: Workload): Measure<Contender> {
    const unit = load.unit.split(' ').at(-1)!;
    return {
      name: load.unit === '/s' ? load.name : `${load.name}: ${load.unit.split(' ')[0]}`,
      unit,
      run: (contender) => this.#put(load, contender),
    };
  }

  /** The same beside policies and webhooks that are about something else. */
  #measureBeside(load: Workload): Measure<Contender> {
    const name = `${load.name} beside ${UNMATCHED}`;
    return {
      name: `${name}|${load.name}: share of that without them`,
      unit: '/s|%',
      run: (contender) => besideUnmatched(contender, () => this.#put(load, contender)),
    };
  }

  async #put(load: Workload, contender: Contender): Promise<readonly Measured[]> {
    const cpu = contender.cpuSeconds();
    const begin = this.#now();
    this.#run += 1;
    const { threads: parts, seconds, clients, objects, watchers } = this.#options;
    const share = { parts, run: this.#run, options: { seconds, clients, objects, watchers } };
    const { perSecond, p50Ms, p99Ms, errors, firstError } = await putLoad(load, contender.target, share);
    const used = ((contender.cpuSeconds() - cpu) * 1000) / (this.#now() - begin);
    const notes = [
      ...(Number.isNaN(p50Ms) ? [] : [`p50 ${p50Ms.toFixed(1)} ms`, `p99 ${p99Ms.toFixed(1)} ms`]),
      ...(load.unit === '/s' && perSecond > 0 ? [`${((used * 1e6) / perSecond).toFixed(0)} µs CPU`] : []),
      ...(errors > 0 ? [`${errors} errors: ${firstError}`] : []),
    ];
    const value = { '/s': perSecond, 'p50 ms': p50Ms, 'p99 ms': p99Ms }[load.unit];
    return [{ value, note: notes.join(', ') }];
  }

  /** Memory and start, each on an API server that nothing else was done to. */
  async #weights(): Promise<BenchRow[]> {
    const { weighPods, weighConfigMaps, weighDefinitions } = this.#options;
    const weigh = (count: number, plural: string, make: (at: number) => object): Measure<string> => ({
      name: `${count} ${plural}: memory of one|start with them|fill`,
      unit: 'KiB|ms|/s',
      run: async (name) => await this.#weigh(name, plural, count, make),
    });
    const measures = [
      weigh(weighPods, 'pods', (at) => pod(`pod-${at}`)),
      weigh(weighConfigMaps, 'configmaps', (at) => configMap(configMapName(at))),
      {
        name: `${weighDefinitions} definitions: served|memory of one|discovery`,
        unit: '/s|KiB|KiB',
        run: async (name: string) => await this.#weighDefinitions(name, weighDefinitions),
      },
    ];
    const rows: BenchRow[] = [];
    for (const measure of measures) {
      if (!this.#isAsked(measure.name)) continue;
      const results = new Map<string, (readonly Measured[])[]>();
      for (const name of this.#starts.keys()) {
        this.#options.say(`${measure.name}: ${name}`);
        results.set(name, [await measure.run(name)]);
      }
      rows.push(...rowsOf(measure, results));
    }
    return rows;
  }

  async #weigh(name: string, plural: string, count: number, make: (at: number) => object): Promise<Measured[]> {
    const contender = await this.#start(name);
    try {
      const perSecond = await fill(contender, pathOf(plural), count, make, () => this.#now());
      // What the objects take once they are read, without what writing them left behind.
      const empty = await this.#startEmpty(name);
      await contender.kill();
      const startMs = await contender.start();
      const bytes = contender.memory() - empty;
      return [
        { value: bytes / count / 1024, note: `${(contender.memory() / 2 ** 20).toFixed(0)} MiB in all` },
        { value: startMs, note: '' },
        { value: perSecond, note: '64 clients' },
      ];
    } finally {
      await contender.stop();
    }
  }

  async #weighDefinitions(name: string, count: number): Promise<Measured[]> {
    const contender = await this.#start(name);
    try {
      return await weighDefinitions(contender, count, { now: () => this.#now(), sleep: this.#sleep });
    } finally {
      await contender.stop();
    }
  }

  readonly #sleep = (ms: number): Promise<void> => this.#dependencies.clock.sleep(ms);

  /** Memory of an API server without objects. */
  async #startEmpty(name: string): Promise<number> {
    const contender = await this.#start(name);
    try {
      return contender.memory();
    } finally {
      await contender.stop();
    }
  }

  async #start(name: string): Promise<Contender> {
    this.#options.say(`starting ${name}`);
    const contender = await this.#starts.get(name)!(mkdtempSync(join(this.#directory, `${name}-`)));
    await prepare(contender, async (caller) => {
      await admitCrowd(caller);
      await defineCustom(caller, this.#sleep);
    });
    return contender;
  }

  async #fill(contender: Contender): Promise<void> {
    const { objects } = this.#options;
    this.#options.say(`filling ${contender.name}`);
    const now = () => this.#now();
    await fill(
      contender,
      pathOf('configmaps'),
      objects,
      (at) => configMap(configMapName(at), undefined, labelsOf(at)),
      now,
    );
    await fill(contender, pathOf('pods'), objects, (at) => pod(`pod-${at}`, labelsOf(at)), now);
    await fill(contender, customPath(), objects, (at) => customObject(configMapName(at), undefined, labelsOf(at)), now);
  }

  #now(): number {
    return this.#dependencies.clock.monotonic();
  }

  #isAsked(name: string): boolean {
    return this.#options.only?.test(name) ?? true;
  }
}
