import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Pod } from '@keelson/api';
import { Indexer } from './indexer.js';

function pod(name: string, nodeName: string, namespace = 'default'): Pod {
  return { metadata: { name, namespace }, spec: { nodeName, containers: [] } };
}

const byNode = (it: Pod) => [it.spec?.nodeName ?? ''];

describe('Indexer', () => {
  it('moves an object between the values of an index as it changes', () => {
    const indexer = new Indexer<Pod>({ node: byNode });
    assert.equal(indexer.set(pod('a', 'n1')), undefined);
    assert.equal(indexer.set(pod('a', 'n2'))?.spec?.nodeName, 'n1');
    assert.deepEqual(indexer.byIndex('node', 'n1'), []);
    assert.deepEqual(indexer.byIndex('node', 'n2'), [pod('a', 'n2')]);
    assert.equal(indexer.size, 1);
  });

  it('forgets a deleted object in every index', () => {
    const indexer = new Indexer<Pod>({ node: byNode });
    indexer.set(pod('a', 'n1'));
    assert.deepEqual(indexer.delete('default/a'), pod('a', 'n1'));
    assert.equal(indexer.delete('default/a'), undefined);
    assert.deepEqual(indexer.byIndex('node', 'n1'), []);
    assert.deepEqual(indexer.byIndex('namespace', 'default'), []);
  });

  it('indexes what is there when an index is added late', () => {
    const indexer = new Indexer<Pod>();
    indexer.set(pod('a', 'n1'));
    indexer.addIndex('node', byNode);
    assert.equal(indexer.byIndex('node', 'n1').length, 1);
    assert.throws(() => indexer.byIndex('nothing', ''), /no index "nothing"/);
  });
});
