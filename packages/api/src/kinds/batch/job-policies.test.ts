import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorText, Path } from '../../field-errors.js';
import type { JobSpec, PodFailurePolicyRule } from '../../gen/types.js';
import { validatePodFailurePolicy, validateSuccessPolicy } from './job-policies.js';

const failure = (...rules: PodFailurePolicyRule[]) => {
  const template = { spec: { containers: [{ name: 'c' }] } };
  return validatePodFailurePolicy({ template, podFailurePolicy: { rules } } as JobSpec, new Path('p')).map(errorText);
};

test('a rule of failure has an action and one thing to look at', () => {
  assert.deepEqual(
    failure({ action: 'FailJob', onExitCodes: { operator: 'In', values: [1, 2], containerName: 'c' } }),
    [],
  );
  assert.deepEqual(failure({ action: 'Count' }), [
    'p.rules[0]: Invalid value: specifying one of OnExitCodes and OnPodConditions is required',
  ]);
  assert.deepEqual(failure({ action: '', onPodConditions: [{ type: '', status: 'yes' }] }), [
    'p.rules[0].action: Required value: valid values: ["Count" "FailIndex" "FailJob" "Ignore"]',
    'p.rules[0].onPodConditions[0].type: Invalid value: "": name part must be non-empty',
    "p.rules[0].onPodConditions[0].type: Invalid value: \"\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
    'p.rules[0].onPodConditions[0].status: Unsupported value: "yes": supported values: "False", "True", "Unknown"',
  ]);
  const both = { onExitCodes: { operator: 'NotIn', values: [0] }, onPodConditions: [{ type: 'A', status: 'True' }] };
  assert.match(failure({ action: 'Ignore', ...both })[0] ?? '', /specifying both OnExitCodes and OnPodConditions/);
  assert.match(
    failure({ action: 'FailIndex', onExitCodes: both.onExitCodes })[0] ?? '',
    /requires the backoffLimitPerIndex/,
  );
});

test('exit codes are in order, each once, and none is success', () => {
  const codes = (operator: string, ...values: number[]) =>
    failure({ action: 'Count', onExitCodes: { operator, values } });
  assert.deepEqual(codes('In', 0, 2, 2, 1), [
    'p.rules[0].onExitCodes.values[0]: Invalid value: 0: must not be 0 for the In operator',
    'p.rules[0].onExitCodes.values[2]: Duplicate value: 2',
    'p.rules[0].onExitCodes.values: Invalid value: [0,2,2,1]: must be ordered',
  ]);
  assert.match(codes('NotIn')[0] ?? '', /at least one value is required/);
});

test('success counts indexes', () => {
  const success = (succeededIndexes?: string, succeededCount?: number) => {
    const rule = {
      ...(succeededIndexes === undefined ? {} : { succeededIndexes }),
      ...(succeededCount === undefined ? {} : { succeededCount }),
    };
    const spec = { completions: 5, successPolicy: { rules: [rule] } } as JobSpec;
    return validateSuccessPolicy(spec, new Path('s')).map((it) => errorText(it).replace(/^s\.rules\[0\]\.?/, ''));
  };
  assert.deepEqual(success('0,2-4', 4), []);
  assert.match(success()[0] ?? '', /at least one of succeededCount or succeededIndexes/);
  assert.match(success('0-1', 3)[0] ?? '', /less than or equal to 2 \(the number of indexes/);
  assert.match(success(undefined, 6)[0] ?? '', /less than or equal to 5 \(the number of specified completions\)/);
  for (const [text, what] of Object.entries({
    a: 'cannot convert string to integer for index: "a"',
    '5': 'too large index: "5"',
    '3-1': 'non-increasing order, previous: 3, current: 1',
    '1,1': 'non-increasing order, previous: 1, current: 1',
    '1-2-3': 'the fragment "1-2-3" violates',
  }))
    assert.ok(success(text)[0]?.includes(`error parsing succeededIndexes: ${what}`), text);
});
