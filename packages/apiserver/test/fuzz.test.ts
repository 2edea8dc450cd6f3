import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Finding, Fuzzer } from './fuzz/fuzzer.js';
import { options, ServerUnderTest } from './server-under-test.js';

const WARM_UP_SEEDS = 3;
const SEEDS = 12;
/** Worker threads that come and go. */
const SPARE = 4;
const HEAP_MAX = 400 * 1024 * 1024;

let world: ServerUnderTest;
before(async () => {
  world = await ServerUnderTest.start();
});
after(() => world.stop());

test('whatever clients send, the server answers well, stays, and keeps nothing', options, async () => {
  const fuzzer = new Fuzzer(world);
  try {
    const found: Finding[] = [];
    const run = async (from: number, to: number) => {
      for (let seed = from; seed <= to; seed++) found.push(...(await fuzzer.run(seed)));
    };
    await run(1, WARM_UP_SEEDS);
    const early = await fuzzer.gauges();
    await run(WARM_UP_SEEDS + 1, SEEDS);
    assert.deepEqual(found.map(told), []);
    const handles = early.handles + fuzzer.broken;
    const files = early.files + fuzzer.broken;
    const late = await fuzzer.gauges((it) => it.handles <= handles + SPARE && it.files <= files + SPARE);
    assert.ok(late.handles <= handles + SPARE && late.files <= files + SPARE, JSON.stringify({ early, late }));
    assert.ok(late.heap < HEAP_MAX, `${late.heap} bytes of heap`);
  } finally {
    await fuzzer.close();
  }
});

function told({ seed, request, what, problem }: Finding): string {
  return `npm run fuzz -- --seeds 1 --seed ${seed}: request ${request}: ${problem}: ${what}`;
}
