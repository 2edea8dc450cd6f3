import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Node } from '@keelson/api';
import { Registry, silentLogger } from '@keelson/service';
import { ManualClock } from '@keelson/service/testing';
import { type Scrape, UsageStore } from '../points/usage-store.js';
import { ScrapeMetrics } from './scrape-metrics.js';
import { Scraper } from './scraper.js';

const AT_ONCE = 8;

function scraper(names: string[], scrape: (name: string) => Promise<Scrape>) {
  const clock = new ManualClock();
  const store = new UsageStore({ resolutionMs: 15_000 }, { now: () => clock.monotonic() });
  const registry = new Registry();
  const metrics = new ScrapeMetrics(registry, store);
  let nodes = names.map((name): Node => ({ metadata: { name } }));
  const stop = new AbortController();
  const it = new Scraper(
    { atOnce: AT_ONCE },
    {
      ...{ nodes: () => nodes, store, metrics, clock, logger: silentLogger },
      scrape: (node) => scrape(node.metadata.name ?? ''),
    },
  );
  const leave = (...gone: string[]) => {
    nodes = nodes.filter(({ metadata }) => !gone.includes(metadata.name ?? ''));
  };
  return { store, registry, leave, round: () => it.round(stop.signal) };
}

const nothing: Scrape = { node: undefined, pods: new Map() };
const settled = () => new Promise((resolve) => setImmediate(resolve));

test('no more kubelets are asked at once than allowed, and all are', async () => {
  let [running, most, asked] = [0, 0, 0];
  const names = Array.from({ length: 50 }, (_, index) => `n${index}`);
  const { round, store } = scraper(names, async () => {
    running += 1;
    asked += 1;
    most = Math.max(most, running);
    await settled();
    running -= 1;
    return nothing;
  });
  await round();
  assert.deepEqual([most, asked, store.nodes], [AT_ONCE, 50, 50]);
});

test('kubelets that hang are not asked again while they do, and keep nobody from asking the others', async () => {
  const hanging: (() => void)[] = [];
  const asked = new Map<string, number>();
  const bad = Array.from({ length: 30 }, (_, index) => `bad${index}`);
  const { round, store } = scraper([...bad, 'good1', 'good2'], async (name) => {
    asked.set(name, (asked.get(name) ?? 0) + 1);
    if (!name.startsWith('bad')) return nothing;
    if (asked.get(name) === 1) throw new Error('it does not answer');
    return new Promise((_, reject) => hanging.push(() => reject(new Error('it does not answer'))));
  });
  await round();
  assert.equal(store.nodes, 2);
  void round();
  await settled();
  void round();
  await settled();
  assert.equal(asked.get('good1'), 3);
  assert.equal(hanging.length, AT_ONCE / 4, 'the others wait for their turn');
  while (hanging.length > 0) {
    hanging.shift()?.();
    await settled();
  }
  assert.ok(bad.every((name) => asked.get(name) === 2));
});

test('a node that is gone is forgotten, and requests are counted', async () => {
  const { round, store, leave, registry } = scraper(['a', 'b'], async (name) => {
    if (name === 'b') throw new Error('no');
    return nothing;
  });
  await round();
  assert.equal(store.nodes, 1);
  const text = await registry.metrics();
  assert.match(text, /metrics_server_kubelet_request_total\{success="true"\} 1/);
  assert.match(text, /metrics_server_kubelet_request_total\{success="false"\} 1/);
  leave('a', 'b');
  await round();
  assert.equal(store.nodes, 0);
});
