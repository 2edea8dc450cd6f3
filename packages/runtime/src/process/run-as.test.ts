import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cri, type Init } from '@keelson/protocol';
import { type HostUsers, homeOf, runAs } from './run-as.js';

const root: HostUsers = {
  uid: 0,
  gid: 0,
  groups: [0],
  passwd: 'root:x:0:0:root:/root:/bin/sh\nada:x:1000:100:Ada,,,:/home/ada:/bin/sh\nbroken line\n',
  group: 'root:x:0:\nusers:x:100:\ndisk:x:6:ada\nwheel:x:10:root,ada\n',
};
const ada: HostUsers = { ...root, uid: 1000, gid: 100, groups: [100, 6] };

function context(fields: Init<cri.LinuxContainerSecurityContext>): cri.LinuxContainerSecurityContext {
  return cri.LinuxContainerSecurityContext.decode(cri.LinuxContainerSecurityContext.encode(fields));
}
const asks = (fields: Init<cri.LinuxContainerSecurityContext>, host = root) => runAs(context(fields), host);
const who = (uid: number, gid: number | undefined, groups: number[] = [], noNewPrivileges = false) => ({
  uid,
  gid,
  groups,
  noNewPrivileges,
});

test('nothing asked for changes nothing', () => {
  assert.equal(runAs(undefined, root), undefined);
  assert.equal(asks({}), undefined);
  assert.equal(asks({}, ada), undefined);
});

test('a user has the groups that the host gives it, an unknown one the group 0', () => {
  assert.deepEqual(asks({ runAsUser: { value: 1000 } }), who(1000, 100, [6, 10]));
  assert.deepEqual(asks({ runAsUser: { value: 4242 } }), who(4242, 0));
  assert.deepEqual(asks({ runAsUsername: 'ada' }), who(1000, 100, [6, 10]));
  assert.throws(() => asks({ runAsUsername: 'eve' }), /run_as_username "eve"/);
});

test('root, asked for by name or not, gets the groups that were asked for', () => {
  assert.deepEqual(asks({ runAsUser: { value: 0 }, runAsGroup: { value: 3000 } }), who(0, 3000, [10]));
  assert.deepEqual(asks({ supplementalGroups: [2000] }), who(0, 0, [10, 2000]));
});

test('who is asked to be what it is stays what it is', () => {
  const plain = { ...root, group: 'root:x:0:\n' };
  assert.equal(asks({ runAsUser: { value: 0 } }, plain), undefined);
  assert.deepEqual(asks({ runAsUser: { value: 0 }, supplementalGroups: [5] }, plain), who(0, 0, [5]));
});

test('supplemental groups come on top of the user’s own, or alone', () => {
  const fields = { runAsUser: { value: 1000 }, runAsGroup: { value: 5 }, supplementalGroups: [6, 7, 5] };
  assert.deepEqual(asks(fields), who(1000, 5, [6, 10, 7]));
  const strict = { ...fields, supplementalGroupsPolicy: cri.SupplementalGroupsPolicy.Strict };
  assert.deepEqual(asks(strict), who(1000, 5, [6, 7]));
});

test('a group without a user is refused, as CRI says', () => {
  assert.throws(() => asks({ runAsGroup: { value: 5 } }), /run_as_group is given without run_as_user/);
});

test('who is not root can give what it has, and names what it cannot', () => {
  assert.equal(asks({ runAsUser: { value: 1000 }, supplementalGroups: [6] }, ada), undefined);
  assert.throws(() => asks({ runAsUser: { value: 0 } }, ada), /run_as_user 0: only a runtime that root runs/);
  assert.throws(() => asks({ runAsUser: { value: 1000 }, runAsGroup: { value: 0 } }, ada), /run_as_group 0/);
  assert.equal(asks({ supplementalGroups: [6, 10, 77] }, ada), undefined, 'groups on top are left out');
});

test('no new privileges can be asked for by anybody', () => {
  assert.deepEqual(asks({ noNewPrivs: true }), who(0, undefined, [], true));
  assert.deepEqual(asks({ noNewPrivs: true, runAsUser: { value: 1000 } }, ada), who(1000, undefined, [], true));
});

test('home is where /etc/passwd says', () => {
  assert.deepEqual([homeOf(0, root), homeOf(1000, root), homeOf(7, root)], ['/root', '/home/ada', '/']);
});
