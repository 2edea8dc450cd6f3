import { createHmac } from 'node:crypto';
import type { ConfigMap } from '@keelson/api';
import { resources } from '@keelson/client';
import { NOTHING, update } from '../../framework/actions.js';
import type { Controller } from '../../framework/controller.js';
import { reconciler } from '../../framework/reconciler.js';
import { livesFor, signingToken, tokenSecrets } from './token.js';

const NAMESPACE = 'kube-public';
const NAME = 'cluster-info';
const CONTENT = 'kubeconfig';
const PREFIX = 'jws-kubeconfig-';

/** Signs what a node that joins is told of the cluster, with each token that it may have. */
export const bootstrapSigner: Controller = reconciler<ConfigMap>({
  name: 'bootstrap-signer',
  resource: resources.configMaps,
  selection: { namespace: NAMESPACE, fieldSelector: `metadata.name=${NAME}` },
  concurrency: { workers: 1 },
  setUp({ informers, loop }) {
    const secrets = tokenSecrets(informers);
    loop.feed(secrets, () => [`${NAMESPACE}/${NAME}`]);
    return (info, now) => {
      const content = info.data?.[CONTENT];
      if (info.metadata.name !== NAME || content === undefined) return NOTHING;
      const all = secrets.list();
      const tokens = all.flatMap((it) => signingToken(it, now) ?? []);
      const data = signed(info.data ?? {}, content, tokens);
      const ends = all.flatMap((it) => livesFor(it, now) ?? []).filter((milliseconds) => milliseconds > 0);
      const again = ends.length === 0 ? undefined : Math.min(...ends) + 1;
      if (sameData(data, info.data ?? {})) return { again };
      return { steps: [[update(resources.configMaps, { ...info, data }, { ignore: ['NotFound'] })]], again };
    };
  },
});

/** The data with a signature of each token, and of no other. */
export function signed(
  data: Readonly<Record<string, string>>,
  content: string,
  tokens: readonly { readonly id: string; readonly secret: string }[],
): Record<string, string> {
  const rest = Object.entries(data).filter(([key]) => !key.startsWith(PREFIX));
  const signatures = tokens.map(
    ({ id, secret }) => [`${PREFIX}${id}`, detachedSignature(content, id, secret)] as const,
  );
  return Object.fromEntries([...rest, ...signatures]);
}

/** A JSON web signature (RFC 7515, HS256) whose payload stands elsewhere. */
function detachedSignature(content: string, id: string, secret: string): string {
  const header = Buffer.from(JSON.stringify({ alg: 'HS256', kid: id })).toString('base64url');
  const payload = Buffer.from(content).toString('base64url');
  const signature = createHmac('sha256', secret).update(`${header}.${payload}`).digest('base64url');
  return `${header}..${signature}`;
}

function sameData(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}
