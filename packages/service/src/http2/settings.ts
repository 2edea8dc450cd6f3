import { ConnectionError, ErrorCode } from './frames.js';

const ENTRY_BYTES = 6;

/** A name of `Setting` with its value. */
export type SettingEntry = readonly [name: number, value: number];

export function encodeSettings(entries: readonly SettingEntry[]): Buffer {
  const payload = Buffer.alloc(ENTRY_BYTES * entries.length);
  for (const [at, [name, value]] of entries.entries()) {
    payload.writeUInt16BE(name, ENTRY_BYTES * at);
    payload.writeUInt32BE(value, ENTRY_BYTES * at + 2);
  }
  return payload;
}

/** @throws ConnectionError */
export function decodeSettings(payload: Buffer): SettingEntry[] {
  if (payload.length % ENTRY_BYTES !== 0) throw new ConnectionError(ErrorCode.frameSize, 'settings cut short');
  const entries: SettingEntry[] = [];
  for (let at = 0; at < payload.length; at += ENTRY_BYTES) {
    entries.push([payload.readUInt16BE(at), payload.readUInt32BE(at + 2)]);
  }
  return entries;
}
