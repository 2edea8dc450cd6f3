// Holds three rules that no linter knows: dependencies between packages point one way and no process imports a
// process (LAYERS), time and chance come in through constructors (CLOCK_AND_CHANCE), and sockets are made in the one
// place that gives them their listeners (SOCKETS).
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const packages = fileURLToPath(new URL('../packages/', import.meta.url));

/** A package may import only packages of lower layers; packages of one layer know nothing of each other. */
const LAYERS = [
  ['raft-ts', 'linearizability', 'cel'],
  ['api'],
  ['protocol'],
  ['service'],
  ['store-client', 'client'],
  ['store', 'apiserver', 'scheduler', 'controller-manager', 'kubelet', 'runtime', 'proxy', 'metrics-server', 'cli'],
  ['launcher'],
  ['testing'],
];

const CLOCK_AND_CHANCE =
  /\b(Date\.now\(|new Date\(\)|performance\.now\(|setTimeout\(|setInterval\(|Math\.random\(|randomUUID\(|randomBytes\(|randomInt\(|process\.hrtime)/;
/** The one place that may touch the machine's clock and dice. */
const CLOCK_HOME = ['service/src/clock.ts', 'service/src/random.ts'];

/** Modules that make sockets, servers and streams of the network. */
const SOCKETS =
  /\b(?:import|from)\s*\(?\s*'(?:node:)?(?:net|tls|http|https|http2|dgram|ws)'|\bnew WebSocket\(|\.handleUpgrade\(/g;
/** The one place that may: what it makes has a listener for errors and survives what other listeners throw. */
const SOCKETS_HOME = 'service/src/sockets/';
/** What those modules have that makes no connection. */
const HARMLESS = new Set([
  'isIP',
  'isIPv4',
  'isIPv6',
  'BlockList',
  'createSecureContext',
  'checkServerIdentity',
  'rootCertificates',
  'constants',
  'STATUS_CODES',
]);

const problems = [];
const layerOf = (name) => LAYERS.findIndex((layer) => layer.includes(name));

for (const name of readdirSync(packages)) {
  if (layerOf(name) < 0) {
    problems.push(`packages/${name}: not in the list of layers`);
    continue;
  }
  for (const folder of ['src', 'test']) {
    if (!existsSync(`${packages}${name}/${folder}`)) continue;
    for (const entry of readdirSync(`${packages}${name}/${folder}`, { recursive: true })) {
      const file = `${name}/${folder}/${entry}`;
      if (file.endsWith('.ts')) check(name, file, folder === 'test' || file.endsWith('.test.ts'));
    }
  }
}

function check(name, file, isTest) {
  const text = readFileSync(`${packages}${file}`, 'utf8');
  if (!isTest && !file.startsWith(SOCKETS_HOME)) checkSockets(file, text);
  const lines = text.split('\n');
  for (const [index, line] of lines.entries()) {
    const where = `packages/${file}:${index + 1}`;
    const target = /(?:from|import)\s*\(?\s*'(raft-ts|@keelson\/([a-z-]+))/.exec(line);
    const imported = target && (target[2] ?? target[1]);
    if (imported && imported !== name && layerOf(imported) >= layerOf(name)) {
      problems.push(`${where}: ${name} may not import ${imported}`);
    }
    if (/from '(\.\.\/)+packages\//.test(line) || /from '(\.\.\/){2,}[a-z-]+\/src/.test(line)) {
      problems.push(`${where}: import another package by its name`);
    }
    const code = line.replace(/\/\/.*$/, '').replace(/^\s*\*.*$/, '');
    if (!isTest && !file.includes('/src/gen/') && !CLOCK_HOME.includes(file) && CLOCK_AND_CHANCE.test(code)) {
      problems.push(`${where}: time and chance come in through the constructor: ${line.trim()}`);
    }
  }
}

/** Types may come from anywhere; what makes a connection comes from @keelson/service/sockets or …/web-socket. */
function checkSockets(file, text) {
  for (const found of text.matchAll(SOCKETS)) {
    const head = text.slice(0, found.index);
    const statement = head.slice(Math.max(head.lastIndexOf(';'), head.lastIndexOf('*/')) + 1);
    if (/import type\b[^;]*$/.test(statement)) continue;
    const named = /import\s*\{([^}]*)\}\s*$/s.exec(statement)?.[1] ?? 'everything';
    const values = named.split(',').map((it) => it.trim());
    if (values.every((it) => it === '' || it.startsWith('type ') || HARMLESS.has(it))) continue;
    const line = head.split('\n').length;
    problems.push(
      `packages/${file}:${line}: sockets, servers and requests are made by @keelson/service/sockets: ${found[0]}`,
    );
  }
}

for (const problem of problems) console.error(problem);
if (problems.length > 0) {
  console.error(`\n${problems.length} problem(s): see ARCHITECTURE.md, "Rules that hold everywhere"`);
  process.exit(1);
}
