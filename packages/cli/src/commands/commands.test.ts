import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject, Pod } from '@keelson/api';
import type { Command } from '../command/command.js';
import type { Flag } from '../command/flags.js';
import { globalFlags } from '../command/global-flags.js';
import { splitChanges } from './change/metadata.js';
import { changedTaints, parseTaints } from './change/taint.js';
import { containerName } from './create/generators.js';
import { choosePods } from './drain/choose-pods.js';
import { parsePorts } from './exec/port-forward.js';
import { exitCode } from './exec/session.js';
import { commands } from './index.js';
import { prefixLines } from './logs/prefix-lines.js';
import { rolloutState } from './rollout/status.js';
import { chooseRevision } from './rollout/undo.js';
import { imagePatch } from './set/set.js';
import { parseGoal } from './wait/goal.js';

test('no two flags of a command share a letter or a name with those of every command', () => {
  const walk = (list: readonly Command[]): Command[] => list.flatMap((it) => [it, ...walk(it.subcommands ?? [])]);
  for (const { name, flags } of walk(commands)) {
    const letters = Object.values<Flag>({ ...globalFlags, ...flags }).flatMap((flag) => flag.short ?? []);
    assert.equal(new Set(letters).size, letters.length, `${name}: ${letters.join('')}`);
    for (const flag of Object.keys(flags)) assert.ok(!(flag in globalFlags), `${name} --${flag}`);
  }
});

test('label takes names first, then changes', () => {
  const { names, changes } = splitChanges(['pods', 'a', 'x=1', 'y='], 'label');
  assert.deepEqual(
    [names, [...changes.set], changes.remove],
    [
      ['pods', 'a'],
      [
        ['x', '1'],
        ['y', ''],
      ],
      [],
    ],
  );
  assert.deepEqual(splitChanges(['pods', 'a', 'x-'], 'label').changes.remove, ['x']);
  assert.throws(
    () => splitChanges(['pod', 'x=1', 'a'], 'label'),
    /all resources must be specified before label changes: a/,
  );
  assert.throws(() => splitChanges(['pod', 'a', 'x=1', 'x-'], 'label'), /cannot modify and remove the same label: x/);
});

test('taints are added, taken away and not overwritten unasked', () => {
  const old = [{ key: 'a', value: '1', effect: 'NoSchedule' }];
  const add = parseTaints(['b=2:NoExecute']);
  assert.deepEqual(changedTaints(old, add, false, 'n').taints, [{ key: 'b', value: '2', effect: 'NoExecute' }, ...old]);
  assert.deepEqual(changedTaints(old, parseTaints(['a-']), false, 'n'), { taints: [], operation: 'untainted' });
  assert.throws(() => changedTaints(old, parseTaints(['a=2:NoSchedule']), false, 'n'), /already has a taint/);
  assert.throws(() => changedTaints(old, parseTaints(['c-']), false, 'n'), /taint "c" not found/);
  assert.throws(() => parseTaints(['a=b:Never']), /invalid taint effect: Never/);
  assert.throws(() => parseTaints(['a']), /invalid taint spec: a/);
});

function pod(name: string, extra: { owner?: string; emptyDir?: boolean; phase?: string } = {}): Pod {
  const ownerReferences =
    extra.owner === undefined ? [] : [{ apiVersion: 'v1', kind: extra.owner, name: 'o', uid: 'u', controller: true }];
  const spec = { containers: [], ...(extra.emptyDir ? { volumes: [{ name: 'v', emptyDir: {} }] } : {}) };
  return {
    metadata: { name, namespace: 'ns', ownerReferences },
    spec,
    status: { phase: extra.phase ?? 'Running' },
  } as unknown as Pod;
}

test('a drain moves what comes back elsewhere, and says what stands in its way', () => {
  const pods = [
    pod('owned', { owner: 'ReplicaSet' }),
    pod('daemon', { owner: 'DaemonSet' }),
    pod('bare'),
    pod('data', { owner: 'ReplicaSet', emptyDir: true }),
    pod('done', { phase: 'Succeeded' }),
  ];
  const sets = new Set(['ns/o']);
  const strict = choosePods(pods, { force: false, ignoreDaemonSets: false, deleteEmptyDirData: false }, sets);
  assert.deepEqual(
    strict.leaving.map((it) => it.metadata.name),
    ['owned', 'done'],
  );
  assert.equal(strict.errors.length, 3);
  const loose = choosePods(pods, { force: true, ignoreDaemonSets: true, deleteEmptyDirData: true }, sets);
  assert.deepEqual(
    loose.leaving.map((it) => it.metadata.name),
    ['owned', 'bare', 'data', 'done'],
  );
  assert.deepEqual(loose.errors, []);
  assert.ok(loose.warnings.includes('ignoring DaemonSet-managed Pods: ns/daemon'));
});

test('goals of wait', () => {
  const ready = {
    metadata: { generation: 2 },
    status: { observedGeneration: 2, conditions: [{ type: 'Ready', status: 'True' }] },
  };
  const stale = { ...ready, status: { ...ready.status, observedGeneration: 1 } };
  const holds = (goal: string, object: object) => {
    const parsed = parseGoal(goal);
    return parsed.type === 'state' && parsed.holds(object as KubeObject);
  };
  assert.equal(holds('condition=ready', ready), true);
  assert.equal(holds('condition=Ready', stale), false);
  assert.equal(holds('condition=Ready=False', ready), false);
  assert.equal(holds('jsonpath={.status.observedGeneration}=2', ready), true);
  assert.equal(holds('jsonpath=.status.nope', ready), false);
  assert.equal(parseGoal('delete').type, 'delete');
  assert.throws(() => parseGoal('ready'), /--for: unrecognized condition: "ready"/);
});

test('a rollout tells how far it is', () => {
  const deployment = (status: object, generation = 1) =>
    ({
      metadata: { name: 'web', generation },
      spec: { replicas: 2 },
      status: { observedGeneration: 1, ...status },
    }) as KubeObject;
  const say = (status: object) => rolloutState(deployment(status), 'deployments').message;
  assert.match(say({ updatedReplicas: 1 }), /1 out of 2 new replicas have been updated/);
  assert.match(say({ updatedReplicas: 2, replicas: 3 }), /1 old replicas are pending termination/);
  assert.match(say({ updatedReplicas: 2, replicas: 2, availableReplicas: 1 }), /1 of 2 updated replicas are available/);
  assert.equal(
    rolloutState(deployment({ updatedReplicas: 2, replicas: 2, availableReplicas: 2 }), 'deployments').isDone,
    true,
  );
  assert.match(rolloutState(deployment({}, 2), 'deployments').message, /spec update to be observed/);
  const late = deployment({ conditions: [{ type: 'Progressing', reason: 'ProgressDeadlineExceeded' }] });
  assert.throws(() => rolloutState(late, 'deployments'), /exceeded its progress deadline/);
});

test('an undo goes to the revision before the last, or to the one named', () => {
  const revisions = [1, 3].map((number) => ({ number, changeCause: '', source: {} as never, template: undefined }));
  assert.equal(chooseRevision(revisions, 0, 'x').number, 1);
  assert.equal(chooseRevision(revisions, 3, 'x').number, 3);
  assert.throws(() => chooseRevision(revisions, 2, 'x'), /unable to find specified revision 2/);
  assert.throws(
    () => chooseRevision(revisions.slice(1), 0, 'deployment "x"'),
    /no rollout history found for deployment "x"/,
  );
});

test('images are set by container', () => {
  const spec = {
    containers: [
      { name: 'a', image: '1' },
      { name: 'b', image: '1' },
    ],
    initContainers: [],
  };
  assert.deepEqual(imagePatch(spec, new Map([['a', '2']])), { containers: [{ name: 'a', image: '2' }] });
  assert.equal(imagePatch(spec, new Map([['*', '1']])), undefined);
  assert.throws(() => imagePatch(spec, new Map([['c', '2']])), /unable to find container named "c"/);
  assert.equal(containerName('registry.local:5000/team/web-server:v1@sha256:00'), 'web-server');
});

test('ports are [LOCAL:]REMOTE', () => {
  assert.deepEqual(parsePorts('8080'), { local: 8080, remote: '8080' });
  assert.deepEqual(parsePorts('1:2'), { local: 1, remote: '2' });
  assert.deepEqual(parsePorts(':http'), { local: 0, remote: 'http' });
  for (const bad of ['0', 'a:b:c', '99999', 'x:80', ''])
    assert.throws(() => parsePorts(bad), /ports are \[LOCAL:\]REMOTE/, bad);
});

test("a command's exit code comes out of its Status", () => {
  assert.equal(exitCode({ status: 'Success', metadata: {} } as never), 0);
  const failed = {
    status: 'Failure',
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: '42' }] },
  };
  assert.throws(
    () => exitCode(failed as never),
    (error: { code: number; message: string }) => error.code === 42 && /exit code 42/.test(error.message),
  );
  assert.throws(() => exitCode({ status: 'Failure', message: 'no such container' } as never), /no such container/);
});

test('a prefix stands before each line, however the pieces fall', async () => {
  async function* pieces() {
    for (const piece of ['on', 'e\ntwo\nth', 'ree']) yield Buffer.from(piece);
  }
  let text = '';
  for await (const piece of prefixLines(pieces(), '> ')) text += piece;
  assert.equal(text, '> one\n> two\n> three\n');
});
