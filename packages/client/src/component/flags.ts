import { commonFlags, type FlagTable, loadIdentity } from '@keelson/service';

/** Flags of every process that is a client of the API server. */
export const clientFlags = {
  ...commonFlags,
  apiserver: {
    type: 'string',
    demandOption: true,
    description: 'gRPC addresses of the API servers: host:port[,host:port…]',
  },
  'tls-ca-file': { type: 'string', demandOption: true, description: 'CA of the cluster' },
  'tls-cert-file': { type: 'string', demandOption: true, description: 'This process’ certificate: its identity' },
  'tls-private-key-file': { type: 'string', demandOption: true, description: 'Key of --tls-cert-file' },
} as const satisfies FlagTable;

export interface ClientArguments {
  readonly apiserver: string;
  readonly 'tls-ca-file': string;
  readonly 'tls-cert-file': string;
  readonly 'tls-private-key-file': string;
}

const ADDRESS = /^(\[[0-9a-fA-F:]+\]|[^:,\s]+):\d+$/;

/** What is wrong with `--apiserver`, if anything. */
export function checkClientArguments(args: ClientArguments): string | undefined {
  const bad = args.apiserver.split(',').find((it) => !ADDRESS.test(it));
  return bad === undefined ? undefined : `--apiserver: "${bad}" is not of the form host:port`;
}

export function identityFrom(args: ClientArguments, now: number) {
  return loadIdentity({ ca: args['tls-ca-file'], cert: args['tls-cert-file'], key: args['tls-private-key-file'] }, now);
}

/** gRPC takes several addresses only as numbers, with a scheme that says so. */
export function targetOf(addresses: string): string {
  if (!addresses.includes(',')) return addresses;
  return `ipv4:${addresses.replaceAll('localhost', '127.0.0.1')}`;
}
