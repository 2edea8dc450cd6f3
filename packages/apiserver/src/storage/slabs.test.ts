import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '@keelson/service';
import { type KeptText, Slabs } from './slabs.js';

const memoryOf = (texts: Iterable<KeptText>) => {
  const memories = new Set([...texts].map(({ bytes }) => bytes.buffer));
  return [...memories].reduce((sum, { byteLength }) => sum + byteLength, 0);
};

test('texts stay what they are while others come and go, in at most twice their memory', () => {
  const random = seededRandom(3);
  const slabs = new Slabs();
  const kept = new Map<KeptText, string>();
  const seen: { bytes: Buffer; text: string }[] = [];
  for (let turn = 0; turn < 20_000; turn++) {
    const text = `${turn}`.padEnd(random.integer(100) === 0 ? 20_000 : random.integer(3_000), '.');
    kept.set(slabs.keep([Buffer.from(text.slice(0, 3)), Buffer.from(text.slice(3))]), text);
    // Now more go than come, now fewer, whichever it is.
    for (let gone = random.integer(turn % 4_000 < 2_000 ? 2 : 4); gone > 0 && kept.size > 0; gone--) {
      const [one] = [...kept].at(random.integer(Math.min(kept.size, 50)))!;
      if (seen.length < 100) seen.push({ bytes: one.bytes, text: kept.get(one)! });
      slabs.release(one);
      slabs.release(one);
      kept.delete(one);
    }
    if (turn % 500 > 0) continue;
    for (const [one, wanted] of kept) assert.equal(one.bytes.toString(), wanted);
    const bytes = [...kept.values()].reduce((sum, it) => sum + it.length, 0);
    // Beside what is in use: the slab that is being filled, and ends of slabs that a long text did not fit into.
    assert.ok(memoryOf(kept.keys()) <= 2 * bytes * 1.2 + 2 * 64 * 1024, `${memoryOf(kept.keys())} for ${bytes}`);
  }
  for (const { bytes, text } of seen) assert.equal(bytes.toString(), text, 'who has the bytes keeps them');
});
