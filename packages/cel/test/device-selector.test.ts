import assert from 'node:assert/strict';
import test from 'node:test';
import { compileDeviceSelector } from '../src/index.js';

const problem = (expression: string) => {
  const compiled = compileDeviceSelector(expression);
  return 'problem' in compiled ? `${compiled.kind}: ${compiled.problem}` : 'fine';
};

test('a selector sees the driver, attributes and capacities of a device', () => {
  for (const expression of [
    "device.driver == 'gpu.example.com'",
    "device.attributes['gpu.example.com'].model == 'a100'",
    "device.attributes['gpu.example.com'].isFast",
    "device.capacity['gpu.example.com'].memory.compareTo(quantity('10Gi')) >= 0",
    "cel.bind(own, device.attributes['gpu.example.com'], own.a == 1 && own.b.isGreaterThan(semver('1.0.0')))",
    "has(device.attributes['gpu.example.com'].model) && device.attributes['gpu.example.com'].model.matches('^a[0-9]+$')",
  ]) {
    assert.deepEqual([expression, problem(expression)], [expression, 'fine']);
  }
});

test('it must be a bool or something unknown', () => {
  assert.equal(problem('1'), 'invalid: must evaluate to bool or the unknown type, not int');
  assert.equal(problem('{}'), 'invalid: must evaluate to bool or the unknown type, not map(dyn, dyn)');
});

test('an empty one has no place that could be shown', () => {
  assert.match(
    problem(''),
    /^invalid: compilation failed: ERROR: <input>:1:0: Syntax error: mismatched input '<EOF>' expecting [^\n]*$/,
  );
});

test('a selector that may take long is refused', () => {
  const looped = (depth: number): string =>
    depth === 0
      ? 'true'
      : `device.attributes.all(k${depth}, device.attributes[k${depth}].all(l${depth}, ${looped(depth - 1)}))`;
  assert.equal(problem(looped(1)), 'fine');
  assert.equal(problem(looped(3)), 'too costly: too complex, exceeds cost limit');
});
