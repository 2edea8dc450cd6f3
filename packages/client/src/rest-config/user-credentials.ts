import { CertificateFiles } from '../credentials/certificate-files.js';
import { type Credentials, staticCredentials, tokenCredentials } from '../credentials/credentials.js';
import { ExecPlugin } from '../credentials/exec-plugin.js';
import { TokenFile } from '../credentials/token-file.js';
import { credentialsIn, KubeconfigError } from '../kubeconfig/read.js';
import type { UserEntry } from '../kubeconfig/types.js';
import type { RestConfigDependencies } from './rest-config.js';

type Headers = Readonly<Record<string, string | string[]>>;

/** What a user of a kubeconfig shows. Throws for files that cannot be read, and for what contradicts itself. */
export function userCredentials(
  name: string,
  user: UserEntry,
  cluster: object,
  { clock }: RestConfigDependencies,
): Credentials {
  const given = credentialsIn(name, user);
  if (user['auth-provider'])
    throw new KubeconfigError(`user "${name}": auth-provider is not served any more: use exec in its place`);
  const bearer = bearerOf(name, user, given.token, cluster, clock);
  const files =
    given.cert === undefined || given.key === undefined
      ? undefined
      : new CertificateFiles(
          {
            cert: user['client-certificate-data'] ? given.cert : user['client-certificate']!,
            key: user['client-key-data'] ? given.key : user['client-key']!,
          },
          { clock },
        );
  const impersonation = impersonationOf(name, user);
  return {
    certificate: async () => (files === undefined ? await bearer.certificate() : await files.current()),
    headers: async () => ({ ...(await bearer.headers()), ...impersonation }),
    refused: () => bearer.refused(),
  };
}

function bearerOf(
  name: string,
  user: UserEntry,
  token: string | undefined,
  cluster: object,
  clock: RestConfigDependencies['clock'],
): Credentials {
  if (user.tokenFile) return tokenCredentials(new TokenFile(user.tokenFile, { clock }));
  if (token !== undefined) return staticCredentials({ token });
  if (user.username || user.password) {
    const login = Buffer.from(`${user.username ?? ''}:${user.password ?? ''}`).toString('base64');
    return { ...staticCredentials(), headers: async () => ({ authorization: `Basic ${login}` }) };
  }
  if (!user.exec) return staticCredentials();
  const { command = '', apiVersion = '', args, env, installHint, provideClusterInfo, interactiveMode } = user.exec;
  if (interactiveMode === 'Always')
    throw new KubeconfigError(`user "${name}": exec: interactiveMode is Always, and there is nobody to ask`);
  const rest = { args: args ?? [], env: env ?? [], installHint, cluster: provideClusterInfo ? cluster : undefined };
  try {
    return new ExecPlugin({ command, apiVersion, ...rest }, { clock });
  } catch (error) {
    throw new KubeconfigError(`user "${name}": ${(error as Error).message}`);
  }
}

function impersonationOf(name: string, user: UserEntry): Headers {
  const { as, 'as-uid': uid, 'as-groups': groups, 'as-user-extra': extra } = user;
  if (!as && (uid || groups?.length || extra))
    throw new KubeconfigError(`user "${name}": as-uid, as-groups and as-user-extra say nothing without as`);
  if (!as) return {};
  return {
    'impersonate-user': as,
    ...(uid ? { 'impersonate-uid': uid } : {}),
    ...(groups?.length ? { 'impersonate-group': groups } : {}),
    ...Object.fromEntries(
      Object.entries(extra ?? {}).map(([key, values]) => [`impersonate-extra-${encodeURIComponent(key)}`, values]),
    ),
  };
}
