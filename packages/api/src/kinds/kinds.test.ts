import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Kind } from '../kind.js';
import { readSchemaFile } from '../schema.js';
import { allKinds } from './index.js';

interface ResourceFact {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly shortNames: string[];
  readonly categories: string[];
  readonly verbs: string[];
  readonly subresources: { name: string; kind: string; kindGroup?: string; verbs: string[] }[];
}
const { resources } = readSchemaFile<{ resources: ResourceFact[] }>('discovery.json');
const columns =
  readSchemaFile<Record<string, { name: string; type: string; format: string; priority: number }[]>>('columns.json');

const nameOf = (it: { group: string; version: string; plural: string }): string =>
  `${it.group === '' ? '' : `${it.group}/`}${it.version}/${it.plural}`;

for (const kind of allKinds) {
  test(`${nameOf(kind)} is named and shown as upstream's`, () => {
    const fact = resources.find((it) => nameOf(it) === nameOf(kind));
    assert.ok(fact, 'upstream serves it');
    assert.deepEqual(ownFacts(kind), {
      singular: fact.singular,
      kind: fact.kind,
      namespaced: fact.namespaced,
      shortNames: [...fact.shortNames].sort(),
      categories: fact.categories,
      verbs: fact.verbs,
      subresources: fact.subresources.map(({ name, kind: of, verbs }) => ({ name, kind: of, verbs })),
    });
    if (!kind.verbs.includes('list')) return;
    const shown = kind.columns.map(({ name, type, format = '', priority = 0 }) => ({ name, type, format, priority }));
    assert.deepEqual(shown, columns[nameOf(kind)]);
  });
}

function ownFacts(kind: Kind): object {
  const subresources = [...kind.subresources].sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    singular: kind.singular,
    kind: kind.kind,
    namespaced: kind.scope === 'Namespaced',
    shortNames: [...kind.shortNames].sort(),
    categories: kind.categories,
    verbs: [...kind.verbs].sort(),
    subresources: subresources.map(({ name, gvk, verbs }) => ({ name, kind: gvk.kind, verbs: [...verbs].sort() })),
  };
}

test('an empty object of any kind is completed and judged without a fall', () => {
  for (const kind of allKinds) {
    const it = { metadata: { name: 'x' } };
    kind.defaults(it);
    kind.strategy.prepareForCreate(it);
    kind.validate(it);
    kind.complete(it);
    const next = structuredClone(it);
    kind.defaults(next);
    kind.strategy.prepareForUpdate(next, it);
    kind.validateUpdate(next, it);
    kind.validateStatusUpdate(next, it);
    for (const column of kind.columns) column.value(it, { now: new Date(0) });
    for (const read of Object.values(kind.selectableFields)) assert.equal(typeof read(it), 'string');
  }
});

test('completing an object twice changes nothing', () => {
  for (const kind of allKinds) {
    const once = { metadata: { name: 'x' } };
    kind.defaults(once);
    const twice = structuredClone(once);
    kind.defaults(twice);
    assert.deepEqual(twice, once, kind.plural);
  }
});

test('every resource that upstream serves is served', () => {
  const served = new Set(allKinds.map(nameOf));
  assert.deepEqual(
    resources.map(nameOf).filter((name) => !served.has(name)),
    [],
  );
});
