import { ApiError, type Pod, type ServiceAccount } from '@keelson/api';
import type { Clock, Random } from '@keelson/service';
import { isMirror, secretsOf } from '../../auth/node/pod-references.js';
import type { ObjectCollection } from '../../registry/collection.js';
import { type AdmissionAttributes, type AdmissionPlugin, isResource, refusal } from '../admission.js';
import { lookUp, nameRefusal } from '../lookup.js';
import { foreignInContainers, foreignSecret, namesItsSecrets } from './mountable-secrets.js';
import { mountToken } from './token-volume.js';

const DEFAULT = 'default';
/** A namespace gets its default account from a controller soon after it is made. */
const DEFAULT_ATTEMPTS = 10;
const PAUSE_MS = 100;

/** Gives each pod a service account and, unless told not to, a volume with its token. */
export function serviceAccount(
  serviceAccounts: ObjectCollection,
  dependencies: { random: Random; clock: Clock },
): AdmissionPlugin {
  const { random, clock } = dependencies;

  const find = async ({ namespace, context }: AdmissionAttributes, name: string) => {
    const pause = PAUSE_MS + random.integer(PAUSE_MS);
    for (let attempt = 1; ; attempt += 1) {
      const found = await lookUp<ServiceAccount>(serviceAccounts, namespace, name);
      if (found !== undefined || name !== DEFAULT || attempt === DEFAULT_ATTEMPTS) return found;
      await clock.sleep(pause, context.signal);
    }
  };

  const accountOf = async (attributes: AdmissionAttributes): Promise<ServiceAccount> => {
    const { namespace, object } = attributes;
    const { metadata, spec } = object as Pod;
    const name = spec?.serviceAccountName;
    if (!name) throw refusal(attributes, `no service account specified for pod ${namespace}/${metadata.name ?? ''}`);
    const found = await find(attributes, name);
    if (found !== undefined) return found;
    const why = nameRefusal(name) ?? `serviceaccount ${JSON.stringify(name)} not found`;
    throw refusal(attributes, `error looking up service account ${namespace}/${name}: ${why}`);
  };

  return {
    name: 'ServiceAccount',
    async mutate(attributes) {
      if (!isNewPod(attributes)) return;
      const pod = attributes.object as Pod;
      const { spec } = pod;
      if (spec === undefined) return;
      if (isMirror(pod)) {
        checkMirror(attributes, pod);
        return;
      }
      spec.serviceAccountName = spec.serviceAccountName || DEFAULT;
      spec.serviceAccount = spec.serviceAccountName;
      const account = await accountOf(attributes);
      if (spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true) mountToken(pod, random);
      if ((spec.imagePullSecrets ?? []).length === 0 && (account.imagePullSecrets ?? []).length > 0)
        spec.imagePullSecrets = structuredClone(account.imagePullSecrets);
      checkSecrets(attributes, account);
    },
    async validate(attributes) {
      const pod = attributes.object as Pod;
      if (isNewPod(attributes)) {
        if (isMirror(pod)) checkMirror(attributes, pod);
        else checkSecrets(attributes, await accountOf(attributes));
        return;
      }
      const { operation, kind, subresource } = attributes;
      if (operation !== 'UPDATE' || subresource !== 'ephemeralcontainers' || !isResource(kind, '', 'pods')) return;
      const account = await accountOf(attributes);
      const containers = pod.spec?.ephemeralContainers ?? [];
      const found = namesItsSecrets(account) && foreignInContainers('ephemeral container', containers, account);
      // Upstream makes no refusal of it.
      if (found) throw new ApiError({ code: 500, reason: '', message: found });
    },
  };
}

function isNewPod({ operation, kind, subresource }: AdmissionAttributes): boolean {
  return operation === 'CREATE' && subresource === '' && isResource(kind, '', 'pods');
}

function checkSecrets(attributes: AdmissionAttributes, account: ServiceAccount): void {
  if (!namesItsSecrets(account)) return;
  const found = foreignSecret(attributes.object as Pod, account);
  if (found !== undefined) throw refusal(attributes, found);
}

/** A mirror pod shows what its node runs anyway: it must open nothing to it. */
function checkMirror(attributes: AdmissionAttributes, { spec = {} as NonNullable<Pod['spec']> }: Pod): void {
  const refused = (text: string) => refusal(attributes, `a mirror pod may not ${text}`);
  if (spec.serviceAccountName) throw refused('reference service accounts');
  if (secretsOf(spec).length > 0) throw refused('reference secrets');
  const projected = (spec.volumes ?? []).flatMap((it) => it.projected?.sources ?? []);
  if (projected.some((it) => it.serviceAccountToken != null))
    throw refused('use ServiceAccountToken volume projections');
}
