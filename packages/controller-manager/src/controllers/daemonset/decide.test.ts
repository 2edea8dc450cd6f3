import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isServing, labels, DaemonSetModel as Model, templateOf } from '../../testing/daemon-set.js';
import { HASH_LABEL, hashOf } from './daemons.js';
import { targetNode } from './placement.js';

const rolling = (rollingUpdate: { maxSurge?: number | string; maxUnavailable?: number | string }) => ({
  type: 'RollingUpdate',
  rollingUpdate,
});
const removed = (model: Model) =>
  (model.look().decision.steps ?? []).flat().flatMap((it) => (it.do === 'delete' ? [it.object.metadata.name] : []));
const toldBy = (model: Model) =>
  (model.look().decision.steps ?? []).flat().flatMap((it) => (it.do === 'tell' ? [`${it.reason}: ${it.message}`] : []));

describe('a decision about a DaemonSet', () => {
  it('puts one pod on every node that it is for, and takes those from where none belongs', () => {
    const model = new Model(3);
    model.serveAll();
    assert.deepEqual(model.images(), ['n0 one', 'n1 one', 'n2 one']);
    model.addNode('n3');
    model.addNode('n1', [{ key: 'k', effect: 'NoExecute' }]);
    model.addNode('n2', [{ key: 'k', effect: 'NoSchedule' }]);
    model.serveAll();
    assert.deepEqual(model.images(), ['n0 one', 'n2 one', 'n3 one']);
    const { desiredNumberScheduled, numberMisscheduled, numberAvailable, numberUnavailable } = model.daemonSet.status!;
    assert.deepEqual([desiredNumberScheduled, numberMisscheduled, numberAvailable, numberUnavailable], [2, 1, 2, 0]);
  });

  it('takes pods that wait for a node that is no more, and one of two on a node', () => {
    const model = new Model(2);
    model.serveAll();
    const [first, second] = [...model.pods.values()];
    model.pods.set('copy', { ...first!, metadata: { ...first!.metadata, name: 'copy', creationTimestamp: '2026' } });
    assert.deepEqual(removed(model), ['copy']);
    model.pods.delete('copy');
    model.nodes.delete(targetNode(second!));
    assert.deepEqual(removed(model), [second?.metadata.name]);
    model.pods.set(second!.metadata.name!, { ...second!, spec: { ...second!.spec!, nodeName: targetNode(second!) } });
    assert.deepEqual(removed(model), []);
  });

  it('replaces pods that ended, those that failed less and less often', () => {
    const model = new Model(1);
    model.serveAll();
    const name = () => [...model.pods.keys()][0] ?? '';
    const fail = () => model.ready(name(), 'Failed');
    fail();
    assert.deepEqual(toldBy(model), [
      `FailedDaemonPod: Found failed daemon pod default/${name()} on node n0, will try to kill it`,
    ]);
    const waits: number[] = [];
    for (let round = 0; round < 13; round += 1) {
      model.step();
      model.pods.clear();
      model.step();
      fail();
      assert.deepEqual(removed(model), []);
      const { again = 0 } = model.look().decision;
      waits.push(again / 1000);
      model.now += again;
    }
    assert.deepEqual(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]);
    model.ready(name(), 'Succeeded');
    assert.deepEqual(toldBy(model), [
      `SucceededDaemonPod: Found succeeded daemon pod default/${name()} on node n0, will try to delete it`,
    ]);
  });

  it('rolls out by hand where it is told so', () => {
    const model = new Model(2, { updateStrategy: { type: 'OnDelete' } });
    model.serveAll();
    model.change({ template: templateOf('two') });
    model.serveAll();
    assert.deepEqual(model.images(), ['n0 one', 'n1 one']);
    model.pods.delete([...model.pods.keys()][0]!);
    model.serveAll();
    assert.deepEqual(model.images(), ['n0 two', 'n1 one']);
    assert.equal(model.daemonSet.status?.updatedNumberScheduled, 1);
  });

  it('takes pods of the template’s generation for new ones, and labels those it makes', () => {
    const model = new Model(1);
    model.daemonSet.metadata.annotations = { 'deprecated.daemonset.template.generation': '4' };
    model.serveAll();
    const [pod] = [...model.pods.values()];
    const [revision] = [...model.revisions.values()];
    const hash = revision?.metadata.labels?.[HASH_LABEL];
    assert.deepEqual(pod?.metadata.labels, { app: 'd', 'pod-template-generation': '4', [HASH_LABEL]: hash });
  });

  it('has one revision of its template, each with its hash, whatever others made', () => {
    const model = new Model(1);
    model.serveAll();
    const [revision] = [...model.revisions.values()];
    const metadata = { name: 'd-x', namespace: 'default', labels };
    model.revisions.set('d-x', { ...revision!, metadata, revision: 7 });
    model.step();
    assert.equal(model.revisions.get('d-x')?.metadata.labels?.[HASH_LABEL], 'd-x');
    const moved = model
      .look()
      .decision.steps?.flat()
      .map((it) => it.do);
    assert.deepEqual(moved, ['patch', 'delete']);
    assert.deepEqual(removed(model), [revision?.metadata.name]);
  });

  it('selects something, or nothing is done', () => {
    const model = new Model(1, { selector: {} });
    assert.deepEqual(toldBy(model), [
      'SelectingAll: This daemon set is selecting all pods. A non-empty selector is required.',
    ]);
    const going = new Model(1);
    going.daemonSet.metadata.deletionTimestamp = '2026-01-01T00:00:00Z';
    assert.deepEqual(going.step(), []);
  });

  it('with a surge leaves the old pod of a node that is for it no more until enough serve elsewhere', () => {
    const model = new Model(2, { updateStrategy: rolling({ maxSurge: 1, maxUnavailable: 0 }) });
    model.addNode('n1', [{ key: 'k', effect: 'NoExecute' }]);
    model.serveAll();
    assert.deepEqual(model.images(), ['n0 one']);
    const [old] = [...model.pods.keys()];
    model.addNode('n0', [{ key: 'k', effect: 'NoSchedule' }]);
    model.addNode('n1');
    model.change({ template: templateOf('two') });
    model.settle();
    assert.ok(model.pods.get(old!)?.metadata.deletionTimestamp === undefined);
    model.ready([...model.pods.keys()].find((name) => name !== old)!);
    model.settle();
    assert.ok(model.pods.get(old!)?.metadata.deletionTimestamp !== undefined);
  });

  it('keeps to its surge and to what may be unavailable, and gets there, whatever happens', () => {
    const limits = fc.oneof(
      fc.record({
        maxSurge: fc.constant(0),
        maxUnavailable: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.constant('40%')),
      }),
      fc.record({
        maxSurge: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.constant('40%')),
        maxUnavailable: fc.constant(0),
      }),
    );
    const happening = fc.record({ what: fc.constantFrom('step', 'step', 'ready', 'take'), at: fc.nat(20) });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        limits,
        fc.array(happening, { maxLength: 80, size: 'max' }),
        (nodes, limit, story) => {
          const model = new Model(nodes, { updateStrategy: rolling(limit) });
          model.serveAll();
          model.change({ template: templateOf('two') });
          const sized = (it: number | string) => (typeof it === 'number' ? it : Math.ceil(0.4 * nodes));
          const least = nodes - sized(limit.maxUnavailable);
          for (const { what, at } of story) {
            const name = [...model.pods.keys()][at % model.pods.size] ?? '';
            if (what === 'ready') model.ready(name);
            else if (what === 'take' && model.pods.get(name)?.metadata.deletionTimestamp) model.pods.delete(name);
            else model.step();
            const served = new Set([...model.pods.values()].filter(isServing).map(targetNode));
            assert.ok(served.size >= least, `${served.size} of ${nodes} nodes serve, ${least} at the least`);
            const staying = [...model.pods.values()].filter((pod) => pod.metadata.deletionTimestamp === undefined);
            assert.ok(staying.length <= nodes + sized(limit.maxSurge), 'too many pods');
            const pairs = staying.map((pod) => `${targetNode(pod)} ${hashOf(pod)}`);
            assert.equal(new Set(pairs).size, pairs.length, 'two of a kind on a node');
          }
          model.serveAll();
          assert.deepEqual(
            model.images(),
            Array.from({ length: nodes }, (_, index) => `n${index} two`),
          );
        },
      ),
      { numRuns: 300 },
    );
  });
});
