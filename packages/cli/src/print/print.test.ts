import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Table } from '@keelson/api';
import { customCells, customColumns } from './custom-columns.js';
import { parseOutput } from './output.js';
import { jsonText } from './structured.js';
import { stateColour, styleFor } from './style.js';
import { TablePrinter } from './table.js';
import { alignTabs, tabulate } from './tabwriter.js';

const plain = styleFor({ isTTY: false }, {});
const column = (name: string, priority = 0) => ({ name, type: 'string', format: '', description: '', priority });
const view = { wide: false, withNamespace: false, showLabels: false, labelColumns: [], noHeaders: false, style: plain };

function podTable(...rows: [name: string, status: string, node: string][]): Table {
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: {},
    columnDefinitions: [column('Name'), column('Status'), column('Node', 1)],
    rows: rows.map(([name, status, node]) => ({
      cells: [name, status, node],
      object: { metadata: { name, namespace: 'shop', labels: { b: '2', a: '1' } } },
    })),
  };
}

test('columns stand three spaces apart and are at least six wide; the last is not padded', () => {
  assert.equal(
    tabulate([
      ['A', 'B'],
      ['longer', 'x'],
    ]),
    'A        B\nlonger   x\n',
  );
  assert.equal(tabulate([['A', 'B']]), 'A     B\n');
});

test('a table shows what its view asks for', () => {
  const table = podTable(['web', 'Running', 'n1']);
  assert.equal(new TablePrinter(view).print(table), 'NAME   STATUS\nweb    Running\n');
  assert.equal(new TablePrinter({ ...view, wide: true }).print(table), 'NAME   STATUS    NODE\nweb    Running   n1\n');
  assert.equal(new TablePrinter({ ...view, noHeaders: true, kindPrefix: 'pod' }).print(table), 'pod/web   Running\n');
  const full = { ...view, withNamespace: true, showLabels: true, labelColumns: ['x/a'] };
  assert.match(
    new TablePrinter(full).print(table),
    /^NAMESPACE +NAME +STATUS +A +LABELS\nshop +web +Running +a=1,b=2\n$/,
  );
});

test('a watch writes the header once and keeps its widths', () => {
  const printer = new TablePrinter(view);
  printer.print(podTable(['a-long-name', 'Pending', '']));
  assert.equal(
    printer.print({ ...podTable(['web', 'Running', '']), columnDefinitions: [] }),
    'web           Running\n',
  );
});

test('colour is for terminals, unless NO_COLOR is set', () => {
  const colour = styleFor({ isTTY: true }, {});
  assert.equal(stateColour(colour, 'Running'), '\u001b[32mRunning\u001b[39m');
  assert.equal(stateColour(colour, 'CrashLoopBackOff'), '\u001b[31mCrashLoopBackOff\u001b[39m');
  assert.equal(stateColour(colour, 'web-1'), 'web-1');
  assert.equal(stateColour(styleFor({ isTTY: true }, { NO_COLOR: '1' }), 'Running'), 'Running');
  assert.equal(stateColour(plain, 'Running'), 'Running');
});

test("columns of tabs are runs of adjacent lines, as in Go's tabwriter", () => {
  assert.equal(
    alignTabs('Name:\tx\nNamespace:\ty\nPods:\n  A\tB\n  long\tC'),
    'Name:       x\nNamespace:  y\nPods:\n  A     B\n  long  C',
  );
});

test('JSON has its fields by alphabet and no bare HTML', () => {
  assert.equal(
    jsonText({ b: '<a>&', a: [1] }),
    '{\n    "a": [\n        1\n    ],\n    "b": "\\u003ca\\u003e\\u0026"\n}',
  );
  assert.equal(jsonText({ b: 1, a: undefined }, 0), '{"b":1}');
});

test('custom columns join several values and show what is missing', () => {
  const columns = customColumns('NAME:.metadata.name,IMAGES:.spec[*].image,X:{.x}');
  assert.deepEqual(customCells(columns, { metadata: { name: 'a' }, spec: [{ image: 'i' }, { image: 'j' }] }), [
    'a',
    'i,j',
    '<none>',
  ]);
  assert.throws(() => customColumns('NAME'), /expected <header>:<json-path-expr>/);
});

test('an output that is not known is refused with those that are', () => {
  assert.throws(() => parseOutput('xml'), /output format "xml", allowed formats are: custom-columns,json/);
  assert.throws(() => parseOutput('jsonpath'), /no template given/);
});
