import type { ServiceAccount } from '../../gen/types.js';
import { defineKind } from '../../kind.js';
import { ageColumn, nameColumn } from '../columns.js';

export const serviceAccount = defineKind<ServiceAccount>({
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  shortNames: ['sa'],
  scope: 'Namespaced',
  updateMetadata: 'both',
  subresources: [
    {
      name: 'token',
      gvk: { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' },
      verbs: ['create'],
    },
  ],
  columns: [nameColumn(), ageColumn()],
  strategy: { prepareForCreate: nameSecrets, prepareForUpdate: nameSecrets, warnings },
});

const MOUNTS_ONLY_ITS_OWN = 'kubernetes.io/enforce-mountable-secrets';

/** Of secrets only the names count: they are of the account's own namespace. */
function nameSecrets(it: ServiceAccount): void {
  if (it.secrets !== undefined) it.secrets = it.secrets.map(({ name }) => (name === undefined ? {} : { name }));
}

function warnings(it: ServiceAccount, old?: ServiceAccount): string[] {
  const has = ({ metadata }: ServiceAccount) => metadata.annotations?.[MOUNTS_ONLY_ITS_OWN] !== undefined;
  if (!has(it) || (old !== undefined && has(old))) return [];
  const instead = 'prefer separate namespaces to isolate access to mounted secrets';
  return [`metadata.annotations[${MOUNTS_ONLY_ITS_OWN}]: deprecated in v1.32+; ${instead}`];
}
