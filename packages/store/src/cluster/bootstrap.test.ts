import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clusterIdOf, initialCluster, memberIdOf } from './bootstrap.js';

test('ids are those that etcd makes of the same flags', () => {
  const member = memberIdOf(['http://127.0.0.1:23800'], 'etcd-cluster');
  assert.equal(member, 3319814642761637952n);
  assert.equal(clusterIdOf([member]), 324952591200643719n);
});

test('members agree on the cluster whatever the order of their flags', () => {
  const of = (name: string, initial: string, urls: string[]) =>
    initialCluster({ name, initialCluster: initial, token: 't', advertisePeerUrls: urls });
  const a = of('a', 'a=http://h1:1,b=http://h2:1,a=http://h1:2', ['http://h1:2', 'http://h1:1']);
  const b = of('b', 'b=http://h2:1,a=http://h1:2,a=http://h1:1', ['http://h2:1']);
  assert.equal(a.cluster.clusterId, b.cluster.clusterId);
  assert.notEqual(a.self.id, b.self.id);
});

test('flags that contradict each other are refused', () => {
  const start = (initial: string) =>
    initialCluster({ name: 'a', initialCluster: initial, token: 't', advertisePeerUrls: ['http://h1:1'] });
  assert.throws(() => start('b=http://h1:1'), /does not name this member, "a"/);
  assert.throws(() => start('a=http://h9:1'), /they must be the same/);
  assert.throws(() => start('a=http://h1:1,b=http://h1:1'), /two members with the same address/);
  assert.throws(() => start('nonsense'), /not of the form name=url/);
});
