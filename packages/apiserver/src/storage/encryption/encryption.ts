import type { Clock, Logger, Random } from '@keelson/service';
import { parseDuration } from '@keelson/service';
import { ROOT } from '../keys.js';
import { aesCbc, aesGcm, secretbox } from './ciphers.js';
import type { EncryptionConfiguration, Keys, ProviderConfig } from './encryption-configuration.js';
import { KmsV2 } from './kms-v2.js';
import { identity, type PrefixedTransformer, PrefixTransformers, type Transformer } from './transformer.js';

const KMS_TIMEOUT_MS = 3_000;
const CIPHERS = { aesgcm: aesGcm, aescbc: aesCbc, secretbox } as const;

interface Rule {
  readonly resources: ReadonlySet<string>;
  readonly transformer: Transformer;
}

/** How the values of each resource are stored, as an EncryptionConfiguration says it. */
export class Encryption {
  readonly #rules: readonly Rule[];
  readonly #kms: KmsV2[] = [];
  readonly #known = new Map<string, Transformer | undefined>();

  constructor(
    { resources = [] }: EncryptionConfiguration,
    dependencies: { clock: Clock; random: Random; logger: Logger },
  ) {
    this.#rules = resources.map(({ resources: names = [], providers = [] }) => ({
      resources: new Set(names),
      transformer: new PrefixTransformers(providers.flatMap((it) => this.#provider(it, dependencies))),
    }));
  }

  /** Of a key of the store; undefined: its value is stored as it is. */
  transformerOf(key: string): Transformer | undefined {
    const resource = resourceIn(key);
    if (resource === undefined) return undefined;
    if (!this.#known.has(resource)) this.#known.set(resource, this.#find(resource));
    return this.#known.get(resource);
  }

  /** Rejects with the key management service that is not well. */
  async check(): Promise<void> {
    await Promise.all(this.#kms.map((it) => it.check()));
  }

  close(): void {
    for (const it of this.#kms) it.close();
  }

  /** The first rule that names a resource, or all of its group, or all. */
  #find(resource: string): Transformer | undefined {
    const [, ...group] = resource.split('.');
    const names = [resource, `*.${group.join('.')}`, '*.*'];
    return this.#rules.find(({ resources }) => names.some((it) => resources.has(it)))?.transformer;
  }

  #provider(
    { aesgcm, aescbc, secretbox: box, kms }: ProviderConfig,
    dependencies: { clock: Clock; random: Random; logger: Logger },
  ): PrefixedTransformer[] {
    if (kms != null) {
      const { name = '', endpoint = '', timeout } = kms;
      const timeoutMs = (timeout == null ? undefined : parseDuration(timeout)) ?? KMS_TIMEOUT_MS;
      const service = new KmsV2({ name, endpoint, timeoutMs }, dependencies);
      this.#kms.push(service);
      return [{ prefix: Buffer.from(`k8s:enc:kms:v2:${name}:`), transformer: service }];
    }
    const keyed = (
      [
        ['aesgcm', aesgcm],
        ['aescbc', aescbc],
        ['secretbox', box],
      ] as const
    ).find(([, keys]) => keys != null);
    if (keyed === undefined) return [{ prefix: Buffer.alloc(0), transformer: identity }];
    const [cipher, keys] = keyed as ['aesgcm' | 'aescbc' | 'secretbox', Keys];
    return (keys.keys ?? []).map(({ name = '', secret = '' }) => ({
      prefix: Buffer.from(`k8s:enc:${cipher}:v1:${name}:`),
      transformer: CIPHERS[cipher](Buffer.from(secret, 'base64'), dependencies.random),
    }));
  }
}

/** `secrets`, `deployments.apps`; undefined: the key is of no resource. */
function resourceIn(key: string): string | undefined {
  if (!key.startsWith(ROOT)) return undefined;
  const [first = '', second = '', third] = key.slice(ROOT.length).split('/');
  if (second === '') return undefined;
  // Groups have a dot in their names, but for three.
  const isGroup = third !== undefined && (first.includes('.') || GROUPS.has(first));
  return isGroup ? `${second}.${first}` : first;
}

const GROUPS = new Set(['apps', 'autoscaling', 'batch', 'policy', 'extensions']);
