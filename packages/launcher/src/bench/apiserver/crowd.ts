import { PATCH_TYPES } from '@keelson/api';
import type { HttpCall, HttpCaller } from '@keelson/service';
import { type Sample, sample, WARM_UP_SHARE } from '../load.js';
import { call, pathOf, succeed } from './objects.js';
import type { Share } from './workloads.js';

/** Clients of one user, each on a connection of its own, that list everything as often as they can. */
const LISTERS = 200;
/** Watches of one user, as many on each connection as kube-apiserver allows. */
const WATCHES = 10_000;
const WATCHES_PER_CONNECTION = 250;
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

/** What a part's share of a crowd does until it is over; resolves with how many of its members could do nothing. */
type Crowd = (share: Share, of: { readonly members: number; readonly until: number }) => Promise<number>;

/** What a node waits for the renewal of its lease meanwhile. */
export const renewalsBesideListers = (share: Share) => beside(share, LISTERS, listing, renewed);
export const renewalsBesideWatches = (share: Share) => beside(share, WATCHES, watching, renewed);
/** What another user waits for an object. */
export const getsBesideListers = (share: Share) => beside(share, LISTERS, listing, () => gotten);
export const getsBesideWatches = (share: Share) => beside(share, WATCHES, watching, () => gotten);

const listing: Crowd = async ({ clock, open }, { members, until }) => {
  const connections = open(members);
  const client = async (at: number) => {
    // Most are told to come again later.
    while (clock.monotonic() < until) await connections[at]!.request(listed).catch(() => clock.sleep(10));
  };
  const running = connections.map((_, at) => client(at));
  await Promise.race([Promise.all(running), clock.sleep(until - clock.monotonic())]);
  for (const connection of connections) connection.close();
  return 0;
};

/** All of them are asked for at once, and again where they are refused. */
const watching: Crowd = async ({ clock, open }, { members, until }) => {
  const connections = open(Math.ceil(members / WATCHES_PER_CONNECTION));
  const list = await succeed(connections[0]!, as('crowd', call('GET', `${pathOf('configmaps')}?limit=1`)));
  const { resourceVersion } = (JSON.parse(String(list)) as { metadata: { resourceVersion: string } }).metadata;
  // What is watched is there and does not change.
  const query = `watch=1&resourceVersion=${resourceVersion}&fieldSelector=${encodeURIComponent('metadata.name=config-0')}`;
  const watched = as('crowd', call('GET', `${pathOf('configmaps')}?${query}`));
  let standing = 0;
  const client = async (at: number) => {
    while (clock.monotonic() < until) {
      await new Promise<void>((resolve) =>
        connections[at % connections.length]!.send(watched, {
          begun: (status) => {
            if (status === 200) standing += 1;
          },
          data: () => {},
          ended: () => resolve(),
        }),
      );
      await clock.sleep(100);
    }
  };
  const running = Array.from({ length: members }, (_, at) => client(at));
  await Promise.race([Promise.all(running), clock.sleep(until - clock.monotonic())]);
  for (const connection of connections) connection.close();
  return members - standing;
};

async function beside(share: Share, size: number, crowd: Crowd, request: (turn: number) => HttpCall): Promise<Sample> {
  const { part, parts, options, clock, open } = share;
  await share.start();
  const until = clock.monotonic() + options.seconds * (1 + WARM_UP_SHARE) * 1000;
  const members = Math.ceil(size / Math.max(1, parts - 1));
  const others = async () =>
    await sample(
      (caller, _client, turn) => succeed(caller, request(turn)),
      { clients: OTHERS, seconds: options.seconds, open },
      clock,
    );
  const isCrowd = parts === 1 || part > 0;
  const [seen, idle] = await Promise.all([
    part === 0 ? others() : NOTHING,
    isCrowd ? crowd(share, { members, until }) : 0,
  ]);
  return idle === 0 ? seen : { ...seen, errors: seen.errors + idle, firstError: 'the crowd was not let in whole' };
}

const NOTHING: Sample = { count: 0, seconds: 1, latencies: [], errors: 0 };
