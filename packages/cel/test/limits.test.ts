import assert from 'node:assert/strict';
import test from 'node:test';
import { declarationSizes, fromJson, INT, kubernetesEnvironment, listOf, schemaDeclaration } from '../src/index.js';

const environment = kubernetesEnvironment().extend([{ name: 'list', type: listOf(INT) }]);

function problems(expression: string): string {
  const compiled = environment.compile(expression);
  return 'issues' in compiled ? String(compiled.issues) : '';
}

function run(expression: string, limit: number, list: readonly number[] = []) {
  const compiled = environment.compile(expression);
  assert.ok('checked' in compiled, 'issues' in compiled ? String(compiled.issues) : '');
  const planned = environment.program(compiled.checked, limit);
  assert.ok('program' in planned);
  return planned.program.evaluate(new Map([['list', fromJson(list)]]));
}

test('nesting that goes too deep is refused, however it is written', () => {
  assert.match(problems(`${'('.repeat(300)}1${')'.repeat(300)}`), /expression recursion limit exceeded: 250/);
  assert.match(problems(`${'['.repeat(5000)}`), /expression recursion limit exceeded: 250/);
  assert.match(problems(Array(300).fill('1').join(' + ')), /max recursion depth exceeded/);
  assert.match(problems(`list${'.map(x, x)'.repeat(300)}`), /max recursion depth exceeded/);
  assert.equal(problems(`${'('.repeat(248)}1${')'.repeat(248)}`), '');
  assert.equal(problems(`${'[{1: f('.repeat(80)}1`).includes('Syntax error'), true);
  assert.equal(problems(`${'['.repeat(248)}${']'.repeat(248)}`), '');
  assert.equal(problems(Array(2000).fill('true').join(' && ')), '');
});

test('an expression that is too long is not read', () => {
  const expected = 'ERROR: <input>:-1:0: expression code point size exceeds limit: size: 100001, limit 100000';
  assert.equal(problems('1'.repeat(100_001)), expected);
});

test('so many syntax errors that nobody reads them end the parse', () => {
  const told = problems('@ '.repeat(40_000))
    .split('\n')
    .filter((line) => line.startsWith('ERROR'));
  assert.ok(told.length <= 101, `${told.length} errors`);
});

test('an evaluation ends when it has cost what it may', () => {
  const list = Array.from({ length: 2000 }, (_, index) => index);
  const result = run('list.all(x, list.all(y, x + y >= 0))', 1_000_000, list);
  assert.ok('error' in result);
  assert.equal(result.error, 'operation cancelled: actual cost limit exceeded');
});

test('what would take long is charged before it is done', () => {
  for (const expression of [
    'lists.range(1000000000).distinct().size() == 0',
    'lists.range(1000000000).sort().size() == 0',
    'lists.range(1000000000).map(x, x).size() == 0',
    'sets.contains(lists.range(1000000), lists.range(1000000))',
  ]) {
    const result = run(expression, 1_000_000);
    assert.ok('error' in result && result.error.startsWith('operation cancelled'), expression);
  }
});

test('actual costs are counted as cel-go counts them', () => {
  const list = [1, 2, 3];
  for (const [expression, cost] of [
    ['1 + 2', 1],
    ['list.size()', 2],
    ['list[0]', 2],
    ['[1, 2, 3]', 0],
    ['list.all(x, x > 0)', 17],
    ["'abcdefghijk' == 'abcdefghijk'", 2],
    ["'abc'.matches('^a+b$')", 2],
    ["'a' in ['a', 'b']", 0],
    ['has({1: 2}.a)', 1],
    ["ip('10.0.0.1').family()", 2],
  ] as const) {
    assert.deepEqual([expression, run(expression, 1e6, list).cost], [expression, cost]);
  }
});

test('estimates grow with what a schema allows', () => {
  const declaration = schemaDeclaration({ type: 'array', maxItems: 100, items: { type: 'integer' } }, false)!;
  const self = kubernetesEnvironment().extend([{ name: 'self', type: declaration.type }]);
  const estimate = (expression: string) => {
    const compiled = self.compile(expression);
    assert.ok('checked' in compiled);
    return self.estimateCost(compiled.checked, declarationSizes(declaration));
  };
  assert.deepEqual(estimate('self.size() == 3'), { min: 3, max: 3 });
  const once = estimate('self.all(x, x > 0)').max;
  const nested = estimate('self.all(x, self.all(y, x > y))').max;
  assert.ok(once > 400 && once < 700, `${once}`);
  assert.ok(nested > once * 90, `${nested}`);
});
