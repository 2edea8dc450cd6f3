import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JsonPath } from './evaluate.js';
import { relaxedTemplate } from './parse.js';

const list = {
  kind: 'List',
  items: [
    {
      metadata: { name: 'a', labels: { 'app.kubernetes.io/name': 'x' } },
      status: { ready: true, count: 1, addresses: [{ type: 'IP', address: '10.0.0.1' }] },
    },
    {
      metadata: { name: 'b' },
      status: {
        ready: false,
        count: 5,
        addresses: [
          { type: 'IP', address: '10.0.0.2' },
          { type: 'DNS', address: 'b.local' },
        ],
      },
    },
  ],
};

const cases: [template: string, text: string][] = [
  ['{.kind}', 'List'],
  ['kind is {.kind}!', 'kind is List!'],
  ['{.items[*].metadata.name}', 'a b'],
  ['{.items[0].metadata.name}', 'a'],
  ['{.items[-1].metadata.name}', 'b'],
  ['{.items[0:1].metadata.name}', 'a'],
  ['{$.kind}', 'List'],
  ["{['kind']}", 'List'],
  ['{.nope}', ''],
  ['{.items[0].metadata.labels.app\\.kubernetes\\.io/name}', 'x'],
  ["{.items[0]['metadata.labels']}", ''],
  ['{range .items[*]}{.metadata.name}{"\\t"}{.status.count}{"\\n"}{end}', 'a\t1\nb\t5\n'],
  ['{.items[?(@.metadata.name=="b")].status.count}', '5'],
  ['{.items[?(@.status.count>2)].metadata.name}', 'b'],
  ['{.items[?(@.status.ready==true)].metadata.name}', 'a'],
  ['{.items[?(@.metadata.labels)].metadata.name}', 'a'],
  ["{.items[*].status.addresses[?(@.type=='DNS')].address}", 'b.local'],
  ['{..address}', '10.0.0.1 10.0.0.2 b.local'],
  ['{.items[0].status.addresses[0]}', '{"address":"10.0.0.1","type":"IP"}'],
  ['{.items[*].metadata.name} {.kind}', 'a b List'],
];

for (const [template, text] of cases) {
  test(`jsonpath ${JSON.stringify(template)}`, () => assert.equal(new JsonPath(template).render(list), text));
}

test('a template that does not parse is refused with what is wrong', () => {
  assert.throws(() => new JsonPath('{.items[}'), /unterminated array|unclosed/);
  assert.throws(() => new JsonPath('{.items'), /unclosed action/);
  assert.throws(() => new JsonPath('{range .items[*]}x'), /\{end\} is missing/);
  assert.throws(() => new JsonPath('{end}'), /nothing to end/);
  assert.throws(() => new JsonPath('{.items[x]}'), /invalid array index x/);
});

test('a lone path needs neither braces nor the leading dot', () => {
  for (const text of ['metadata.name', '.metadata.name', '{.metadata.name}']) {
    assert.equal(new JsonPath(relaxedTemplate(text)).render({ metadata: { name: 'a' } }), 'a');
  }
});
