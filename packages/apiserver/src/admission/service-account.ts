import { apiErrors, type Kind, type Pod, type ServiceAccount, type Volume } from '@keelson/api';
import type { Random } from '@keelson/service';
import { isMirror, secretsOf } from '../auth/node/pod-references.js';
import type { ObjectCollection } from '../registry/collection.js';
import { type AdmissionPlugin, isResource } from './admission.js';
import { lookUp } from './lookup.js';

const MOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
/** Upstream asks for an hour and seven seconds, so that its own use of it can be told apart. */
const TOKEN_SECONDS = 3607;

/** Gives each pod a service account and, unless told not to, a volume with its token. */
export function serviceAccount(serviceAccounts: ObjectCollection, dependencies: { random: Random }): AdmissionPlugin {
  return {
    name: 'ServiceAccount',
    async mutate({ operation, kind, namespace, object, subresource }) {
      if (operation !== 'CREATE' || subresource !== '' || !isResource(kind, '', 'pods')) return;
      const pod = object as Pod;
      const { spec } = pod;
      if (spec === undefined) return;
      if (isMirror(pod)) {
        checkMirror(kind, pod);
        return;
      }
      spec.serviceAccountName = spec.serviceAccountName || 'default';
      spec.serviceAccount = spec.serviceAccountName;
      const account = await lookUp<ServiceAccount>(serviceAccounts, namespace, spec.serviceAccountName);
      if (account === undefined) {
        const name = spec.serviceAccountName;
        const text = `error looking up service account ${namespace}/${name}: serviceaccount ${JSON.stringify(name)} not found`;
        throw apiErrors.forbidden(kind, pod.metadata.name ?? '', text);
      }
      if (spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true)
        mountToken(pod, dependencies.random);
      if ((spec.imagePullSecrets ?? []).length === 0 && (account.imagePullSecrets ?? []).length > 0) {
        spec.imagePullSecrets = structuredClone(account.imagePullSecrets);
      }
    },
  };
}

/** A mirror pod shows what its node runs anyway: it must open nothing to it. */
function checkMirror(kind: Kind, { metadata, spec = {} }: Pod): void {
  const refused = (text: string) => apiErrors.forbidden(kind, metadata.name ?? '', `a mirror pod may not ${text}`);
  if (spec.serviceAccountName) throw refused('reference service accounts');
  if (secretsOf(spec).length > 0) throw refused('reference secrets');
  const projected = (spec.volumes ?? []).flatMap((it) => it.projected?.sources ?? []);
  if (projected.some((it) => it.serviceAccountToken != null))
    throw refused('use ServiceAccountToken volume projections');
}

function mountToken({ spec }: Pod, random: Random): void {
  if (spec === undefined) return;
  const containers = [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
  const without = containers.filter((it) => !it.volumeMounts?.some((mount) => mount.mountPath === MOUNT_PATH));
  if (without.length === 0) return;
  const existing = spec.volumes?.find((it) => it.name?.startsWith('kube-api-access-'))?.name;
  const name = existing ?? `kube-api-access-${random.suffix(5)}`;
  for (const container of without) {
    container.volumeMounts = [...(container.volumeMounts ?? []), { name, readOnly: true, mountPath: MOUNT_PATH }];
  }
  if (existing === undefined) spec.volumes = [...(spec.volumes ?? []), tokenVolume(name)];
}

function tokenVolume(name: string): Volume {
  return {
    name,
    projected: {
      defaultMode: 0o644,
      sources: [
        { serviceAccountToken: { expirationSeconds: TOKEN_SECONDS, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        {
          downwardAPI: {
            items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
          },
        },
      ],
    },
  };
}
