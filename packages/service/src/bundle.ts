import { readdirSync, statSync } from 'node:fs';

/**
 * The address of the one file that a program was made into, for a module in the same folder as the program's main one.
 * Undefined if there is none, or if something was compiled since it was made: it may be another program then.
 */
export function bundleOf(moduleUrl: string): string | undefined {
  const bundle = new URL('../bundle/main.js', moduleUrl);
  const made = changedAt(bundle);
  if (made === undefined) return undefined;
  const packages = new URL('../../../', moduleUrl);
  for (const name of readdirSync(packages)) {
    const compiled = changedAt(new URL(`${name}/dist/.tsbuildinfo`, packages));
    if (compiled !== undefined && compiled > made) return undefined;
  }
  return bundle.href;
}

function changedAt(file: URL): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs;
}
