import { isAbsolute } from 'node:path';
import type { FieldError } from '@keelson/api';
import { fieldErrors, Path } from '@keelson/api';
import { credentialsIn, readKubeconfig } from '@keelson/client/kubeconfig';
import { type ConfigKind, fields } from '../../config/config-file.js';

/** What the server shows of itself to a webhook. */
export interface HookCredentials {
  readonly cert: Buffer | undefined;
  readonly key: Buffer | undefined;
  readonly authorization: string | undefined;
}

/** What is shown to whoever is asked at `host:port`; undefined: nothing. */
export type CredentialsFor = (target: string) => HookCredentials | undefined;

/** How a plugin of webhooks is configured: a kubeconfig whose users are named after the servers that they are shown to. */
export const webhookAdmissionConfiguration: ConfigKind<{ readonly kubeConfigFile?: string }> = {
  group: 'apiserver.config.k8s.io',
  versions: ['v1'],
  kind: 'WebhookAdmissionConfiguration',
  aliases: [{ apiVersion: 'apiserver.config.k8s.io/v1alpha1', kind: 'WebhookAdmission' }],
  schema: fields.object({ kubeConfigFile: fields.string }),
  validate({ kubeConfigFile = '' }): FieldError[] {
    if (isAbsolute(kubeConfigFile)) return [];
    const at = new Path('kubeConfigFile');
    return [fieldErrors.invalid(at, kubeConfigFile, 'must be an absolute file path')];
  },
};

const HTTPS_PORT = ':443';

/** The users of a kubeconfig. Throws KubeconfigError, for files that a user names as well. */
export function webhookCredentials(file: string): CredentialsFor {
  const config = readKubeconfig(file);
  const users = new Map(
    (config.users ?? []).map(({ name, user }): [string, HookCredentials] => {
      const { cert, key, token } = credentialsIn(name, user);
      const { username, password } = user;
      const basic = (username || password) && `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
      return [name, { cert, key, authorization: token === undefined ? basic || undefined : `Bearer ${token}` }];
    }),
  );
  const current = config.contexts?.find(({ name }) => name === config['current-context'])?.context.user ?? '';
  return (target) => {
    for (const name of namesOf(target)) {
      const found = users.get(name);
      if (found !== undefined) return found;
    }
    return users.get(current);
  };
}

/** The names under which a server's user may stand, the nearest first. */
function* namesOf(target: string): Iterable<string> {
  const hosts = target.endsWith(HTTPS_PORT) ? [target, target.slice(0, -HTTPS_PORT.length)] : [target];
  for (const host of hosts) {
    yield host;
    const labels = host.split('.');
    for (let at = 1; at < labels.length; at++) yield `*.${labels.slice(at).join('.')}`;
  }
  yield '*';
}
