import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { Random } from '@keelson/service';
import { xsalsa20poly1305 } from '@noble/ciphers/salsa.js';
import type { Transformer } from './transformer.js';

type Bytes = Pick<Random, 'bytes'>;

const IV = 16;
const NONCE = 12;
const TAG = 16;
const SECRETBOX_NONCE = 24;

function aes(key: Buffer, mode: 'cbc' | 'gcm'): string {
  return `aes-${key.length * 8}-${mode}`;
}

/** AES-CBC with PKCS #7 padding: `iv ‖ ciphertext`. The key has 16, 24 or 32 bytes. It does not notice changes. */
export function aesCbc(key: Buffer, random: Bytes): Transformer {
  return {
    encrypt(value) {
      const iv = random.bytes(IV);
      const cipher = createCipheriv(aes(key, 'cbc'), key, iv);
      return Buffer.concat([iv, cipher.update(value), cipher.final()]);
    },
    decrypt(stored) {
      if (stored.length < IV) throw new Error('the stored data was shorter than the required size');
      const decipher = createDecipheriv(aes(key, 'cbc'), key, stored.subarray(0, IV));
      return { value: Buffer.concat([decipher.update(stored.subarray(IV)), decipher.final()]), stale: false };
    },
  };
}

/** AES-GCM over the value and its context: `nonce ‖ ciphertext ‖ tag`. The key has 16, 24 or 32 bytes. */
export function aesGcm(key: Buffer, random: Bytes): Transformer {
  return {
    encrypt: (value, context) => sealGcm(key, random.bytes(NONCE), value, context),
    decrypt: (stored, context) => ({ value: openGcm(key, stored, context), stale: false }),
  };
}

export function sealGcm(key: Buffer, nonce: Buffer, value: Buffer, context: Buffer): Buffer {
  const cipher = createCipheriv(aes(key, 'gcm') as 'aes-256-gcm', key, nonce).setAAD(context);
  return Buffer.concat([nonce, cipher.update(value), cipher.final(), cipher.getAuthTag()]);
}

/** Throws where a byte was changed. */
export function openGcm(key: Buffer, stored: Buffer, context: Buffer): Buffer {
  if (stored.length < NONCE + TAG) throw new Error('the stored data was shorter than the required size');
  const tag = stored.subarray(stored.length - TAG);
  const decipher = createDecipheriv(aes(key, 'gcm') as 'aes-256-gcm', key, stored.subarray(0, NONCE), {
    authTagLength: TAG,
  });
  decipher.setAAD(context).setAuthTag(tag);
  return Buffer.concat([decipher.update(stored.subarray(NONCE, stored.length - TAG)), decipher.final()]);
}

/** NaCl's secretbox: `nonce ‖ tag ‖ ciphertext`. The key has 32 bytes. */
export function secretbox(key: Buffer, random: Bytes): Transformer {
  return {
    encrypt(value) {
      const nonce = random.bytes(SECRETBOX_NONCE);
      return Buffer.concat([nonce, xsalsa20poly1305(key, nonce).encrypt(value)]);
    },
    decrypt(stored) {
      if (stored.length < SECRETBOX_NONCE + TAG) throw new Error('the stored data was shorter than the required size');
      const nonce = stored.subarray(0, SECRETBOX_NONCE);
      const value = Buffer.from(xsalsa20poly1305(key, nonce).decrypt(stored.subarray(SECRETBOX_NONCE)));
      return { value, stale: false };
    },
  };
}
