import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeJson } from '@keelson/api';
import { parseYaml } from './yaml-body.js';

const json = (text: string) => encodeJson(parseYaml(text).value);

test('plain words are what YAML 1.1 takes them for, quoted ones are text', () => {
  assert.equal(
    json('[y, No, on, TRUE, "y", \'no\', yEs, ~, null, Null, x]'),
    '[true,false,true,true,"y","no","yEs",null,null,null,"x"]',
  );
  assert.equal(
    json('[1, -1, +1, 010, 0x1F, 0b11, 0o17, 1_000, 08, 1.50, 1e3, .5, -.5, 1.2.3, 0x, 1e]'),
    '[1,-1,1,8,31,3,15,1000,8,1.5,1000,0.5,-0.5,"1.2.3","0x","1e"]',
  );
  assert.equal(json('[9007199254740993, 9223372036854775807]'), '[9007199254740993,9223372036854775807]');
  assert.equal(
    json('[2001-01-01, 2001-01-01T00:00:00Z, 12:30:45, !!str 12, !!int "12", !!binary aGk=]'),
    '["2001-01-01","2001-01-01T00:00:00Z","12:30:45","12",12,"hi"]',
  );
});

test('fields are in the order of their names, as JSON that was made of YAML has them', () => {
  assert.equal(json('b: 1\na: {d: 1, c: 2}\ntrue: x\n1: z\n'), '{"1":"z","a":{"c":2,"d":1},"b":1,"true":"x"}');
});

test('fields given twice are told with their lines, and the last one counts', () => {
  const { value, duplicates } = parseYaml('a: 1\nb:\n  c: 1\n  c: 2\n"a":\n  2\n1: x\n1: z\n');
  assert.deepEqual(value, { 1: 'z', a: 2, b: { c: 2 } });
  assert.equal(
    duplicates,
    'yaml: unmarshal errors:\n  line 4: key "c" already set in map\n  line 6: key "a" already set in map\n  line 8: key 1 already set in map',
  );
  assert.equal(parseYaml('a: 1\nb: {a: 1}\n').duplicates, '');
});

test('aliases stand for what they name, merges bring it in, and neither grows without end', () => {
  assert.equal(
    json('a: &x {k: 1, l: 2}\nb: *x\nc:\n  <<: *x\n  l: 3\n'),
    '{"a":{"k":1,"l":2},"b":{"k":1,"l":2},"c":{"k":1,"l":3}}',
  );
  assert.throws(() => parseYaml('a: *nobody\n'), /unknown anchor 'nobody' referenced/);
  assert.throws(() => parseYaml('a: &x [*x]\n'), /anchor 'x' value contains itself/);
  const levels = Array.from({ length: 12 }, (_, at) => `l${at}: &l${at} [${Array(10).fill(at ? `*l${at - 1}` : 'x')}]`);
  assert.throws(() => parseYaml(levels.join('\n')), /excessive aliasing/);
});

test('the first of several documents counts; nothing at all is null', () => {
  assert.equal(json('a: 1\n---\nb: 2\n'), '{"a":1}');
  assert.equal(json(''), 'null');
  assert.throws(() => parseYaml('a: [1\nb: 2\n'), /^Error: yaml: line \d+: /);
});

test('deep nesting of every kind is refused before anything recurses into it', () => {
  const lines = Array.from({ length: 600 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n');
  const shapes = ['[', '{a: ', '- ', '? ', '[{a: ', '{? ', '- ? '].map((it) => it.repeat(4_000));
  for (const text of [...shapes, lines, `${'['.repeat(600)}${']'.repeat(600)}`])
    assert.throws(() => parseYaml(text), /^Error: yaml: exceeded max depth$/, text.slice(0, 10));
  assert.doesNotThrow(() => parseYaml(`${'['.repeat(400)}${']'.repeat(400)}`));
});

test('of several documents only the first one is read', () => {
  assert.deepEqual(parseYaml('a: 1\n---\nb: [\n').value, { a: 1 });
  assert.deepEqual(parseYaml(`---\na: 1\n${'---\n'.repeat(100_000)}`).value, { a: 1 });
});
