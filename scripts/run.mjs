// Runs one of Keelson's programs from a checkout: `node scripts/run.mjs keelson up --nodes 3`.
import { pathToFileURL } from 'node:url';
import { build, install, root } from './lib/bootstrap.mjs';

const programs = {
  keelson: 'launcher/dist/src/main.js',
  keelctl: 'cli/dist/src/start.js',
  'keelson-sim': 'testing/dist/src/main.js',
};
const [program, ...args] = process.argv.slice(2);
const home = programs[program];
if (home === undefined) {
  console.error(`error: unknown program "${program}": one of ${Object.keys(programs).join(', ')}`);
  process.exit(2);
}
install();
build();
const main = `${root}packages/${home}`;
process.argv = [process.execPath, main, ...args];
await import(pathToFileURL(main).href);
