export { ApiServer, type ApiServerDependencies, type ApiServerOptions } from './server.js';
export type { Store, StoreWatch, StoreWatchResponse } from './storage/store.js';
