import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { Transcript } from './transcript.js';

// A transcript is commands with what they print, in blocks: lines of comment (#) and one command, `----`, the output.
// `UPDATE=1 node --test dist/test/transcripts.test.js` writes what is printed now; read the difference before keeping it.
const directory = new URL('../../test/transcripts/', import.meta.url);

function replay(text: string): string {
  const transcript = new Transcript();
  const blocks = text.trim().split(/\n\n+/);
  return `${blocks.map((block) => replayBlock(transcript, block)).join('\n\n')}\n`;
}

function replayBlock(transcript: Transcript, block: string): string {
  const [input = ''] = block.split('\n----');
  const commands = input.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  if (commands.length === 0) return block;
  const outputs = commands.map((command) => transcript.run(command)).filter((output) => output !== 'ok');
  return `${input}\n----\n${outputs.length === 0 ? 'ok' : outputs.join('\n')}`;
}

for (const name of readdirSync(directory).sort()) {
  test(`transcript ${name}`, () => {
    const file = new URL(name, directory);
    const golden = readFileSync(file, 'utf8');
    const actual = replay(golden);
    if (process.env['UPDATE']) writeFileSync(file, actual);
    else assert.equal(actual, golden);
  });
}
