import { commonFlags, type FlagTable } from '@keelson/service';

/** Flags by which a process finds the API server and shows who it is: over gRPC, or over REST by a kubeconfig. */
export const apiFlags = {
  ...commonFlags,
  kubeconfig: {
    type: 'string',
    description: 'Kubeconfig of the API server, which is then asked over REST: any Kubernetes, ours too',
  },
  master: { type: 'string', description: 'URL of the API server over REST, before that of --kubeconfig' },
  apiserver: { type: 'string', description: 'gRPC addresses of our own API servers: host:port[,host:port…]' },
  'tls-ca-file': { type: 'string', description: 'With --apiserver: the CA of the cluster' },
  'tls-cert-file': {
    type: 'string',
    description: 'With --apiserver: this process’ certificate, its identity; else what it serves with',
  },
  'tls-private-key-file': { type: 'string', description: 'Key of --tls-cert-file' },
  'client-ca-file': {
    type: 'string',
    description: 'With --kubeconfig: CA of who may show a certificate to what this process serves',
  },
  'kube-api-qps': { type: 'number', description: 'Requests a second to the API server; below 0: no limit' },
  'kube-api-burst': { type: 'number', description: 'Requests that may go at once before that limit holds' },
} as const satisfies FlagTable;

export interface ApiArguments {
  readonly kubeconfig?: string | undefined;
  readonly master?: string | undefined;
  readonly apiserver?: string | undefined;
  readonly 'tls-ca-file'?: string | undefined;
  readonly 'tls-cert-file'?: string | undefined;
  readonly 'tls-private-key-file'?: string | undefined;
  readonly 'client-ca-file'?: string | undefined;
  readonly 'kube-api-qps'?: number | undefined;
  readonly 'kube-api-burst'?: number | undefined;
}

const ADDRESS = /^(\[[0-9a-fA-F:]+\]|[^:,\s]+):\d+$/;

/** What is wrong with these flags, if anything. */
export function checkApiArguments(args: ApiArguments): string | undefined {
  const rest = args.kubeconfig ? '--kubeconfig' : args.master ? '--master' : undefined;
  if (rest !== undefined) {
    for (const flag of ['apiserver', 'tls-ca-file'] as const) {
      if (args[flag]) return `${rest} and --${flag} exclude each other: the first is REST, the second our gRPC`;
    }
  }
  const { 'tls-cert-file': cert, 'tls-private-key-file': key, 'kube-api-qps': qps, 'kube-api-burst': burst } = args;
  if (!cert !== !key)
    return `--tls-cert-file and --tls-private-key-file go together: ${cert ? 'the key' : 'the certificate'} is missing`;
  if (args['client-ca-file'] && !cert)
    return '--client-ca-file needs --tls-cert-file: without TLS nobody shows a certificate';
  if (args['client-ca-file'] && args.apiserver)
    return '--client-ca-file and --apiserver exclude each other: over gRPC --tls-ca-file vouches for everybody';
  if (qps !== undefined && !Number.isFinite(qps)) return '--kube-api-qps: must be a number';
  if (burst !== undefined && !(Number.isInteger(burst) && burst >= 0))
    return '--kube-api-burst: must be a whole number, 0 or more';
  const bad = args.apiserver?.split(',').find((it) => !ADDRESS.test(it));
  return bad === undefined ? undefined : `--apiserver: "${bad}" is not of the form host:port`;
}
