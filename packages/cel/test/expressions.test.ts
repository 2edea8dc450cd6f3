import assert from 'node:assert/strict';
import test from 'node:test';
import {
  declarationProvider,
  fromSchema,
  kubernetesEnvironment,
  PER_CALL_LIMIT,
  schemaDeclaration,
  withNames,
} from '../src/index.js';
import { ERRORS, FAILURES, OBJECT, SCHEMA, VALUES } from './expressions.js';

const declaration = withNames(schemaDeclaration(SCHEMA, false)!, 'T');
const environment = kubernetesEnvironment().extend(
  [{ name: 'self', type: declaration.type }],
  declarationProvider(declaration),
);
const bindings = new Map([['self', fromSchema(OBJECT, SCHEMA)]]);

function evaluate(expression: string) {
  const compiled = environment.compile(expression);
  assert.ok('checked' in compiled, 'issues' in compiled ? String(compiled.issues) : '');
  const planned = environment.program(compiled.checked, PER_CALL_LIMIT);
  assert.ok('program' in planned, 'problem' in planned ? planned.problem : '');
  return planned.program.evaluate(bindings);
}

test('expressions have the values that they say', () => {
  for (const [expression, shown] of VALUES) {
    const result = evaluate(`'%s'.format([${expression}])`);
    assert.deepEqual(
      { expression, ...('value' in result ? { value: result.value } : { error: result.error }) },
      { expression, value: shown },
    );
  }
});

test('expressions fail in the words that clients know', () => {
  for (const [expression, error] of FAILURES) {
    const result = evaluate(expression);
    assert.deepEqual([expression, 'error' in result ? result.error : result.value], [expression, error]);
  }
});

test('what does not compile says where and why', () => {
  for (const [expression, problem] of ERRORS) {
    const compiled = environment.compile(expression);
    assert.ok('issues' in compiled, expression);
    const [first] = String(compiled.issues).split('\n');
    assert.equal(first, `ERROR: <input>:${problem}`, expression);
  }
});

test('a problem is shown with its line and a mark below it', () => {
  const compiled = environment.compile("true &&\n\t'ž'.nope()");
  assert.ok('issues' in compiled);
  assert.equal(
    String(compiled.issues),
    "ERROR: <input>:2:10: undeclared reference to 'nope' (in container '')\n |  'ž'.nope()\n | ..．......^",
  );
});

test('all problems of an expression are told, in the order of their places', () => {
  const compiled = environment.compile('self.b + nope(1) + x');
  assert.ok('issues' in compiled);
  assert.deepEqual(compiled.issues.list.map(({ message }) => message).toSorted(), [
    "undeclared reference to 'nope' (in container '')",
    "undeclared reference to 'x' (in container '')",
    "undefined field 'b'",
  ]);
  assert.match(String(compiled.issues), /1:5:.*1:14:.*1:20:/s);
});

test('constants that cannot be converted are found before an evaluation', () => {
  for (const [expression, problem] of [
    ["int('ten') == 10", "type conversion error from 'string' to 'int'"],
    ['uint(-1) == 1u', 'unsigned integer overflow'],
    ["'a'.find('[') == ''", 'error parsing regexp: missing closing ]: `[`'],
  ] as const) {
    const compiled = environment.compile(expression);
    assert.ok('checked' in compiled);
    assert.deepEqual(environment.program(compiled.checked), { problem });
  }
});
