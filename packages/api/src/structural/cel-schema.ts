/** Schemas and rules as expressions take them. */
import type { ValidationRule as CelRule, Schema as CelSchema } from '@keelson/cel';
import type { ValidationRule } from '../gen/types.js';
import type { JsonSchema } from './json-schema.js';

/** The types differ in what they say of absent fields only. */
export const celSchema = (schema: JsonSchema): CelSchema => schema as CelSchema;

export const celRules = (rules: readonly ValidationRule[]): readonly CelRule[] => rules as readonly CelRule[];

/** What messages call the type of `self`; upstream puts a number behind the name, to tell types apart. */
export const SELF_TYPE = 'selfType1';
