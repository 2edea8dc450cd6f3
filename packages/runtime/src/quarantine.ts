import { mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';

/** What is older is not looked for any more by whoever wants to know what happened. */
const KEPT_MAX = 100;

/** Where records go that cannot be read, so that the rest of a node works on and a person can look at them. */
export class Quarantine {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Moves a file or a folder here; answers where it is now. */
  take(path: string, name = basename(path)): string {
    mkdirSync(this.#directory, { recursive: true });
    const kept = join(this.#directory, name);
    rmSync(kept, { recursive: true, force: true });
    renameSync(path, kept);
    this.#forgetOldest();
    return kept;
  }

  #forgetOldest(): void {
    const paths = readdirSync(this.#directory).map((name) => join(this.#directory, name));
    if (paths.length <= KEPT_MAX) return;
    const byAge = paths.map((path) => ({ path, at: statSync(path).ctimeMs })).sort((a, b) => a.at - b.at);
    for (const { path } of byAge.slice(0, paths.length - KEPT_MAX)) rmSync(path, { recursive: true, force: true });
  }
}
