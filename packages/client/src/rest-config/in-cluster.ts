import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { tokenCredentials } from '../credentials/credentials.js';
import { TokenFile } from '../credentials/token-file.js';
import { type RestConfig, type RestConfigDependencies, rereadable } from './rest-config.js';

const FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';

/** What a pod knows of the API server of its cluster; undefined: this process is in none. */
export function inClusterConfig(
  { clock, environment }: RestConfigDependencies,
  folder: string = FOLDER,
): RestConfig | undefined {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = environment;
  const token = join(folder, 'token');
  if (!host || !port || !existsSync(token)) return undefined;
  const ca = join(folder, 'ca.crt');
  return {
    destination: {
      server: new URL(`https://${host.includes(':') ? `[${host}]` : host}:${port}`),
      authorities: existsSync(ca) ? rereadable(readFileSync(ca), ca) : undefined,
    },
    credentials: tokenCredentials(new TokenFile(token, { clock })),
    compression: true,
  };
}
