import { stringify } from 'yaml';

/** A kubeconfig for the cluster's administrator; certificates are inside, so that the file can be carried elsewhere. */
export function kubeconfig(options: {
  server: string;
  grpcServer: string;
  ca: Buffer;
  cert: Buffer;
  key: Buffer;
}): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'keelson',
    clusters: [
      {
        name: 'keelson',
        cluster: {
          server: options.server,
          'certificate-authority-data': options.ca.toString('base64'),
          // Where keelctl reaches the gRPC door; kubectl passes extensions by.
          extensions: [{ name: 'keelson.dev/grpc', extension: { server: options.grpcServer } }],
        },
      },
    ],
    users: [
      {
        name: 'keelson-admin',
        user: {
          'client-certificate-data': options.cert.toString('base64'),
          'client-key-data': options.key.toString('base64'),
        },
      },
    ],
    contexts: [{ name: 'keelson', context: { cluster: 'keelson', user: 'keelson-admin' } }],
  });
}
