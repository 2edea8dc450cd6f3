import { Worker } from 'node:worker_threads';
import { type LoadResult, resultOf, type Sample } from '../load.js';
import type { Target } from './target.js';
import type { Share, Workload } from './workloads.js';

export interface LoadThreadData extends Pick<Share, 'part' | 'parts' | 'run' | 'options'> {
  readonly workload: string;
  readonly target: Target;
}

type Message = { readonly ready: true } | { readonly sample: Sample };

const PROGRAM = new URL('./load-thread.js', import.meta.url);

/** Puts a load from several threads, so that one client is never the limit; they begin together. */
export async function putLoad(
  { name }: Pick<Workload, 'name'>,
  target: Target,
  { parts, ...rest }: Pick<Share, 'parts' | 'run' | 'options'>,
): Promise<LoadResult> {
  const threads = Array.from({ length: parts }, (_, part) => {
    const workerData: LoadThreadData = { workload: name, target, part, parts, ...rest };
    return new LoadThread(new Worker(PROGRAM, { workerData }));
  });
  try {
    await Promise.all(threads.map((thread) => thread.ready));
    for (const thread of threads) thread.go();
    return resultOf(await Promise.all(threads.map((thread) => thread.sample)));
  } finally {
    await Promise.all(threads.map((thread) => thread.end()));
  }
}

class LoadThread {
  readonly ready: Promise<void>;
  readonly sample: Promise<Sample>;
  readonly #worker: Worker;

  constructor(worker: Worker) {
    this.#worker = worker;
    const failed = new Promise<never>((_, reject) => {
      worker.once('error', reject);
      worker.once('exit', (code) => reject(new Error(`a thread of the load ended with ${code}`)));
    });
    const said = <T>(of: (message: Message) => T | undefined) =>
      new Promise<T>((resolve) => {
        worker.on('message', (message: Message) => {
          const found = of(message);
          if (found !== undefined) resolve(found);
        });
      });
    this.ready = Promise.race([said((it) => ('ready' in it ? true : undefined)), failed]).then(() => undefined);
    this.sample = Promise.race([said((it) => ('sample' in it ? it.sample : undefined)), failed]);
    // Whoever waits for one of them hears of a failure; the other is not waited for then.
    for (const promise of [failed, this.ready, this.sample]) promise.catch(() => undefined);
  }

  go(): void {
    this.#worker.postMessage('go');
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}
