// `npm test [-- words]`: installs, builds and runs every compiled test; with words, those whose path contains one.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { build, install, root } from './lib/bootstrap.mjs';

install();
build();
const words = process.argv.slice(2);
const files = readdirSync(`${root}packages`)
  .flatMap((name) => testsUnder(`${root}packages/${name}/dist`))
  .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
  .sort();
if (files.length === 0) {
  console.error(`error: no test matches ${words.join(' ')}`);
  process.exit(1);
}
const run = spawnSync(
  process.execPath,
  ['--test', '--test-concurrency=2', '--test-timeout=400000', '--enable-source-maps', ...files],
  { stdio: 'inherit', cwd: root },
);
process.exit(run.status ?? 1);

function testsUnder(directory) {
  try {
    return readdirSync(directory, { recursive: true })
      .map(String)
      .filter((file) => file.endsWith('.test.js'))
      .map((file) => `${directory}/${file}`);
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
}
