// npm leaves an optional platform package out of the lock file when the registry it is made with does not carry it,
// and then refuses its own file in `npm ci`. This puts such packages back, by version and platform. Run it after
// `npm install` has changed package-lock.json.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const path = fileURLToPath(new URL('../package-lock.json', import.meta.url));
const lock = JSON.parse(readFileSync(path, 'utf8'));
const SYSTEMS = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32', 'wasm32'];
const MACHINES = ['arm64', 'x64', 'ia32', 'arm', 'ppc64', 'riscv64', 's390x', 'loong64', 'mips64el', 'wasm32'];

for (const [place, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const nested = `${place}/node_modules/${name}`;
    const hoisted = `node_modules/${name}`;
    if (lock.packages[hoisted] !== undefined || lock.packages[nested] !== undefined) continue;
    const words = name.split(/[-/.]/);
    const os = SYSTEMS.find((it) => words.includes(it) || name.includes(it));
    const cpu = MACHINES.find((it) => words.includes(it) || words.some((word) => word.startsWith(it)));
    lock.packages[hoisted] = {
      version: version.replace(/^[\^~]/, ''),
      ...(cpu === undefined ? {} : { cpu: [cpu] }),
      ...(entry.dev ? { dev: true } : {}),
      optional: true,
      ...(os === undefined || os === 'wasm32' ? {} : { os: [os] }),
    };
  }
}
const sorted = Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1));
lock.packages = Object.fromEntries(sorted);
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
