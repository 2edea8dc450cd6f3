import { apiErrors, JsonSizeError, type ParsedJson, parseJson } from '@keelson/api';

/**
 * Values in one body, those in lists and objects included: each may get defaults, errors and an owner of its own, whatever
 * little it says. What the store takes with its record of managers has hardly more, and to read and write as many takes
 * as long as a turn of the event loop may.
 */
const VALUES_MAX = 50_000;
/** Who manages what has a value for each field that there is, clients send it back, and nobody else looks into it. */
const MANAGED = 'fieldsV1';

/** A body's JSON. Throws JsonSyntaxError, and 413 for a text of too many values. */
export function readJson(text: string): ParsedJson {
  try {
    return parseJson(text, { valuesMax: VALUES_MAX, apart: MANAGED });
  } catch (error) {
    throw error instanceof JsonSizeError ? tooLarge() : error;
  }
}

/** Throws 413 for a value of too many parts. */
export function checkSize(value: unknown): void {
  const open = [value];
  for (let count = 1; open.length > 0; ) {
    const next = open.pop();
    if (typeof next !== 'object' || next === null) continue;
    const keys = Object.keys(next);
    count += keys.length;
    if (count > VALUES_MAX) throw tooLarge();
    for (const key of keys) {
      const item = (next as Record<string, unknown>)[key];
      if (typeof item === 'object' && item !== null && key !== MANAGED) open.push(item);
    }
  }
}

function tooLarge(): Error {
  return apiErrors.requestEntityTooLarge(`limit is ${VALUES_MAX} values`);
}
