// Makes one file of each of some programs: a process that finds and reads hundreds of modules spends a second on it
// before it does anything. Runs after tsc, whose output it reads.
import { readFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { build } from 'esbuild';
import { PROGRAMS, root } from './bootstrap.mjs';

/** What CommonJS expects to be there, and the address of a file that is given by its way from the bundle. */
const PREAMBLE = `
import { createRequire as __createRequire } from 'node:module';
import { fileURLToPath as __fileURLToPath } from 'node:url';
const require = __createRequire(import.meta.url);
const __addressOf = (way) => new URL(way, import.meta.url).href;
const __pathOf = (way) => __fileURLToPath(__addressOf(way));
`;

/** Modules look for files beside them: these are where they were, and not where the bundle is. */
const addresses = (folder) => ({
  name: 'addresses',
  setup({ onLoad }) {
    onLoad({ filter: /\.[cm]?js$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      const way = (to) => JSON.stringify(relative(folder, to));
      const own = [
        ['__filename', path],
        ['__dirname', dirname(path)],
      ].filter(
        ([name]) => new RegExp(`\\b${name}\\b`).test(text) && !new RegExp(`(const|let|var) ${name}\\b`).test(text),
      );
      // On one line with what follows: no line moves.
      const head = own.map(([name, to]) => `var ${name} = __pathOf(${way(to)});`).join('');
      return { contents: head + text.replaceAll('import.meta.url', `__addressOf(${way(path)})`), loader: 'js' };
    });
  },
});

async function bundle(name) {
  const home = `${root}packages/${name}/dist`;
  await build({
    ...{ entryPoints: [`${home}/src/main.js`], outfile: `${home}/bundle/main.js` },
    ...{ bundle: true, platform: 'node', format: 'esm', target: 'node20', logLevel: 'warning' },
    ...{ sourcemap: true, sourcesContent: false },
    ...{ banner: { js: PREAMBLE }, plugins: [addresses(`${home}/bundle`)] },
  });
}

await Promise.all(PROGRAMS.map(bundle));
