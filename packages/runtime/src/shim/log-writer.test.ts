import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { LogWriter } from './log-writer.js';

function parse(path: string): { stream: string; tag: string; text: string }[] {
  return readFileSync(path, 'latin1')
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const [time, stream = '', tag = '', ...text] = line.split(' ');
      assert.match(time ?? '', /^2023-11-14T22:13:20\.000000000Z$/);
      return { stream, tag, text: text.join(' ') };
    });
}

test('whatever the chunks, the log says what was written', () => {
  const directory = mkdtempSync(join(tmpdir(), 'keelson-log-'));
  const chunk = fc
    .array(fc.constantFrom('a', '\n', ' ', 'x'.repeat(20_000)), { maxLength: 6 })
    .map((it) => it.join(''));
  const writes = fc.array(fc.tuple(fc.constantFrom('stdout', 'stderr'), chunk), { maxLength: 12 });
  fc.assert(
    fc.property(writes, (parts) => {
      const path = join(directory, 'log');
      rmSync(path, { force: true });
      const log = new LogWriter(path, () => 1_700_000_000_000);
      for (const [stream, text] of parts) log.write(stream as 'stdout', Buffer.from(text));
      log.flush();
      const lines = parse(path);
      for (const name of ['stdout', 'stderr']) {
        const wanted = parts
          .filter(([stream]) => stream === name)
          .map(([, text]) => text)
          .join('');
        const read = lines
          .filter(({ stream }) => stream === name)
          .map(({ tag, text }) => (tag === 'F' ? `${text}\n` : text));
        assert.equal(read.join(''), wanted);
      }
      assert.ok(lines.every(({ text }) => text.length <= 16 * 1024));
    }),
    { numRuns: 60 },
  );
  rmSync(directory, { recursive: true });
});

test('after a reopen the new file is written and the old one is left', () => {
  const directory = mkdtempSync(join(tmpdir(), 'keelson-log-'));
  const path = join(directory, 'log');
  const log = new LogWriter(path, () => 1_700_000_000_000);
  log.write('stdout', Buffer.from('one\n'));
  renameSync(path, `${path}.1`);
  log.reopen();
  log.write('stdout', Buffer.from('two\n'));
  assert.deepEqual([parse(`${path}.1`)[0]?.text, parse(path)[0]?.text], ['one', 'two']);
  rmSync(directory, { recursive: true });
});
