import type {
  ConfigMap,
  ConfigMapProjection,
  DownwardAPIProjection,
  KeyToPath,
  Pod,
  Secret,
  SecretProjection,
  VolumeProjection,
} from '@keelson/api';
import { type EnvFacts, fieldValue, resourceValue } from '../pods/env.js';
import type { ReferencedObjects } from '../pods/referenced-objects.js';
import { commonUserOf } from '../pods/run-as.js';
import type { PayloadFile } from './atomic-writer.js';

export type Payload = Map<string, PayloadFile>;

/** A volume cannot be set up now; the pod waits and it is tried again. */
export class MountError extends Error {
  override name = 'MountError';
}

/** Published to every namespace by the control plane; a cluster that has none is no reason to keep pods from running. */
const ROOT_CA = 'kube-root-ca.crt';
const DEFAULT_MODE = 0o644;

export interface PayloadSources {
  pod: Pod;
  objects: ReferencedObjects;
  facts: EnvFacts;
  /** The content of a service account token; undefined where tokens cannot be had. */
  token: (audience: string | undefined, expirationSeconds: number | undefined) => Promise<string | undefined>;
}

export async function configMapPayload(
  source: ConfigMapProjection & { defaultMode?: number | undefined },
  { pod, objects }: PayloadSources,
  mode = source.defaultMode ?? DEFAULT_MODE,
): Promise<Payload> {
  const { name = '', items } = source;
  const optional = source.optional ?? name === ROOT_CA;
  const found = await objects.configMap(pod.metadata.namespace ?? '', name);
  if (found === undefined && !optional) throw new MountError(`configmap "${name}" not found`);
  return pick(configMapFiles(found), items, mode, optional, `configmap ${pod.metadata.namespace}/${name}`);
}

export async function secretPayload(
  source: SecretProjection & { defaultMode?: number | undefined },
  { pod, objects }: PayloadSources,
  mode = source.defaultMode ?? DEFAULT_MODE,
): Promise<Payload> {
  const { name = '', optional = false, items } = source;
  const found = await objects.secret(pod.metadata.namespace ?? '', name);
  if (found === undefined && !optional) throw new MountError(`secret "${name}" not found`);
  return pick(secretFiles(found), items, mode, optional, `secret ${pod.metadata.namespace}/${name}`);
}

export function downwardPayload(
  { items = [], defaultMode }: DownwardAPIProjection & { defaultMode?: number | undefined },
  { pod, facts }: PayloadSources,
  mode = defaultMode ?? DEFAULT_MODE,
): Payload {
  return new Map(
    items.map((item) => {
      const text =
        item.fieldRef !== undefined
          ? fieldValue(pod, item.fieldRef.fieldPath ?? '', facts)
          : resourceValue(pod, {}, item.resourceFieldRef ?? {}, facts.nodeAllocatable);
      return [item.path ?? '', { content: Buffer.from(text), mode: item.mode ?? mode }];
    }),
  );
}

/** Sources of a projected volume in one directory; a later one wins. */
export async function projectedPayload(
  projections: readonly VolumeProjection[],
  mode: number,
  sources: PayloadSources,
): Promise<Payload> {
  const payload: Payload = new Map();
  for (const projection of projections) {
    const part = await projectionPayload(projection, mode, sources);
    for (const [path, file] of part) payload.set(path, file);
  }
  return payload;
}

async function projectionPayload(
  projection: VolumeProjection,
  mode: number,
  sources: PayloadSources,
): Promise<Payload> {
  if (projection.configMap !== undefined) return await configMapPayload(projection.configMap, sources, mode);
  if (projection.secret !== undefined) return await secretPayload(projection.secret, sources, mode);
  if (projection.downwardAPI !== undefined) return downwardPayload(projection.downwardAPI, sources, mode);
  if (projection.serviceAccountToken !== undefined) {
    const { audience, expirationSeconds, path = 'token' } = projection.serviceAccountToken;
    const token = await sources.token(audience, expirationSeconds);
    return token === undefined ? new Map() : new Map([[path, tokenFile(token, mode, sources.pod)]]);
  }
  throw new MountError(`projected volume source ${Object.keys(projection).join()} is not supported`);
}

/**
 * A token is its pod's own: where all containers run as one user it is that user's; where a group shares the volume, the
 * group's too. Else nobody can tell who must read it, and the volume's mode holds.
 */
function tokenFile(token: string, mode: number, pod: Pod): PayloadFile {
  const uid = commonUserOf(pod);
  const isShared = pod.spec?.securityContext?.fsGroup !== undefined;
  return { content: Buffer.from(token), mode: uid !== undefined || isShared ? 0o600 : mode, uid };
}

function configMapFiles(found: ConfigMap | undefined): Map<string, Buffer> {
  return new Map([
    ...Object.entries(found?.data ?? {}).map(([key, text]) => [key, Buffer.from(text)] as const),
    ...Object.entries(found?.binaryData ?? {}).map(([key, text]) => [key, Buffer.from(text, 'base64')] as const),
  ]);
}

function secretFiles(found: Secret | undefined): Map<string, Buffer> {
  return new Map(Object.entries(found?.data ?? {}).map(([key, text]) => [key, Buffer.from(text, 'base64')]));
}

function pick(
  files: Map<string, Buffer>,
  items: KeyToPath[] | undefined,
  mode: number,
  optional: boolean,
  what: string,
): Payload {
  if (items === undefined || items.length === 0) {
    return new Map([...files].map(([path, content]) => [path, { content, mode }]));
  }
  const payload: Payload = new Map();
  for (const { key = '', path = '', mode: own } of items) {
    const content = files.get(key);
    if (content !== undefined) payload.set(path, { content, mode: own ?? mode });
    else if (!optional) throw new MountError(`${what}: references non-existent config key: ${key}`);
  }
  return payload;
}
