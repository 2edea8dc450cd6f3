/** `npm run fuzz -- --seeds N [--seed S]`: hostile requests from N seeds, beginning with S. */
import { parseArgs } from 'node:util';
import { ServerUnderTest } from '../server-under-test.js';
import { Fuzzer } from './fuzzer.js';

const { values } = parseArgs({
  options: { seeds: { type: 'string', default: '100' }, seed: { type: 'string', default: '1' } },
});
const [seeds, first] = [Number(values.seeds), Number(values.seed)];
if (!Number.isInteger(seeds) || seeds < 1 || !Number.isInteger(first) || first < 0) {
  process.stderr.write('error: --seeds and --seed are whole numbers\n');
  process.exit(2);
}
const world = await ServerUnderTest.start();
let found = 0;
try {
  const fuzzer = new Fuzzer(world);
  const before = await fuzzer.gauges();
  for (let seed = first; seed < first + seeds && world.isRunning; seed++) {
    for (const { request, what, problem } of await fuzzer.run(seed)) {
      found += 1;
      console.log(
        `seed ${seed}, request ${request}: ${problem}\n  ${what}\n  npm run fuzz -- --seeds 1 --seed ${seed}`,
      );
    }
  }
  if (world.isRunning) {
    const after = await fuzzer.gauges(({ handles }) => handles <= before.handles + 2);
    for (const [name, value] of Object.entries(after))
      console.log(`${name}: ${before[name as keyof typeof before]} → ${value}`);
  }
  console.log(
    [...fuzzer.statuses]
      .sort()
      .map(([status, count]) => `${status}: ${count}`)
      .join(', '),
  );
  await fuzzer.close();
} finally {
  await world.stop();
}
console.log(found === 0 ? `nothing found in ${seeds} seeds` : `${found} found`);
process.exit(found === 0 ? 0 : 1);
