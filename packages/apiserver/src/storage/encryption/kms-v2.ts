import { createHmac } from 'node:crypto';
import { type Connection, kms } from '@keelson/protocol';
import { type Clock, connect, type Logger, type Random, type Timer } from '@keelson/service';
import { openGcm, sealGcm } from './ciphers.js';
import type { Opened, Transformer } from './transformer.js';

export interface KmsOptions {
  readonly name: string;
  /** unix:///path of the plugin's socket. */
  readonly endpoint: string;
  readonly timeoutMs: number;
  /** How often the plugin is asked which key is current. */
  readonly statusMs?: number;
  readonly cachedSeedsMax?: number;
}

/** A seed of data keys, and how the plugin has encrypted it. */
interface Seed {
  readonly seed: Buffer;
  readonly encrypted: Buffer;
  readonly keyId: string;
  readonly annotations: Record<string, Buffer>;
}

const SEED = 32;
const INFO = 32;
const NONCE = 12;
const { AES_GCM_KEY, HKDF_SHA256_XNONCE_AES_GCM_SEED } = kms.EncryptedDEKSourceType;

/**
 * Encrypts with keys that a key management service keeps: it encrypts a seed once, and each value has a key of its own
 * that is derived from the seed. A new seed is made when the service says that it has another key.
 */
export class KmsV2 implements Transformer {
  readonly #options: KmsOptions;
  readonly #deps: { readonly clock: Clock; readonly random: Random; readonly logger: Logger };
  readonly #connection: Connection;
  readonly #opened = new Map<string, Promise<Buffer>>();
  #seed: Promise<Seed> | undefined;
  #keyId = '';
  #timer: Timer | undefined;

  constructor(options: KmsOptions, dependencies: { clock: Clock; random: Random; logger: Logger }) {
    this.#options = options;
    this.#deps = dependencies;
    this.#connection = connect(options.endpoint.replace(/^unix:\/\//, 'unix:'), { clock: dependencies.clock });
    this.#timer = dependencies.clock.every(options.statusMs ?? 60_000, () => void this.#look());
  }

  async encrypt(value: Buffer, context: Buffer): Promise<Buffer> {
    const { seed, encrypted, keyId, annotations } = await this.#current();
    const { random } = this.#deps;
    const info = random.bytes(INFO);
    const sealed = sealGcm(derived(seed, info), random.bytes(NONCE), value, context);
    return kms.EncryptedObject.encode({
      encryptedData: Buffer.concat([info, sealed]),
      keyID: keyId,
      encryptedDEKSource: encrypted,
      annotations,
      encryptedDEKSourceType: HKDF_SHA256_XNONCE_AES_GCM_SEED,
    });
  }

  async decrypt(stored: Buffer, context: Buffer): Promise<Opened> {
    const object = kms.EncryptedObject.decode(stored);
    const { encryptedData, keyID, encryptedDEKSourceType: type } = object;
    const source = await this.#sourceOf(object);
    const value =
      type === AES_GCM_KEY
        ? openGcm(source, encryptedData, context)
        : openGcm(derived(source, encryptedData.subarray(0, INFO)), encryptedData.subarray(INFO), context);
    return { value, stale: this.#keyId !== '' && keyID !== this.#keyId };
  }

  /** Rejects with what is wrong with the plugin. */
  async check(): Promise<void> {
    const { version, healthz, keyId } = await this.#service().status({}, this.#deadline());
    if (version !== 'v2' && version !== 'v2beta1') throw new Error(`it speaks version "${version}", not v2`);
    if (healthz !== 'ok') throw new Error(`it says "${healthz}"`);
    if (keyId === '') throw new Error('it names no key');
    this.#turnTo(keyId);
  }

  close(): void {
    this.#timer?.cancel();
    this.#connection.close();
  }

  async #look(): Promise<void> {
    try {
      await this.check();
    } catch (error) {
      this.#deps.logger.warn({ err: error, kms: this.#options.name }, 'the key management service is not well');
    }
  }

  #turnTo(keyId: string): void {
    if (this.#keyId !== '' && this.#keyId !== keyId) this.#seed = undefined;
    this.#keyId = keyId;
  }

  #current(): Promise<Seed> {
    const seed = this.#seed ?? this.#newSeed();
    this.#seed = seed;
    seed.catch(() => {
      if (this.#seed === seed) this.#seed = undefined;
    });
    return seed;
  }

  async #newSeed(): Promise<Seed> {
    const seed = this.#deps.random.bytes(SEED);
    const request = { plaintext: seed, uid: this.#deps.random.uuid() };
    const { ciphertext, keyId, annotations } = await this.#service().encrypt(request, this.#deadline());
    if (ciphertext.length === 0 || keyId === '') throw new Error(`KMS ${this.#options.name} gave no ciphertext or key`);
    this.#keyId = keyId;
    this.#remember(cacheKey(ciphertext, keyId), Promise.resolve(seed));
    return { seed, encrypted: ciphertext, keyId, annotations };
  }

  /** The plugin is asked once for each seed, however many values there are of it. */
  #sourceOf({ encryptedDEKSource, keyID, annotations }: kms.EncryptedObject): Promise<Buffer> {
    const key = cacheKey(encryptedDEKSource, keyID);
    const known = this.#opened.get(key);
    if (known !== undefined) return known;
    const request = { ciphertext: encryptedDEKSource, uid: this.#deps.random.uuid(), keyId: keyID, annotations };
    const opened = this.#service()
      .decrypt(request, this.#deadline())
      .then(({ plaintext }) => plaintext);
    this.#remember(key, opened);
    opened.catch(() => void this.#opened.delete(key));
    return opened;
  }

  #remember(key: string, opened: Promise<Buffer>): void {
    this.#opened.set(key, opened);
    if (this.#opened.size <= (this.#options.cachedSeedsMax ?? 1000)) return;
    for (const oldest of this.#opened.keys()) {
      this.#opened.delete(oldest);
      break;
    }
  }

  #service() {
    return this.#connection.service(kms.KeyManagementServiceService);
  }

  #deadline() {
    return { timeout: this.#options.timeoutMs };
  }
}

function cacheKey(encrypted: Buffer, keyId: string): string {
  return `${keyId} ${encrypted.toString('base64')}`;
}

/** HKDF's expansion with SHA-256 to one block: the seed is random already. */
function derived(seed: Buffer, info: Buffer): Buffer {
  return createHmac('sha256', seed).update(info).update(Buffer.of(1)).digest();
}
