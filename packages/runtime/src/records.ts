import { type Codec, cri, type Init } from '@keelson/protocol';

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

/** Checks what was read back from disk, and fills in what an older runtime did not write. Throws with what is wrong. */
export function sandboxRecord(value: unknown, id: string): SandboxRecord {
  const record = ofId(value, id) as unknown as SandboxRecord;
  const { createdAt, config, runtimeHandler, ip, ready } = record;
  if (typeof createdAt !== 'number' || typeof ip !== 'string' || typeof ready !== 'boolean') {
    throw new Error('createdAt, ip or ready is missing');
  }
  const known = whole(cri.PodSandboxConfig, config);
  if (known.metadata === undefined) throw new Error('config has no metadata');
  return { id, createdAt, config: known, runtimeHandler: runtimeHandler ?? '', ip, ready };
}

/** The same for a container's. */
export function containerRecord(value: unknown, id: string): ContainerRecord {
  const record = ofId(value, id) as unknown as ContainerRecord;
  const { sandboxId, createdAt, config, argv, resources } = record;
  if (typeof createdAt !== 'number' || typeof sandboxId !== 'string')
    throw new Error('createdAt or sandboxId is missing');
  if (!Array.isArray(argv) || argv.some((part) => typeof part !== 'string'))
    throw new Error('argv is no list of texts');
  const known = whole(cri.ContainerConfig, config);
  if (known.metadata === undefined) throw new Error('config has no metadata');
  return { id, sandboxId, createdAt, config: known, argv, resources };
}

function ofId(value: unknown, id: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw new Error('it holds no object');
  if ((value as { id?: unknown }).id !== id) throw new Error(`its id is not ${id}`);
  return value as Record<string, unknown>;
}

/** Through the wire's form, which has no other shapes than the type's. */
function whole<T>(type: Codec<T>, config: Init<T>): T {
  if (typeof config !== 'object' || config === null) throw new Error('config is missing');
  return type.decode(type.encode(config));
}
