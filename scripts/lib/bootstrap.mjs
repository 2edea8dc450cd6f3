// What `npm test`, `npm run up` and friends need before any package can be imported:
// dependencies installed and TypeScript compiled. Plain JavaScript on purpose: nothing is built yet when it runs.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Packages whose program is made into one file: it is started often or has to be up soon. */
export const PROGRAMS = ['apiserver', 'cli', 'controller-manager', 'kubelet', 'metrics-server', 'scheduler'];

const NODE_MIN = [20, 19];

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1])) return;
  fail(`Node.js ${process.versions.node} is too old: Keelson needs ${NODE_MIN.join('.')} or newer`);
}

function fail(message) {
  console.error(`error: ${message}`);
  process.exit(1);
}

function step(label, command, args) {
  if (process.stderr.isTTY) process.stderr.write(`${label} … `);
  const started = process.hrtime.bigint();
  const result = spawnSync(command, args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  if (result.status !== 0) {
    process.stderr.write(`${result.stdout ?? ''}${result.stderr ?? ''}`);
    fail(`${label} failed: ${command} ${args.join(' ')}${result.error ? ` (${result.error.message})` : ''}`);
  }
  if (process.stderr.isTTY) {
    process.stderr.write(`${Math.round(Number((process.hrtime.bigint() - started) / 1_000_000n))} ms\n`);
  }
}

/** node_modules is stale when npm's own record of it is missing or older than the lock file. */
function installed() {
  const record = `${root}node_modules/.package-lock.json`;
  if (!existsSync(record)) return false;
  if (statSync(record).mtimeMs >= statSync(`${root}package-lock.json`).mtimeMs) return true;
  const wanted = JSON.parse(readFileSync(`${root}package-lock.json`, 'utf8')).packages;
  const have = JSON.parse(readFileSync(record, 'utf8')).packages;
  const isMissing = ([path, { optional }]) => path.includes('node_modules/') && !optional && have[path] === undefined;
  if (Object.entries(wanted).some(isMissing)) return false;
  return Object.entries(have).every(([path, { version }]) => wanted[path]?.version === version);
}

export function install() {
  checkNode();
  if (!installed()) step('Installing dependencies', 'npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
}

/** Bundles are stale when something was compiled, or how they are made was changed, after them. */
function bundled() {
  const changed = (path) => statSync(`${root}${path}`, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const made = Math.min(...PROGRAMS.map((name) => changed(`packages/${name}/dist/bundle/main.js`)));
  const sources = readdirSync(`${root}packages`).map((name) => `packages/${name}/dist/.tsbuildinfo`);
  return ['scripts/lib/bundle.mjs', 'package-lock.json', ...sources].every((path) => changed(path) <= made);
}

export function build() {
  step('Building', process.execPath, [`${root}node_modules/typescript/bin/tsc`, '-b', root]);
  if (!bundled()) step('Bundling', process.execPath, [`${root}scripts/lib/bundle.mjs`]);
}
