// Generated from proto/kms/v2 by scripts/generate-protocol.mjs. Do not edit.
import { EMPTY, readBytes, codec, method, type Codec, type Init, type Reader, type Writer } from '../codec.js';

export const EncryptedDEKSourceType = {
  AES_GCM_KEY: 0,
  HKDF_SHA256_XNONCE_AES_GCM_SEED: 1,
} as const;
export type EncryptedDEKSourceType = (typeof EncryptedDEKSourceType)[keyof typeof EncryptedDEKSourceType];

export interface StatusRequest {

}

export function encodeStatusRequest(_m: Init<StatusRequest>, w: Writer): Writer {

  return w;
}

export function decodeStatusRequest(r: Reader, end: number): StatusRequest {
  const m: StatusRequest = {

  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {

      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const StatusRequest: Codec<StatusRequest> = codec(encodeStatusRequest, decodeStatusRequest);

export interface StatusResponse {
  version: string;
  healthz: string;
  keyId: string;
}

export function encodeStatusResponse(m: Init<StatusResponse>, w: Writer): Writer {
  if (m.version !== undefined && m.version.length > 0) w.uint32(10).string(m.version);
  if (m.healthz !== undefined && m.healthz.length > 0) w.uint32(18).string(m.healthz);
  if (m.keyId !== undefined && m.keyId.length > 0) w.uint32(26).string(m.keyId);
  return w;
}

export function decodeStatusResponse(r: Reader, end: number): StatusResponse {
  const m: StatusResponse = {
    version: '',
    healthz: '',
    keyId: '',
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.version = r.string();
        break;
      case 2:
        m.healthz = r.string();
        break;
      case 3:
        m.keyId = r.string();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const StatusResponse: Codec<StatusResponse> = codec(encodeStatusResponse, decodeStatusResponse);

export interface DecryptRequest {
  ciphertext: Buffer;
  uid: string;
  keyId: string;
  annotations: Record<string, Buffer>;
}

export function encodeDecryptRequest(m: Init<DecryptRequest>, w: Writer): Writer {
  if (m.ciphertext !== undefined && m.ciphertext.length > 0) w.uint32(10).bytes(m.ciphertext);
  if (m.uid !== undefined && m.uid.length > 0) w.uint32(18).string(m.uid);
  if (m.keyId !== undefined && m.keyId.length > 0) w.uint32(26).string(m.keyId);
  if (m.annotations !== undefined) for (const [key, item] of Object.entries(m.annotations)) if (item !== undefined) w.uint32(34).fork().uint32(10).string(key).uint32(18).bytes(item).ldelim();
  return w;
}

export function decodeDecryptRequest(r: Reader, end: number): DecryptRequest {
  const m: DecryptRequest = {
    ciphertext: EMPTY,
    uid: '',
    keyId: '',
    annotations: {},
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.ciphertext = readBytes(r);
        break;
      case 2:
        m.uid = r.string();
        break;
      case 3:
        m.keyId = r.string();
        break;
      case 4: {
        const entryEnd = r.uint32() + r.pos;
        let key = '';
        let item: Buffer | undefined;
        while (r.pos < entryEnd) {
          const entryTag = r.uint32();
          if (entryTag >>> 3 === 1) key = r.string();
          else if (entryTag >>> 3 === 2) item = readBytes(r);
          else r.skipType(entryTag & 7);
        }
        m.annotations[key] = item ?? EMPTY;
        break;
      }
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const DecryptRequest: Codec<DecryptRequest> = codec(encodeDecryptRequest, decodeDecryptRequest);

export interface DecryptResponse {
  plaintext: Buffer;
}

export function encodeDecryptResponse(m: Init<DecryptResponse>, w: Writer): Writer {
  if (m.plaintext !== undefined && m.plaintext.length > 0) w.uint32(10).bytes(m.plaintext);
  return w;
}

export function decodeDecryptResponse(r: Reader, end: number): DecryptResponse {
  const m: DecryptResponse = {
    plaintext: EMPTY,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.plaintext = readBytes(r);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const DecryptResponse: Codec<DecryptResponse> = codec(encodeDecryptResponse, decodeDecryptResponse);

export interface EncryptRequest {
  plaintext: Buffer;
  uid: string;
}

export function encodeEncryptRequest(m: Init<EncryptRequest>, w: Writer): Writer {
  if (m.plaintext !== undefined && m.plaintext.length > 0) w.uint32(10).bytes(m.plaintext);
  if (m.uid !== undefined && m.uid.length > 0) w.uint32(18).string(m.uid);
  return w;
}

export function decodeEncryptRequest(r: Reader, end: number): EncryptRequest {
  const m: EncryptRequest = {
    plaintext: EMPTY,
    uid: '',
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.plaintext = readBytes(r);
        break;
      case 2:
        m.uid = r.string();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const EncryptRequest: Codec<EncryptRequest> = codec(encodeEncryptRequest, decodeEncryptRequest);

export interface EncryptResponse {
  ciphertext: Buffer;
  keyId: string;
  annotations: Record<string, Buffer>;
}

export function encodeEncryptResponse(m: Init<EncryptResponse>, w: Writer): Writer {
  if (m.ciphertext !== undefined && m.ciphertext.length > 0) w.uint32(10).bytes(m.ciphertext);
  if (m.keyId !== undefined && m.keyId.length > 0) w.uint32(18).string(m.keyId);
  if (m.annotations !== undefined) for (const [key, item] of Object.entries(m.annotations)) if (item !== undefined) w.uint32(26).fork().uint32(10).string(key).uint32(18).bytes(item).ldelim();
  return w;
}

export function decodeEncryptResponse(r: Reader, end: number): EncryptResponse {
  const m: EncryptResponse = {
    ciphertext: EMPTY,
    keyId: '',
    annotations: {},
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.ciphertext = readBytes(r);
        break;
      case 2:
        m.keyId = r.string();
        break;
      case 3: {
        const entryEnd = r.uint32() + r.pos;
        let key = '';
        let item: Buffer | undefined;
        while (r.pos < entryEnd) {
          const entryTag = r.uint32();
          if (entryTag >>> 3 === 1) key = r.string();
          else if (entryTag >>> 3 === 2) item = readBytes(r);
          else r.skipType(entryTag & 7);
        }
        m.annotations[key] = item ?? EMPTY;
        break;
      }
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const EncryptResponse: Codec<EncryptResponse> = codec(encodeEncryptResponse, decodeEncryptResponse);

export interface EncryptedObject {
  encryptedData: Buffer;
  keyID: string;
  encryptedDEKSource: Buffer;
  annotations: Record<string, Buffer>;
  encryptedDEKSourceType: EncryptedDEKSourceType;
}

export function encodeEncryptedObject(m: Init<EncryptedObject>, w: Writer): Writer {
  if (m.encryptedData !== undefined && m.encryptedData.length > 0) w.uint32(10).bytes(m.encryptedData);
  if (m.keyID !== undefined && m.keyID.length > 0) w.uint32(18).string(m.keyID);
  if (m.encryptedDEKSource !== undefined && m.encryptedDEKSource.length > 0) w.uint32(26).bytes(m.encryptedDEKSource);
  if (m.annotations !== undefined) for (const [key, item] of Object.entries(m.annotations)) if (item !== undefined) w.uint32(34).fork().uint32(10).string(key).uint32(18).bytes(item).ldelim();
  if (m.encryptedDEKSourceType !== undefined && m.encryptedDEKSourceType !== 0) w.uint32(40).int32(m.encryptedDEKSourceType);
  return w;
}

export function decodeEncryptedObject(r: Reader, end: number): EncryptedObject {
  const m: EncryptedObject = {
    encryptedData: EMPTY,
    keyID: '',
    encryptedDEKSource: EMPTY,
    annotations: {},
    encryptedDEKSourceType: EncryptedDEKSourceType.AES_GCM_KEY,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.encryptedData = readBytes(r);
        break;
      case 2:
        m.keyID = r.string();
        break;
      case 3:
        m.encryptedDEKSource = readBytes(r);
        break;
      case 4: {
        const entryEnd = r.uint32() + r.pos;
        let key = '';
        let item: Buffer | undefined;
        while (r.pos < entryEnd) {
          const entryTag = r.uint32();
          if (entryTag >>> 3 === 1) key = r.string();
          else if (entryTag >>> 3 === 2) item = readBytes(r);
          else r.skipType(entryTag & 7);
        }
        m.annotations[key] = item ?? EMPTY;
        break;
      }
      case 5:
        m.encryptedDEKSourceType = r.int32() as EncryptedDEKSourceType;
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const EncryptedObject: Codec<EncryptedObject> = codec(encodeEncryptedObject, decodeEncryptedObject);

export const KeyManagementServiceService = {
  status: method('/v2.KeyManagementService/Status', StatusRequest, StatusResponse, false, false),
  decrypt: method('/v2.KeyManagementService/Decrypt', DecryptRequest, DecryptResponse, false, false),
  encrypt: method('/v2.KeyManagementService/Encrypt', EncryptRequest, EncryptResponse, false, false),
} as const;
