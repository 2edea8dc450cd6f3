import type { Clock, HttpCaller } from '@keelson/service';
import { drive, type LoadResult, percentiles } from '../load.js';
import type { Contender } from './contender.js';
import { call, configMap, pathOf, succeed } from './objects.js';

interface Options {
  readonly seconds: number;
  readonly watchers: number;
}

const WATCHERS_PER_CONNECTION = 50;
const WRITERS = 4;
const NEWLINE = 0x0a;
const WATCHED = 'watched';
const WATCH = `${pathOf('configmaps')}?watch=1&labelSelector=${encodeURIComponent(WATCHED)}`;
const SLEEP_MS = 50;

/** Begins to watch; resolves once the server has begun to answer. `event` is told of each line of the answer. */
function watch(caller: HttpCaller, event: (line: Buffer, end: number) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    let rest: Buffer | undefined;
    caller.send(call('GET', WATCH), {
      begun: (status) => (status === 200 ? resolve() : reject(new Error(`a watch is answered with ${status}`))),
      data: (bytes) => {
        let chunk = rest === undefined ? bytes : Buffer.concat([rest, bytes]);
        for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE)) {
          event(chunk, end);
          chunk = chunk.subarray(end + 1);
        }
        rest = chunk.length > 0 ? Buffer.from(chunk) : undefined;
      },
      ended: (status, error) => reject(error ?? new Error(`a watch ended with ${status}`)),
    });
  });
}

const watched = (name: string, value?: string) => configMap(`${WATCHED}-${name}`, value, { [WATCHED]: 'yes' });

/** Events that reach watchers of the same objects while some clients write them. */
export async function watchFanOut(contender: Contender, options: Options, clock: Clock): Promise<LoadResult> {
  const { seconds, watchers } = options;
  const callers = contender.open(Math.ceil(watchers / WATCHERS_PER_CONNECTION));
  let events = 0;
  let written = 0;
  try {
    const began = Array.from({ length: watchers }, (_, at) =>
      watch(callers[at % callers.length]!, () => {
        events += 1;
      }),
    );
    await Promise.all(began);
    await clock.sleep(SLEEP_MS);
    const begin = clock.monotonic();
    const before = events;
    const write = async (caller: HttpCaller, client: number, turn: number) => {
      // Nobody is ahead of the watchers by more than a few events: their rate is what is measured.
      while ((written - WRITERS) * watchers > events - before) await clock.sleep(1);
      written += 1;
      const body = watched(String(client), `turn-${turn}`);
      const path = `${pathOf('configmaps', `${WATCHED}-${client}`)}?fieldManager=bench&force=true`;
      await succeed(caller, call('PATCH', path, body, 'application/apply-patch+yaml'));
    };
    const { errors, firstError, p50Ms, p99Ms } = await drive(
      write,
      { clients: WRITERS, seconds, open: contender.open },
      clock,
    );
    return { perSecond: ((events - before) * 1000) / (clock.monotonic() - begin), p50Ms, p99Ms, errors, firstError };
  } finally {
    for (const caller of callers) caller.close();
  }
}

/** Milliseconds from the start of a write to its event, of one writer and one watcher. */
export async function watchLatency(contender: Contender, { seconds }: Options, clock: Clock): Promise<LoadResult> {
  const [watcher, writer] = contender.open(2);
  const latencies: number[] = [];
  let arrived: ((value: Buffer) => void) | undefined;
  try {
    await watch(watcher!, (line, end) => arrived?.(line.subarray(0, end)));
    await clock.sleep(SLEEP_MS);
    const until = clock.monotonic() + seconds * 1000;
    for (let turn = 0; clock.monotonic() < until; turn += 1) {
      const value = `latency-${turn}`;
      const begin = clock.monotonic();
      const event = new Promise<void>((resolve) => {
        arrived = (line) => {
          if (line.includes(value)) resolve();
        };
      });
      const path = `${pathOf('configmaps', `${WATCHED}-latency`)}?fieldManager=bench&force=true`;
      await succeed(writer!, call('PATCH', path, watched('latency', value), 'application/apply-patch+yaml'));
      await event;
      latencies.push(clock.monotonic() - begin);
    }
    return { perSecond: latencies.length / seconds, ...percentiles(latencies), errors: 0 };
  } finally {
    watcher!.close();
    writer!.close();
  }
}
