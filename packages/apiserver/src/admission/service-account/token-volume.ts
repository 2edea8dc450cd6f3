import type { Pod, Volume } from '@keelson/api';
import type { Random } from '@keelson/service';

const MOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
const PREFIX = 'kube-api-access-';
/** Upstream asks for an hour and seven seconds, so that its own use of it can be told apart. */
const TOKEN_SECONDS = 3607;

/** Gives all containers the token of the pod's account, but for those that have something else in its place. */
export function mountToken({ spec }: Pod, random: Random): void {
  if (spec === undefined) return;
  const containers = [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
  const without = containers.filter((it) => !it.volumeMounts?.some((mount) => mount.mountPath === MOUNT_PATH));
  if (without.length === 0) return;
  const existing = spec.volumes?.find((it) => it.name?.startsWith(PREFIX))?.name;
  const name = existing ?? `${PREFIX}${random.suffix(5)}`;
  for (const container of without)
    container.volumeMounts = [...(container.volumeMounts ?? []), { name, readOnly: true, mountPath: MOUNT_PATH }];
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
