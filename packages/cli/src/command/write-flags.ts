import type { FlagTable } from './flags.js';

/** Flags of commands that change objects. */
export const writeFlags = {
  output: { type: 'string', short: 'o', description: 'Show what was written: json, yaml or name', value: 'FORMAT' },
  'dry-run': {
    type: 'string',
    bare: 'client',
    default: 'none',
    choices: ['none', 'client', 'server'],
    description: 'Change nothing: show what would be sent, or what the server would make of it',
  },
} as const satisfies FlagTable;

export const fieldFlags = {
  'field-manager': { type: 'string', description: 'Who the fields are said to belong to', value: 'NAME' },
  validate: {
    type: 'string',
    bare: 'strict',
    default: 'strict',
    choices: ['strict', 'warn', 'ignore', 'true', 'false'],
    description: 'What unknown and repeated fields are',
  },
} as const satisfies FlagTable;

/** The API's name for what --validate says. */
export function fieldValidation(validate: string): string {
  return { strict: 'Strict', true: 'Strict', warn: 'Warn', ignore: 'Ignore', false: 'Ignore' }[validate] ?? 'Strict';
}
