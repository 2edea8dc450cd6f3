export { parseUrl, type StoreConfig, type TlsConfig } from './config.js';
export { EtcdError, StoreError } from './errors.js';
export { Store, type StoreDependencies } from './store.js';
