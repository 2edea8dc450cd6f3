import { join } from 'node:path';
import { type Clock, list, loadIdentity, type Random, type TlsIdentity } from '@keelson/service';
import { createStoreClient, type StoreClient } from '@keelson/store-client';
import { storeAdminFiles } from '../pki/certificates.js';
import { readCluster } from '../supervisor/cluster-file.js';

/** How to reach a store: by its addresses, or as that of a cluster on this machine. */
export interface StoreAccess {
  readonly endpoints: string;
  /** State of the cluster that `keelson up` runs, where no endpoints are given. */
  readonly cluster: string;
  readonly cacert: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  /** name:password */
  readonly user: string | undefined;
}

export const storeAccessFlags = {
  endpoints: {
    type: 'string',
    default: '',
    description: 'Client addresses of the store; default the running cluster’s',
  },
  cluster: { type: 'string', default: '.keelson', description: 'Where the running cluster keeps its state' },
  cacert: { type: 'string', description: 'CA of the store’s certificates (https)' },
  cert: { type: 'string', description: 'Certificate to show' },
  key: { type: 'string', description: 'Its key' },
  user: { type: 'string', description: 'name:password, if the store asks who one is' },
} as const;

export function storeClient(
  access: StoreAccess,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
): StoreClient {
  const given = list(access.endpoints);
  const { endpoints, tls } =
    given.length > 0 ? { endpoints: given, tls: givenIdentity(access, clock) } : ofCluster(access.cluster, clock);
  const [name, ...password] = access.user?.split(':') ?? [];
  const credentials = name === undefined ? undefined : { name, password: password.join(':') };
  return createStoreClient({ endpoints, tls, credentials }, { clock, random });
}

function givenIdentity({ cacert, cert, key }: StoreAccess, clock: Clock): TlsIdentity | undefined {
  if (cacert === undefined && cert === undefined && key === undefined) return undefined;
  if (cacert === undefined || cert === undefined || key === undefined)
    throw new Error('--cacert, --cert and --key go together: give all three');
  return loadIdentity({ ca: cacert, cert, key }, clock.now());
}

function ofCluster(directory: string, clock: Clock): { endpoints: string[]; tls: TlsIdentity } {
  const cluster = readCluster(directory);
  if (cluster === undefined)
    throw new Error(`no cluster in ${directory}: give --endpoints, or --data-dir of a member that does not run`);
  const endpoints = cluster.components.flatMap((it) => (it.role === 'store' && it.pid > 0 ? [it.clientUrl ?? ''] : []));
  if (endpoints.length === 0) throw new Error(`no store of the cluster in ${directory} runs: give --data-dir of one`);
  return { endpoints, tls: loadIdentity(storeAdminFiles(join(directory, 'pki')), clock.now()) };
}
