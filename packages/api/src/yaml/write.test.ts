import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeYaml, encodeYamlSteps } from './write.js';

/** What kubectl and kube-apiserver write for a field of the value. */
const SCALARS: readonly (readonly [value: unknown, yaml: string])[] = [
  ['word', 'word'],
  ['', '""'],
  ['yes', '"yes"'],
  ['Y', '"Y"'],
  ['yEs', 'yEs'],
  ['~', '"~"'],
  ['null', '"null"'],
  ['1', '"1"'],
  ['1_000', '"1_000"'],
  ['0x1F', '"0x1F"'],
  ['0o17', '"0o17"'],
  ['08', '"08"'],
  ['1.5e3', '"1.5e3"'],
  ['1e999', '1e999'],
  ['10m', '10m'],
  ['.5', '".5"'],
  ['-.inf', '"-.inf"'],
  ['1:30', '"1:30"'],
  ['1:90', '1:90'],
  ['127.0.0.1', '127.0.0.1'],
  ['2001-01-01', '"2001-01-01"'],
  ['2001-02-30', '2001-02-30'],
  ['2001-01-01T00:00:00Z', '"2001-01-01T00:00:00Z"'],
  ['2001-01-01T00:00:00', '2001-01-01T00:00:00'],
  ['=', '='],
  ['<<', '<<'],
  ['-a', '-a'],
  ['- a', "'- a'"],
  ['-', "'-'"],
  ['-\u00a0', '-\u00a0'],
  ['?a', '?a'],
  ['a: b', "'a: b'"],
  ['a:b', 'a:b'],
  ['a:', "'a:'"],
  ['a # b', "'a # b'"],
  ['a#b', 'a#b'],
  ["it's", "it's"],
  ['\'x\' "y"', `'''x'' "y"'`],
  ['---', "'---'"],
  [' a', "' a'"],
  ['a ', "'a '"],
  ['*a', "'*a'"],
  ['ü€', 'ü€'],
  ['😀', '"\\U0001F600"'],
  ['\ta', '"\\ta"'],
  ['a\rb', '"a\\rb"'],
  ['\ufeffx', '"\\uFEFF\\x78"'],
  ['a\u2028b', "'a\u2028    b'"],
  ['a\nb', '|-\n    a\n    b'],
  ['a\n\nb\n', '|\n    a\n\n    b'],
  ['a\n\n', '|+\n    a\n'],
  ['\n', '|2+\n'],
  [' a\nb', '|2-\n     a\n    b'],
  ['a \nb', '"a \\nb"'],
  ['a\t\nb', '"a\\t\\nb"'],
  [true, 'true'],
  [null, 'null'],
  [12, '12'],
  [0.125, '0.125'],
  [1234567.5, '1.2345675e+06'],
  [0.00001, '1e-05'],
  [9007199254740993n, '9007199254740993'],
  [[], '[]'],
  [{}, '{}'],
];

for (const [value, yaml] of SCALARS) {
  test(`${typeof value === 'bigint' ? value : JSON.stringify(value)} in YAML`, () => {
    assert.equal(encodeYaml({ f: { v: value, w: 1 } }), `f:\n  v: ${yaml}\n  w: 1\n`);
  });
}

test('items stand at the indent of their field, in a list within a list behind its mark', () => {
  const value = { a: [{ c: 2, b: [1, { d: null }] }, [1, [2]], 'x\ny'], z: { k: {} } };
  const yaml = 'a:\n- b:\n  - 1\n  - d: null\n  c: 2\n- - 1\n  - - 2\n- |-\n  x\n  y\nz:\n  k: {}\n';
  assert.equal(encodeYaml(value), yaml);
  assert.equal(encodeYaml([{ a: 1 }, 'b']), '- a: 1\n- b\n');
  assert.equal(encodeYaml('b'), 'b\n');
  assert.equal(encodeYaml({ a: undefined, b: { c: undefined } }), 'b: {}\n');
});

test('keys are ordered with letters last and numbers by value', () => {
  const keys = ['b', 'a10', 'a2', 'a', 'B', '1', 'a-b', 'aa', 'a.b', 'a100', 'a-1a', 'a-12', '0', '00', 'a01'];
  const yaml = encodeYaml(Object.fromEntries(keys.map((key) => [key, 1])));
  const order = yaml.split('\n').map((line) => line.split(':')[0]?.replaceAll('"', ''));
  const sorted = ['0', '00', '1', 'B', 'a', 'a-12', 'a-1a', 'a-b', 'a.b', 'a01', 'a2', 'a10', 'a100', 'aa', 'b', ''];
  assert.deepEqual(order, sorted);
});

test('a key of several lines or more than 128 bytes stands on lines of its own', () => {
  const long = 'k'.repeat(129);
  assert.equal(encodeYaml({ s: { [long]: 1 } }), `s:\n  ? ${long}\n  : 1\n`);
  assert.equal(encodeYaml({ s: { [long]: [1] } }), `s:\n  ? ${long}\n  : - 1\n`);
  assert.equal(encodeYaml({ s: { [long]: { a: 1, b: 2 } } }), `s:\n  ? ${long}\n  : a: 1\n    b: 2\n`);
  assert.equal(encodeYaml({ 'a\nb': 1 }), '? |-\n  a\n  b\n: 1\n');
  assert.equal(encodeYaml({ [long.slice(1)]: 1 }), `${long.slice(1)}: 1\n`);
});

test('lines are folded at the first space after column 80', () => {
  const words = 'word '.repeat(30).trimEnd();
  const [first, ...rest] = encodeYaml({ a: { k: words, '?': `${words} ` } }).split('\n');
  assert.equal(first, 'a:');
  assert.deepEqual(rest, [
    `  '?': '${'word '.repeat(15).trimEnd()}`,
    `    ${'word '.repeat(15)}'`,
    `  k: ${'word '.repeat(16).trimEnd()}`,
    `    ${'word '.repeat(14).trimEnd()}`,
    '',
  ]);
  const unfolded = 'x'.repeat(200);
  assert.equal(encodeYaml({ a: unfolded }), `a: ${unfolded}\n`);
  // In double quotes a line may end before several spaces, which a backslash keeps.
  const escaped = encodeYaml({ a: `\t${'x'.repeat(80)}   y` });
  assert.equal(escaped, `a: "\\t${'x'.repeat(80)}\n  \\  y"\n`);
});

test('much is written in steps, and what is given as a function when it is its turn', () => {
  const steps = encodeYamlSteps({ items: Array.from({ length: 20_000 }, (_, at) => () => ({ name: `n${at}` })) });
  let count = 0;
  let next = steps.next();
  for (; next.done !== true; next = steps.next()) count += 1;
  assert.ok(count >= 2);
  const text = Buffer.concat(next.value).toString();
  assert.ok(text.startsWith('items:\n- name: n0\n- name: n1\n'));
  assert.equal(text.split('\n').length, 20_002);
});
