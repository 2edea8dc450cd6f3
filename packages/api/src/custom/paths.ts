/** Paths that definitions say, into objects that somebody else makes: neither may cost what they like. */
import { JsonPath, JsonPathError } from '../json-path/index.js';

/** Nobody writes a longer one by hand. */
const CHARS_MAX = 4_096;
const VALUES_MAX = 100_000;

/** Undefined where it cannot be read. */
export function readablePath(text: string): JsonPath | undefined {
  return text.length > CHARS_MAX ? undefined : orNothing(() => new JsonPath(`{${text}}`));
}

/** The first value there; undefined where there is none. */
export function firstOf(path: JsonPath, object: unknown): unknown {
  return orNothing(() => path.values(object, VALUES_MAX))?.[0];
}

function orNothing<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof JsonPathError) return undefined;
    throw error;
  }
}
