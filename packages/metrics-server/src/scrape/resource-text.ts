import type { Point } from '../points/points.js';
import type { Scrape } from '../points/usage-store.js';

/** What is wrong with a kubelet's answer. */
export class ScrapeError extends Error {
  override readonly name = 'ScrapeError';
}

type Part = 'cpu' | 'memory' | 'started';

const NODE: Readonly<Record<string, Part>> = {
  node_cpu_usage_seconds_total: 'cpu',
  node_memory_working_set_bytes: 'memory',
};
const CONTAINER: Readonly<Record<string, Part>> = {
  container_cpu_usage_seconds_total: 'cpu',
  container_memory_working_set_bytes: 'memory',
  container_start_time_seconds: 'started',
};
const ERROR = 'resource_scrape_error';

const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?[ \t]+(\S+)(?:[ \t]+(-?\d+))?[ \t]*$/;
const LABEL = /\s*([a-zA-Z_]\w*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*(?:,|$)/y;
const LINE_CHARS_MAX = 10_000;
/** Of one node. */
const CONTAINERS_MAX = 10_000;

/** Samples of one thing, as far as they have come. */
interface Draft {
  at: number;
  cpu?: number;
  memory?: number;
  started?: number;
}

/** Reads what `/metrics/resource` says, piece by piece as it comes. */
export class ResourceText {
  /** Of samples that bring no time of their own. */
  readonly #now: number;
  readonly #node: Draft;
  readonly #pods = new Map<string, Map<string, Draft>>();
  #containers = 0;
  #rest = '';
  #lines = 0;
  #samples = 0;
  #failed = false;

  constructor(now: number) {
    this.#now = now;
    this.#node = { at: now };
  }

  /** Throws ScrapeError for what is no text of metrics. */
  add(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > LINE_CHARS_MAX) throw new ScrapeError(`line ${this.#lines + 1} is too long`);
    for (const line of lines) this.#line(line);
  }

  /** What it all was. Throws ScrapeError. */
  end(): Scrape {
    this.#line(this.#rest);
    if (this.#failed) throw new ScrapeError('the kubelet says that it could not find out what is used');
    if (this.#samples === 0) throw new ScrapeError('it holds no resource metrics');
    const pods = new Map<string, Map<string, Point>>();
    for (const [key, drafts] of this.#pods) {
      const points = [...drafts].map(([name, draft]) => [name, pointOf(draft)] as const);
      // A pod of which a part is missing would seem to use less than it does.
      if (points.some(([, point]) => point === undefined)) continue;
      pods.set(key, new Map(points as [string, Point][]));
    }
    return { node: pointOf(this.#node), pods };
  }

  #line(line: string): void {
    this.#lines += 1;
    const text = line.trim();
    if (text === '' || text.startsWith('#')) return;
    const [, name = '', labels = '', number = '', time] = SAMPLE.exec(text) ?? [];
    const value = numberOf(number);
    if (value === undefined) throw new ScrapeError(`line ${this.#lines} is no sample of a metric`);
    if (name === ERROR && value !== 0) this.#failed = true;
    const at = time === undefined ? undefined : Number(time);
    if (NODE[name] !== undefined) put(this.#node, NODE[name], value, at);
    else if (CONTAINER[name] !== undefined)
      put(this.#draftOf(labelsIn(labels, this.#lines)), CONTAINER[name], value, at);
    else return;
    this.#samples += 1;
  }

  #draftOf({ namespace = '', pod = '', container = '' }: Readonly<Record<string, string>>): Draft {
    const key = `${namespace}/${pod}`;
    const drafts = this.#pods.get(key) ?? new Map<string, Draft>();
    const known = drafts.get(container);
    if (known !== undefined) return known;
    this.#containers += 1;
    if (this.#containers > CONTAINERS_MAX) throw new ScrapeError(`it tells of more than ${CONTAINERS_MAX} containers`);
    const draft: Draft = { at: this.#now };
    this.#pods.set(key, drafts.set(container, draft));
    return draft;
  }
}

function put(draft: Draft, part: Part, value: number, at: number | undefined): void {
  draft[part] = value;
  // CPU is what needs the right time.
  if (at !== undefined && (part === 'cpu' || (part === 'memory' && draft.cpu === undefined))) draft.at = at;
}

function pointOf({ at, cpu, memory, started = 0 }: Draft): Point | undefined {
  if (cpu === undefined || memory === undefined || cpu < 0 || memory < 0) return undefined;
  const cpuNanoseconds = Math.round(cpu * 1e9);
  return { at, cpuNanoseconds, memoryBytes: Math.round(memory), startedAt: started * 1000 };
}

function labelsIn(text: string, line: number): Record<string, string> {
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < text.length) {
    const [, name = '', value = ''] = LABEL.exec(text) ?? [];
    if (name === '') throw new ScrapeError(`line ${line} has labels that cannot be read`);
    labels[name] = value.replace(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char));
  }
  return labels;
}

const WORDS: Readonly<Record<string, number>> = { '+Inf': Infinity, Inf: Infinity, '-Inf': -Infinity, NaN: Number.NaN };

/** Undefined: it is none. Infinite ones and those that are none by their own word are of no use, yet no error. */
function numberOf(text: string): number | undefined {
  if (text in WORDS) return -1;
  const value = text === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : undefined;
}
