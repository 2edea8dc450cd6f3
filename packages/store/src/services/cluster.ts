import { etcd, type Handlers } from '@keelson/protocol';
import type { Member } from '../cluster/membership.js';
import type { DoorContext } from './door.js';
import { header } from './door.js';

/** etcd's Cluster service, as far as membership is fixed: it lists. Its headers carry no revision. */
export function clusterService(context: DoorContext): Pick<Handlers<typeof etcd.ClusterService>, 'memberList'> {
  const { replica } = context;
  return {
    async memberList(request) {
      if (request.linearizable) await replica.linearizable();
      return { header: header(context, 0), members: replica.machine.membership.members.map(toWire) };
    },
  };
}

export const clusterDefinition = { memberList: etcd.ClusterService.memberList };

function toWire(member: Member): etcd.Member {
  return {
    ID: member.id,
    name: member.name,
    peerURLs: [...member.peerUrls],
    clientURLs: [...member.clientUrls],
    isLearner: member.isLearner,
  };
}
