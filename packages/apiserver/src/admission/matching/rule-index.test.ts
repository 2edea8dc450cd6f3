import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { allKinds, type Kind, KindRegistry, labelSelectorMatcher, type NamedRuleWithOperations } from '@keelson/api';
import { context } from '../../../test/world.js';
import type { Matching } from './matching.js';
import { RuleIndex } from './rule-index.js';
import type { Asked } from './subject.js';

const everything = labelSelectorMatcher({});
const rule = (group: string, resource: string, more: Partial<NamedRuleWithOperations> = {}) => ({
  ...{ apiGroups: [group], apiVersions: ['*'], operations: ['CREATE'], resources: [resource] },
  ...more,
});
const matching = (...rules: NamedRuleWithOperations[]): Matching => ({
  ...{ namespaces: everything, objects: everything, rules, excluded: [], isOpen: false, isExact: false },
});
const kindOf = (group: string, plural: string, version?: string) =>
  allKinds.find(
    (it) => it.group === group && it.plural === plural && (version === undefined || it.version === version),
  )!;
const asked = (kind: Kind, more: Partial<Asked> = {}) =>
  ({
    ...{ operation: 'CREATE', kind, namespace: 'default', object: { metadata: {} }, old: undefined, subresource: '' },
    ...{ context, dryRun: false, write: {} },
    ...more,
  }) as Asked;

describe('the index of rules', () => {
  function indexOf(items: Record<string, Matching>) {
    const kinds = new KindRegistry(allKinds);
    const source = { changes: 0 };
    let looks = 0;
    const index = new RuleIndex<string>({
      ...{ kinds, sources: [source], read: () => Object.keys(items) },
      matchingOf: (name) => {
        looks += 1;
        return items[name]!;
      },
    });
    return { index, kinds, source, items, looks: () => looks };
  }

  it('finds those whose rules name a write, in their order', () => {
    const { index } = indexOf({
      pods: matching(rule('', 'pods')),
      scale: matching(rule('apps', 'deployments/scale', { operations: ['UPDATE'] })),
      all: matching(rule('*', '*/*', { operations: ['*'] })),
      whole: matching(rule('*', '*')),
      open: { ...matching(), isOpen: true },
      nothing: matching(),
    });
    const deployments = kindOf('apps', 'deployments');
    assert.deepEqual(index.about(asked(kindOf('', 'pods'))), ['pods', 'all', 'whole', 'open']);
    assert.deepEqual(index.about(asked(deployments)), ['all', 'whole', 'open']);
    assert.deepEqual(index.about(asked(deployments, { operation: 'UPDATE', subresource: 'scale' })), [
      ...['scale', 'all', 'open'],
    ]);
    assert.deepEqual(index.about(asked(deployments, { operation: 'DELETE' } as Partial<Asked>)), ['all', 'open']);
  });

  it('finds those that name a kind in another version, or another kind of the same objects', () => {
    const { index } = indexOf({ other: matching(rule('events.k8s.io', 'events', { apiVersions: ['v1'] })) });
    assert.deepEqual(index.about(asked(kindOf('', 'events'))), ['other']);
    assert.deepEqual(index.about(asked(kindOf('', 'pods'))), []);
  });

  it('looks at all of them once for each sort of write, and again when they or the kinds change', () => {
    const { index, kinds, source, items, looks } = indexOf(
      Object.fromEntries(
        Array.from({ length: 100 }, (_, at) => [`hook-${at}`, matching(rule('example.com', `things${at}`))]),
      ),
    );
    const pods = kindOf('', 'pods');
    for (let turn = 0; turn < 1_000; turn += 1) assert.deepEqual(index.about(asked(pods)), []);
    assert.equal(looks(), 100);
    items.late = matching(rule('', 'pods'));
    assert.deepEqual(index.about(asked(pods)), []);
    source.changes += 1;
    assert.deepEqual(index.about(asked(pods)), ['late']);
    kinds.add({
      ...pods,
      group: 'example.com',
      plural: 'things7',
      storage: { ...pods.storage!, group: '', plural: 'pods' },
    });
    assert.deepEqual(index.about(asked(pods)), ['hook-7', 'late']);
    kinds.remove('example.com', pods.version, 'things7');
    assert.deepEqual(index.about(asked(pods)), ['late']);
  });
});
