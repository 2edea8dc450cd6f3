import type { cri } from '@keelson/protocol';

/** A sandbox as it is kept in `sandboxes/<id>/sandbox.json`. Times are wall time in milliseconds. */
export interface SandboxRecord {
  id: string;
  createdAt: number;
  config: cri.PodSandboxConfig;
  runtimeHandler: string;
  /** Held by this sandbox and no other while `ready`; empty when it uses the host's network. */
  ip: string;
  ready: boolean;
}

/** A container as it is kept in `containers/<id>/container.json`; what became of it is in the shim's files beside. */
export interface ContainerRecord {
  id: string;
  sandboxId: string;
  createdAt: number;
  config: cri.ContainerConfig;
  argv: string[];
  resources?: cri.LinuxContainerResources | undefined;
}

export function isHostNetwork(config: cri.PodSandboxConfig): boolean {
  return config.linux?.securityContext?.namespaceOptions?.network === 2;
}

/** The name that must be unique, as containerd builds it. */
export function sandboxName(config: cri.PodSandboxConfig): string {
  const { name, namespace, uid, attempt } = config.metadata ?? { name: '', namespace: '', uid: '', attempt: 0 };
  return [name, namespace, uid, attempt].join('_');
}
