import { RE2JS } from 're2js';
import { CelError } from '../values/value.js';

const KEPT_MAX = 256;

/**
 * Patterns as RE2 has them, in time linear in the text whatever the pattern is. The last ones used are kept compiled;
 * there is a limit because expressions can make patterns as they run.
 */
export class RegexEngine {
  readonly #kept = new Map<string, RE2JS | CelError>();

  compile(pattern: string): RE2JS | CelError {
    const known = this.#kept.get(pattern);
    if (known) return known;
    const compiled = compileRegex(pattern);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size >= KEPT_MAX && oldest !== undefined) this.#kept.delete(oldest);
    this.#kept.set(pattern, compiled);
    return compiled;
  }

  matches(text: string, pattern: string): boolean | CelError {
    const regex = this.compile(pattern);
    return regex instanceof CelError ? regex : regex.matcher(text).find();
  }
}

export function compileRegex(pattern: string): RE2JS | CelError {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    return new CelError(error instanceof Error ? error.message : String(error));
  }
}
