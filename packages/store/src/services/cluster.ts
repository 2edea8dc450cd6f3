import type { etcd, Handlers } from '@keelson/protocol';
import type { MemberChange, MembershipDesk } from '../cluster/desk.js';
import type { Member } from '../cluster/membership.js';
import { checkPeerUrls } from '../cluster/peer-urls.js';
import type { DoorContext } from './door.js';
import { header } from './door.js';

/** etcd's Cluster service. Its headers carry no revision. */
export function clusterService(context: DoorContext, members: MembershipDesk): Handlers<typeof etcd.ClusterService> {
  const { replica, gate } = context;
  const list = () => replica.machine.membership.members.map(toWire);
  const listed = () => ({ header: header(context, 0), members: list() });
  const change = async (caller: Parameters<typeof gate.requireAdmin>[0], wanted: MemberChange) => {
    await gate.requireAdmin(caller);
    return await members.change(wanted);
  };

  return {
    async memberList(request, call) {
      if (request.linearizable) await replica.linearizable();
      await gate.requireUser(call);
      return listed();
    },

    async memberAdd(request, call) {
      const peerUrls = checkPeerUrls(request.peerURLs);
      const id = await change(call, { kind: 'add', peerUrls, isLearner: request.isLearner });
      const { header: head, members: all } = listed();
      return { header: head, member: all.find((member) => member.ID === id), members: all };
    },

    async memberRemove({ ID }, call) {
      await change(call, { kind: 'remove', id: ID });
      return listed();
    },

    async memberUpdate(request, call) {
      const peerUrls = checkPeerUrls(request.peerURLs);
      await change(call, { kind: 'update', id: request.ID, peerUrls });
      return listed();
    },

    async memberPromote({ ID }, call) {
      await change(call, { kind: 'promote', id: ID });
      return listed();
    },
  };
}

function toWire(member: Member): etcd.Member {
  return {
    ID: member.id,
    name: member.name,
    peerURLs: [...member.peerUrls],
    clientURLs: [...member.clientUrls],
    isLearner: member.isLearner,
  };
}
