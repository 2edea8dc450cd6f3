/** Loaded into an API server: tells, when it is sent SIGUSR2, the longest turn of its event loop since the last time. */
import { appendFileSync, openSync, readSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

const SAMPLE_MS = 2;
const file = process.env['KEELSON_TURNS_FILE'];

/** Processor time of this thread in milliseconds: neither others on the machine nor other threads count. */
function threadTime(): () => number {
  const fd = openSync('/proc/thread-self/schedstat', 'r');
  const buffer = Buffer.alloc(64);
  return () => Number(buffer.toString('latin1', 0, readSync(fd, buffer, 0, 64, 0)).split(' ')[0]) / 1e6;
}

if (file !== undefined && isMainThread) {
  const now = threadTime();
  let [last, longest] = [now(), 0];
  const sample = () => {
    const at = now();
    longest = Math.max(longest, at - last);
    last = at;
  };
  setInterval(sample, SAMPLE_MS).unref();
  process.on('SIGUSR2', () => {
    appendFileSync(file, `${longest.toFixed(1)}\n`);
    longest = 0;
  });
}
