import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { CelError, fromJson, kubernetesEnvironment, toJson, type Value } from '../src/index.js';
import { DYN } from '../src/types/type.js';

const environment = kubernetesEnvironment().extend(['a', 'b', 'c'].map((name) => ({ name, type: DYN })));

function evaluator(expression: string): (variables: Record<string, Value>) => Value {
  const compiled = environment.compile(expression);
  assert.ok('checked' in compiled, 'issues' in compiled ? String(compiled.issues) : '');
  const planned = environment.program(compiled.checked);
  assert.ok('program' in planned);
  return (variables) => {
    const result = planned.program.evaluate(new Map(Object.entries(variables)));
    return 'value' in result ? result.value : new CelError(result.error);
  };
}

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });

test('arithmetic of ints is exact or overflows', () => {
  const operations: [string, (a: bigint, b: bigint) => bigint][] = [
    ['+', (a, b) => a + b],
    ['-', (a, b) => a - b],
    ['*', (a, b) => a * b],
  ];
  for (const [operator, exact] of operations) {
    const run = evaluator(`a ${operator} b`);
    fc.assert(
      fc.property(int64, int64, (a, b) => {
        const wanted = exact(a, b);
        const result = run({ a, b });
        if (BigInt.asIntN(64, wanted) === wanted) assert.equal(result, wanted);
        else assert.ok(result instanceof CelError && result.message === 'integer overflow');
      }),
    );
  }
});

test('a || b and b || a are one, whatever fails', () => {
  const operand = fc.constantFrom('true', 'false', '(1 / 0 == 1)');
  fc.assert(
    fc.property(operand, operand, fc.constantFrom('||', '&&'), (a, b, operator) => {
      assert.deepEqual(evaluator(`${a} ${operator} ${b}`)({}), evaluator(`${b} ${operator} ${a}`)({}));
    }),
  );
});

test('no text makes the parser fail otherwise than by its issues, nor take long', () => {
  const piece = fc.constantFrom(
    ..."1 x . , : ? ! - ( ) [ ] { } \"a\" 'b \\ && || == in true null .?a [?0] x.all( 1.5 0x 5u b'' // % @ ü".split(
      ' ',
    ),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const text = pieces.join(' ');
      const compiled = environment.compile(text);
      if ('issues' in compiled) assert.match(String(compiled.issues), /^ERROR: <input>:/);
    }),
    { numRuns: 2000 },
  );
});

test('JSON goes in and comes out as it was', () => {
  const run = evaluator('a');
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), (json) => {
      assert.deepEqual(toJson(run({ a: fromJson(json) })), JSON.parse(JSON.stringify(json)));
    }),
  );
});

test('a string is cut and joined by code points', () => {
  const run = evaluator('a.substring(0, b) + a.substring(b)');
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.nat(), (text, at) => {
      const size = Array.from(text).length;
      assert.equal(run({ a: text, b: BigInt(at % (size + 1)) }), text);
    }),
  );
});

test('sorting gives an order of the same elements', () => {
  const sort = evaluator('a.sortBy(x, x)');
  const isSorted = evaluator('a.isSorted()');
  fc.assert(
    fc.property(fc.array(fc.integer()), (numbers) => {
      const sorted = sort({ a: fromJson(numbers) });
      assert.equal(isSorted({ a: sorted }), true);
      assert.deepEqual(
        toJson(sorted),
        numbers.toSorted((a, b) => a - b),
      );
    }),
  );
});

test('order is total on strings, by code points', () => {
  const less = evaluator('a < b');
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
      const wanted = Buffer.compare(Buffer.from(a), Buffer.from(b)) < 0;
      assert.equal(less({ a, b }), wanted);
    }),
  );
});
