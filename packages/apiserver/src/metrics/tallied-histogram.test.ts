import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Registry } from '@keelson/service';
import { TalliedHistogram } from './tallied-histogram.js';

test('what is tallied is told like any histogram: as many as are not above each bound', async () => {
  const registry = new Registry();
  const histogram = new TalliedHistogram({
    ...{ name: 'took_seconds', help: 'How long', labelNames: ['name'], buckets: [0.1, 1], registers: [registry] },
  });
  const a = histogram.tally({ name: 'a' });
  histogram.tally({ name: 'never' });
  for (const value of [0.05, 0.1, 0.5, 3]) a(value);
  assert.equal(
    await registry.metrics(),
    [
      '# HELP took_seconds How long',
      '# TYPE took_seconds histogram',
      'took_seconds_bucket{le="0.1",name="a"} 2',
      'took_seconds_bucket{le="1",name="a"} 3',
      'took_seconds_bucket{le="+Inf",name="a"} 4',
      'took_seconds_sum{name="a"} 3.65',
      'took_seconds_count{name="a"} 4',
      '',
    ].join('\n'),
  );
});
