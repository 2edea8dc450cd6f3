import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allKinds } from '../src/index.js';
import { FLAWS, type Flaw, type Place, placesOf, STEPS } from './growth.js';

const SMALL = 400;
const FACTOR = 8;
/** What is linear grows by the factor, what is quadratic by its square: this is well between them. */
const GROWTH_MAX = 3 * FACTOR;
/** Less says nothing. */
const TELLING_MS = 40;
const ATTEMPTS = 4;
/** Every so many places, unless all are asked for: there are hundreds, and many are alike. */
const EVERY = process.env['KEELSON_GROWTH'] === 'all' ? 1 : 24;

/** Processor time: others on the machine do not count. */
function cost(place: Place, step: string, flaw: Flaw, count: number): number {
  const run = STEPS[step]!(place.kind, place.build(count, flaw));
  if (run === undefined) return 0;
  const before = process.cpuUsage();
  run();
  return process.cpuUsage(before).user / 1000;
}

function isSuperlinear(place: Place, step: string, flaw: Flaw): boolean {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const large = cost(place, step, flaw, SMALL * FACTOR);
    if (large < TELLING_MS) return false;
    const small = cost(place, step, flaw, SMALL);
    if (large / small < GROWTH_MAX) return false;
  }
  return true;
}

test('whatever is large in an object, each step of its way costs no more than in proportion', {
  timeout: 1_800_000,
}, () => {
  const seen = new Set<string>();
  const places = allKinds.flatMap(placesOf).filter(({ kind, path }) => {
    // The same list of the same type is checked once, wherever it is.
    const id = path.startsWith('metadata.')
      ? path
      : path.includes('template')
        ? `${path.replace(/^.*template\./, '')}`
        : `${kind.kind}.${path}`;
    return seen.size < seen.add(id).size;
  });
  const found: string[] = [];
  for (const [index, place] of places.entries()) {
    if (index % EVERY !== 0) continue;
    for (const flaw of FLAWS) {
      for (const step of Object.keys(STEPS)) {
        if (isSuperlinear(place, step, flaw)) found.push(`${place.kind.kind} ${place.path} (${flaw}): ${step}`);
      }
    }
  }
  assert.deepEqual(found, []);
});
