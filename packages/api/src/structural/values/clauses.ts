/** Schemas that a value has to fit some, one, all or none of. */
import type { JsonSchema } from '../json-schema.js';
import { general, Result } from './result.js';

type Check = (value: unknown, schema: JsonSchema, place: string) => Result;

export function validateClauses(
  value: unknown,
  { anyOf = [], oneOf = [], allOf = [], not }: JsonSchema,
  place: string,
  check: Check,
): Result {
  const result = new Result();
  result.matches++;
  if (anyOf.length + oneOf.length + allOf.length === 0 && not === undefined) return result;
  const at = JSON.stringify(place);
  const checked = (schemas: readonly JsonSchema[]) => schemas.map((schema) => check(value, schema, place));
  if (anyOf.length > 0) {
    const results = checked(anyOf);
    const valid = results.find((it) => it.isValid);
    if (valid === undefined) result.add(general(`${at} must validate at least one schema (anyOf)`));
    result.merge(valid ?? bestOf(results));
  }
  if (oneOf.length > 0) {
    const results = checked(oneOf);
    const valid = results.filter((it) => it.isValid);
    if (valid.length !== 1) {
      const found = valid.length === 0 ? 'Found none valid' : `Found ${valid.length} valid alternatives`;
      result.add(general(`${at} must validate one and only one schema (oneOf). ${found}`));
    }
    if (valid.length < 2) result.merge(valid[0] ?? bestOf(results));
  }
  if (allOf.length > 0) {
    const results = checked(allOf);
    for (const it of results) result.merge(it);
    const valid = results.filter((it) => it.isValid).length;
    if (valid < results.length) {
      const none = valid === 0 ? '. None validated' : '';
      result.add(general(`${at} must validate all the schemas (allOf)${none}`));
    }
  }
  if (not !== undefined && check(value, not, place).isValid)
    result.add(general(`${at} must not validate the schema (not)`));
  return result;
}

/** That of which the most was right; the first of those. */
function bestOf(results: readonly Result[]): Result {
  return results.reduce((best, it) => (it.matches > best.matches ? it : best));
}
