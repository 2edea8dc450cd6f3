import { PATCH_TYPES } from '@keelson/api';
import type { HttpCaller } from '@keelson/service';
import { type Sample, sample, WARM_UP_SHARE } from '../load.js';
import { call, configMap, pathOf, succeed } from './objects.js';
import type { Share } from './workloads.js';

const WATCHERS_PER_CONNECTION = 50;
/** All of thousands would wait for each other for longer than one may take. */
const CONNECTING_AT_ONCE = 4;
const WRITERS = 4;
const NEWLINE = 0x0a;
const WATCHED = 'watched';
const WATCH = `${pathOf('configmaps')}?watch=1&labelSelector=${encodeURIComponent(WATCHED)}`;

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

const applied = (name: string, value: string) => {
  const path = `${pathOf('configmaps', `${WATCHED}-${name}`)}?fieldManager=bench&force=true`;
  const body = configMap(`${WATCHED}-${name}`, value, { [WATCHED]: 'yes' });
  return call('PATCH', path, body, PATCH_TYPES.apply);
};

/** Events that reach watchers of the same objects, spread over all parts, while the first part writes them. */
export async function watchFanOut(share: Share): Promise<Sample> {
  const { part, parts, clock, open } = share;
  const { seconds } = share.options;
  const watchers = Math.ceil(share.options.watchers / parts);
  const callers = open(Math.ceil(watchers / WATCHERS_PER_CONNECTION));
  let events = 0;
  try {
    const left = callers.entries();
    const begin = async () => {
      for (const [at, caller] of left) {
        const own = Math.min(WATCHERS_PER_CONNECTION, watchers - at * WATCHERS_PER_CONNECTION);
        await Promise.all(Array.from({ length: own }, () => watch(caller, () => events++)));
      }
    };
    await Promise.all(Array.from({ length: CONNECTING_AT_ONCE }, begin));
    await share.start();
    const began = clock.monotonic();
    const before = events;
    let written = 0;
    const write = async (caller: HttpCaller, client: number, turn: number) => {
      // Nobody is ahead of the watchers by more than a few events: their rate is what is measured.
      while ((written - WRITERS) * watchers > events - before) await clock.sleep(1);
      written += 1;
      await succeed(caller, applied(String(client), `turn-${turn}`));
    };
    const drive = async () => await sample(write, { clients: WRITERS, seconds, open }, clock);
    const idle = async () => await clock.sleep(seconds * (1 + WARM_UP_SHARE) * 1000);
    const writes = part === 0 ? await drive() : await idle();
    const took = (clock.monotonic() - began) / 1000;
    return { latencies: [], errors: 0, ...writes, count: events - before, seconds: took };
  } finally {
    for (const caller of callers) caller.close();
  }
}

/** From the start of a write to its event, of one writer and one watcher, in the first part. */
export async function watchLatency({ part, clock, open, start, options }: Share): Promise<Sample> {
  const { seconds } = options;
  const [watcher, writer] = open(2);
  const latencies: number[] = [];
  let arrived: ((value: Buffer) => void) | undefined;
  try {
    await watch(watcher!, (line, end) => arrived?.(line.subarray(0, end)));
    await start();
    const until = clock.monotonic() + (part === 0 ? seconds * 1000 : 0);
    for (let turn = 0; clock.monotonic() < until; turn += 1) {
      const value = `latency-${turn}-`;
      const begin = clock.monotonic();
      const event = new Promise<void>((resolve) => {
        arrived = (line) => {
          if (line.includes(value)) resolve();
        };
      });
      await succeed(writer!, applied('latency', value));
      await event;
      latencies.push(clock.monotonic() - begin);
    }
    return { count: latencies.length, seconds, latencies, errors: 0 };
  } finally {
    watcher!.close();
    writer!.close();
  }
}
