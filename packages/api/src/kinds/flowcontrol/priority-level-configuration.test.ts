import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorText } from '../../field-errors.js';
import type { PriorityLevelConfiguration, PriorityLevelConfigurationSpec } from '../../gen/types.js';
import { fixedLevels, fixedSchemas } from './fixed.js';
import { flowSchema } from './flow-schema.js';
import { priorityLevelConfiguration } from './priority-level-configuration.js';

const level = (spec: PriorityLevelConfigurationSpec, name = 'l') =>
  ({ metadata: { name }, spec: structuredClone(spec) }) as PriorityLevelConfiguration;
const problems = (spec: PriorityLevelConfigurationSpec, name?: string): string[] => {
  const it = level(spec, name);
  priorityLevelConfiguration.defaults(it);
  return priorityLevelConfiguration.validate(it).map((error) => errorText(error).replace(/^spec\./, ''));
};
const limited = (given: object) =>
  problems({ type: 'Limited', limited: { limitResponse: { type: 'Reject' }, ...given } });
const queuing = (given: object) => limited({ limitResponse: { type: 'Queue', queuing: given } });

test('a level is limited unless it is the exempt one', () => {
  assert.deepEqual(limited({}), []);
  assert.deepEqual(problems({ type: 'Exempt' }, 'exempt'), []);
  assert.match(problems({ type: 'Exempt' })[0] ?? '', /type: Invalid value: "Exempt": must be 'Exempt' if and only if/);
  assert.deepEqual(problems({ type: 'Limited' }), ['limited: Required value: must not be empty when type is Limited']);
  assert.match(problems({ type: 'Other' })[0] ?? '', /type: Unsupported value: "Other"/);
  const both = problems({ type: 'Limited', exempt: {}, limited: { limitResponse: { type: 'Reject' } } });
  assert.deepEqual(both, ['exempt: Forbidden: must be nil if the type is Limited']);
});

test('shares, what is lent and what is borrowed have bounds', () => {
  assert.match(limited({ nominalConcurrencyShares: -1 })[0] ?? '', /must be a non-negative integer/);
  assert.deepEqual(limited({ nominalConcurrencyShares: 0 }), []);
  assert.match(limited({ lendablePercent: 101 })[0] ?? '', /must be between 0 and 100, inclusive/);
  assert.match(limited({ borrowingLimitPercent: -1 })[0] ?? '', /if specified, must be a non-negative integer/);
});

test('hands are dealt from as many queues as a hash can tell apart', () => {
  assert.deepEqual(queuing({}), []);
  assert.match(queuing({ queues: 4 })[0] ?? '', /handSize: Invalid value: 8: should not be greater than queues \(4\)/);
  assert.match(queuing({ queues: 512, handSize: 7 })[0] ?? '', /required entropy bits of deckSize 512 and handSize 7/);
  assert.match(queuing({ queueLengthLimit: -1 })[0] ?? '', /queueLengthLimit: .*must be positive/);
  assert.match(limited({ limitResponse: { type: 'Queue' } })[0] ?? '', /queuing: Required value/);
  assert.match(limited({ limitResponse: { type: 'Reject', queuing: {} } })[0] ?? '', /queuing: Forbidden/);
});

test('what the server relies on stays as it is', () => {
  for (const [name, spec] of Object.entries(fixedLevels())) assert.deepEqual(problems(spec, name), []);
  for (const [name, spec] of Object.entries(fixedSchemas())) {
    assert.deepEqual(flowSchema.validate({ metadata: { name }, spec } as never), []);
    const changed = { metadata: { name }, spec: { ...spec, matchingPrecedence: 77 } };
    const [error] = flowSchema.validate(changed as never).map(errorText);
    assert.match(error ?? '', new RegExp(`spec of '${name}' must equal the fixed value`));
  }
  const more = { type: 'Exempt', exempt: { nominalConcurrencyShares: 5, lendablePercent: 50 } };
  assert.deepEqual(problems(more, 'exempt'), []);
  const catchAll = fixedLevels()['catch-all']!;
  const text = problems({ ...catchAll, limited: { ...catchAll.limited, nominalConcurrencyShares: 6 } }, 'catch-all');
  assert.match(text[0] ?? '', /^spec: Invalid value: .*spec of 'catch-all' must equal the fixed value$/);
});

test('conditions have types, each once', () => {
  const it = { ...level({ type: 'Limited', limited: { limitResponse: { type: 'Reject' } } }) };
  it.metadata.resourceVersion = '1';
  it.status = { conditions: [{ type: 'a' }, { type: 'a' }, {}] } as never;
  assert.deepEqual(priorityLevelConfiguration.validateStatusUpdate?.(it, it).map(errorText), [
    'status.conditions[1].type: Duplicate value: "a"',
    'status.conditions[2].type: Required value',
  ]);
});
