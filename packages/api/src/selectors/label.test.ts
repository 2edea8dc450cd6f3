import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelSelectorMatcher, parseLabelSelector } from './label.js';

const labels = { app: 'web', tier: 'front', n: '5' };

test('each operator chooses what it says', () => {
  const matching = [
    'app=web',
    'app==web',
    'app!=db',
    'none!=x',
    'app in (web,db)',
    'app notin (db)',
    'app',
    '!none',
    'n>4',
    'n<6',
    '',
  ];
  for (const text of matching) assert.equal(parseLabelSelector(text).matches(labels), true, text);
  const others = [
    'app=db',
    'app!=web',
    'app in (db)',
    'none in (x)',
    'app notin (web)',
    'none',
    '!app',
    'n>5',
    'app>1',
    'app=web,tier=back',
  ];
  for (const text of others) assert.equal(parseLabelSelector(text).matches(labels), false, text);
});

test('a selector is written in the order of its keys', () => {
  assert.equal(parseLabelSelector('b=1, a in (y, x) ,!c').toString(), 'a in (x,y),b=1,!c');
});

test('empty values stand where nothing is written', () => {
  assert.equal(parseLabelSelector('app=').matches({ app: '' }), true);
  assert.equal(parseLabelSelector('app in (web,)').matches({ app: '' }), true);
  assert.equal(parseLabelSelector('app in ()').matches({ app: '' }), true);
});

test('errors say what was found and what was expected', () => {
  const pairs: [string, RegExp][] = [
    ['a=b c', /^unable to parse requirement: found 'c', expected: ',' or 'end of string'$/],
    ['=b', /^unable to parse requirement: found '=', expected: !, identifier, or 'end of string'$/],
    ['a in b', /^unable to parse requirement: found 'b' expected: '\('$/],
    ['a,', /^unable to parse requirement: found '', expected: identifier after ','$/],
    ['a>x', /: values\[0\]: Invalid value: "x": for 'Gt', 'Lt' operators, the value must be an integer$/],
    ['bad key!=x', /found 'key'/],
    ['a=-b', /values\[0\]\[a\]: Invalid value: "-b": a valid label/],
  ];
  for (const [text, message] of pairs)
    assert.throws(() => parseLabelSelector(text), { name: 'SelectorError', message }, text);
});

test('a selector object matches as its text does; none matches nothing, an empty one all', () => {
  const selector = {
    matchLabels: { app: 'web' },
    matchExpressions: [
      { key: 'tier', operator: 'In', values: ['front', 'back'] },
      { key: 'x', operator: 'DoesNotExist' },
    ],
  };
  const matcher = labelSelectorMatcher(selector);
  assert.equal(matcher.matches(labels), true);
  assert.equal(matcher.matches({ ...labels, x: '' }), false);
  assert.equal(matcher.toString(), 'app=web,tier in (back,front),!x');
  assert.equal(labelSelectorMatcher(undefined).matches(labels), false);
  assert.equal(labelSelectorMatcher({}).matches({}), true);
});
