import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Transport } from '@keelson/client';
import { simulateControllers } from '../src/controllers/simulation.js';

const FAULTS_MS = 120_000;
const SEEDS = 40;
const options = (seed: number) => ({ seed, faultsMs: FAULTS_MS, traceLines: 60 });

test(`${SEEDS} stories of controllers end as they would have without any fault`, async () => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const { failure, trace } = await simulateControllers(options(seed));
    if (failure !== undefined)
      assert.fail(`${trace.join('\n')}\n${failure.message}: npm run sim -- controllers --seed ${seed}`);
  }
});

test('a seed is one story', async () => {
  const [first, second] = [await simulateControllers(options(7)), await simulateControllers(options(7))];
  assert.equal(first.hash, second.hash);
});

describe('mistakes that are put in are noticed', () => {
  /** Some seed of a few tells that something is wrong, in these words. */
  const caught = async (plant: (transport: Transport) => Transport, words: RegExp) => {
    for (let seed = 1; seed <= 12; seed += 1) {
      const { failure } = await simulateControllers({ ...options(seed), plant });
      if (failure !== undefined && words.test(failure.message)) return;
    }
    assert.fail('nobody noticed');
  };

  test('pods are made twice', async () => {
    await caught(
      (transport) => ({
        call: async (request, settings) => {
          const { verb, path, body } = request;
          const answer = await transport.call(request, settings);
          if (verb !== 'create' || path.resource !== 'pods' || path.subresource !== '') return answer;
          const again = JSON.parse(Buffer.from(body?.bytes ?? '').toString()) as { metadata: { name: string } };
          again.metadata.name += '-2';
          const bytes = Buffer.from(JSON.stringify(again));
          const name = again.metadata.name;
          await transport.call({ ...request, path: { ...path, name }, body: { ...body!, bytes } }, settings);
          return answer;
        },
        watch: (request, settings) => transport.watch(request, settings),
        discover: (settings) => transport.discover(settings),
        close: () => transport.close(),
      }),
      /pods at work, and wished for|twice at once/,
    );
  });

  test('deletions are not heard of', async () => {
    await caught(
      (transport) => ({
        call: (request, settings) => transport.call(request, settings),
        async *watch(request, settings) {
          for await (const event of transport.watch(request, settings))
            if (request.path.resource !== 'pods' || event.type !== 'DELETED') yield event;
        },
        discover: (settings) => transport.discover(settings),
        close: () => transport.close(),
      }),
      /it ended otherwise|does not come to rest/,
    );
  });
});
