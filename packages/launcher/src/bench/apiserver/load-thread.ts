/** A thread that does its part of a load. It says that it is ready, is told to go, and says what it saw. */
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '@keelson/service';
import type { LoadThreadData } from './load-threads.js';
import { opener } from './target.js';
import { WORKLOADS } from './workloads.js';

const { workload, target, ...share } = workerData as LoadThreadData;
const port = parentPort!;
const clock = systemClock();
const start = () =>
  new Promise<void>((resolve) => {
    port.once('message', () => resolve());
    port.postMessage({ ready: true });
  });
const load = WORKLOADS.find(({ name }) => name === workload)!;
const sample = await load.run({ ...share, clock, open: opener(target, clock), start });
port.postMessage({ sample });
port.close();
