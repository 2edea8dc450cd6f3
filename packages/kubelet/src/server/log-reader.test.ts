import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { systemClock } from '@keelson/service';
import fc from 'fast-check';
import { type LogOptions, readLog, tailLog } from './log-reader.js';

const directory = mkdtempSync(join(tmpdir(), 'keelson-read-'));
after(() => rmSync(directory, { recursive: true }));
const path = join(directory, 'log');
const clock = systemClock();
const line = (text: string, second = 0, tag = 'F') => `2030-01-01T00:00:0${second}.000000000Z stdout ${tag} ${text}\n`;

async function read(options: Partial<LogOptions>, isRunning: () => boolean = () => false): Promise<string> {
  const parts: Buffer[] = [];
  const deps = { clock, signal: new AbortController().signal, isRunning };
  for await (const part of readLog(path, { timestamps: false, follow: false, ...options }, deps)) parts.push(part);
  return Buffer.concat(parts).toString();
}

test('lines, parts of lines, times, the first bytes', async () => {
  writeFileSync(path, line('one', 1) + line('tw', 2, 'P') + line('o', 3));
  assert.equal(await read({}), 'one\ntwo\n');
  assert.equal(await read({ timestamps: true, tailLines: 1 }), '2030-01-01T00:00:03.000000000Z o\n');
  assert.equal(await read({ limitBytes: 5 }), 'one\nt');
  assert.equal(await read({ since: Date.parse('2030-01-01T00:00:02Z') }), 'two\n');
  assert.equal(tailLog(path, 1, 100), 'o\n');
});

test('the last lines are the last lines, whatever their length', async () => {
  const texts = fc.array(
    fc.integer({ min: 0, max: 40_000 }).map((size) => 'x'.repeat(size)),
    { maxLength: 8 },
  );
  await fc.assert(
    fc.asyncProperty(texts, fc.nat(10), async (lines, count) => {
      writeFileSync(path, lines.map((text) => line(text)).join(''));
      const wanted = count === 0 ? [] : lines.slice(-count);
      assert.equal(await read({ tailLines: count }), wanted.map((text) => `${text}\n`).join(''));
    }),
    { numRuns: 40 },
  );
});

test('following goes over a rotation and ends with the container', async () => {
  writeFileSync(path, line('1'));
  let round = 0;
  const text = await read({ follow: true }, () => {
    round += 1;
    if (round === 1) appendFileSync(path, line('2'));
    if (round === 2) {
      appendFileSync(path, line('3'));
      renameSync(path, `${path}.old`);
      writeFileSync(path, line('4'));
    }
    if (round === 3) appendFileSync(path, line('5'));
    return round < 3;
  });
  assert.equal(text, '1\n2\n3\n4\n5\n');
});

test('no log is an error', async () => {
  rmSync(path, { force: true });
  await assert.rejects(read({}), { code: 'ENOENT' });
});
