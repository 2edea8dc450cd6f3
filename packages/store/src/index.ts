export { verifyChecksum } from './backup/checksum.js';
export { backUpDirectory } from './backup/from-directory.js';
export { type Restored, type RestoreOptions, restoreBackup } from './backup/restore.js';
export { parseUrl, type StoreConfig, type TlsConfig } from './config.js';
export { EtcdError, StoreError } from './errors.js';
export { Store, type StoreDependencies } from './store.js';
