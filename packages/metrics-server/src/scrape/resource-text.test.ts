import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ResourceText } from './resource-text.js';

const WHOLE = `# HELP container_cpu_usage_seconds_total [STABLE] Cumulative cpu time
# TYPE container_cpu_usage_seconds_total counter
container_cpu_usage_seconds_total{container="main",namespace="shop",pod="web-0"} 4.710169 1395066363000
container_cpu_usage_seconds_total{pod="web-0",container="side",namespace="shop",} 1e-05 1395066363000
container_memory_working_set_bytes{container="main",namespace="shop",pod="web-0"} 1.2e+06 1395066363001
container_memory_working_set_bytes{container="side",namespace="shop",pod="web-0"} 1000 1395066363001
container_memory_working_set_bytes{container="half",namespace="shop",pod="partly"} 1000 1395066363001
container_start_time_seconds{container="main",namespace="shop",pod="web-0"} 1395066300.5
container_swap_usage_bytes{container="main",namespace="shop",pod="web-0"} 0 1395066363001
node_cpu_usage_seconds_total 350 1395066363000
node_memory_working_set_bytes 1000 1395066363000
resource_scrape_error 0
`;

function read(...pieces: string[]) {
  const text = new ResourceText(7);
  for (const piece of pieces) text.add(piece);
  return text.end();
}

test('nodes and containers are read, by any order of labels and with other metrics between', () => {
  const { node, pods } = read(WHOLE);
  const at = 1395066363000;
  assert.deepEqual(node, { at, cpuNanoseconds: 350e9, memoryBytes: 1000, startedAt: 0 });
  assert.deepEqual([...pods.keys()], ['shop/web-0'], 'a pod of which a part is missing is left out');
  assert.deepEqual(Object.fromEntries(pods.get('shop/web-0')!), {
    main: { at, cpuNanoseconds: 4_710_169_000, memoryBytes: 1_200_000, startedAt: 1395066300500 },
    side: { at, cpuNanoseconds: 10_000, memoryBytes: 1000, startedAt: 0 },
  });
});

test('how it comes in pieces makes no difference', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(WHOLE.length), { maxLength: 8 }), (cuts) => {
      const at = [0, ...cuts.sort((a, b) => a - b), WHOLE.length];
      const pieces = at.slice(1).map((end, index) => WHOLE.slice(at[index], end));
      assert.deepEqual(read(...pieces), read(WHOLE));
    }),
  );
});

test('samples without a time are of now; a number that is none leaves its thing out', () => {
  assert.equal(read('node_cpu_usage_seconds_total 1\nnode_memory_working_set_bytes 2\n').node?.at, 7);
  assert.equal(read('node_cpu_usage_seconds_total NaN\nnode_memory_working_set_bytes 2\n').node, undefined);
});

test('labels may have anything in them', () => {
  const labels = 'container="a\\"b}{",namespace="x\\\\y",pod="p,q=\\n"';
  const { pods } = read(
    `container_cpu_usage_seconds_total{${labels}} 1\ncontainer_memory_working_set_bytes{${labels}} 1`,
  );
  assert.deepEqual(
    [...pods].map(([key, of]) => [key, ...of.keys()]),
    [['x\\y/p,q=\n', 'a"b}{']],
  );
});

test('what is no text of resource metrics is refused with its line', () => {
  for (const [text, message] of [
    ['<html>\n<body>502</body>', /line 1 is no sample of a metric/],
    ['node_cpu_usage_seconds_total 1\nnode_memory_working_set_bytes many\n', /line 2 is no sample/],
    ['node_cpu_usage_seconds_total 1 soon\n', /line 1 is no sample/],
    ['container_cpu_usage_seconds_total{pod=web} 1\n', /line 1 has labels that cannot be read/],
    ['', /it holds no resource metrics/],
    ['process_cpu_seconds_total 1\n', /it holds no resource metrics/],
    ['resource_scrape_error 1\nscrape_error 1\n', /could not find out what is used/],
    ['x'.repeat(20_000), /line 1 is too long/],
  ] as const) {
    assert.throws(() => read(text), { name: 'ScrapeError', message }, text.slice(0, 40));
  }
  const many = Array.from({ length: 10_001 }, (_, at) => `container_start_time_seconds{pod="p${at}"} 1\n`).join('');
  assert.throws(() => read(many), /more than 10000 containers/);
});
