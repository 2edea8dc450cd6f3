import { PATCH_TYPES } from '@keelson/api';
import type { HttpCall, HttpCaller } from '@keelson/service';
import { type Sample, sample, WARM_UP_SHARE } from '../load.js';
import { call, pathOf, succeed } from './objects.js';
import type { Share } from './workloads.js';

/** Clients of one user, each on a connection of its own, that list everything as often as they can. */
const CROWD = 200;
const OTHERS = 4;
const NODE_LEASES = 'kube-node-lease';
const LEASE = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/bench';

/** The administrator speaks for others: these are not exempt from their share of the server. */
function as(user: string, request: HttpCall, groups: Readonly<Record<string, string>> = {}): HttpCall {
  return { ...request, headers: { ...request.headers, 'impersonate-user': user, ...groups } };
}

const listed = as('crowd', call('GET', `${pathOf('pods')}?resourceVersion=0`));
const gotten = as('somebody', call('GET', pathOf('configmaps', 'config-0')));

const renewed = (turn: number) => {
  const spec = { holderIdentity: 'bench', leaseDurationSeconds: 40, leaseTransitions: turn };
  const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'bench' }, spec };
  const path = `${LEASE}?fieldManager=kubelet&force=true`;
  return as('system:node:bench', call('PATCH', path, lease, PATCH_TYPES.apply), {
    'impersonate-group': 'system:nodes',
  });
};

/** What these users need to be there. */
export async function admitCrowd(caller: HttpCaller): Promise<void> {
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NODE_LEASES } };
  await caller.request(call('POST', '/api/v1/namespaces', namespace)); // the server may have made it
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' };
  const subjects = ['crowd', 'somebody'].map((name) => ({ apiGroup: roleRef.apiGroup, kind: 'User', name }));
  const binding = { metadata: { name: 'bench' }, roleRef, subjects };
  await succeed(caller, call('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', binding));
}

/** What a node waits for the renewal of its lease meanwhile. */
export const renewalsInACrowd = (share: Share) => inACrowd(share, renewed);
/** What another user waits for an object. */
export const getsInACrowd = (share: Share) => inACrowd(share, () => gotten);

async function inACrowd(share: Share, request: (turn: number) => HttpCall): Promise<Sample> {
  const { part, parts, options, clock, open } = share;
  await share.start();
  const size = Math.ceil(CROWD / Math.max(1, parts - 1));
  const crowd = async () => {
    const until = clock.monotonic() + options.seconds * (1 + WARM_UP_SHARE) * 1000;
    const connections = open(size);
    const client = async (at: number) => {
      // Most are told to come again later.
      while (clock.monotonic() < until) await connections[at]!.request(listed).catch(() => clock.sleep(10));
    };
    const running = connections.map((_, at) => client(at));
    await Promise.race([Promise.all(running), clock.sleep(until - clock.monotonic())]);
    for (const connection of connections) connection.close();
  };
  const others = async () =>
    await sample(
      (caller, _client, turn) => succeed(caller, request(turn)),
      { clients: OTHERS, seconds: options.seconds, open },
      clock,
    );
  const isCrowd = parts === 1 || part > 0;
  const [seen] = await Promise.all([part === 0 ? others() : NOTHING, isCrowd ? crowd() : undefined]);
  return seen;
}

const NOTHING: Sample = { count: 0, seconds: 1, latencies: [], errors: 0 };
