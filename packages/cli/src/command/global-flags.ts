import type { FlagTable } from './flags.js';

/** Flags that every command has. */
export const globalFlags = {
  kubeconfig: { type: 'string', description: 'Path of the kubeconfig file', value: 'FILE' },
  context: { type: 'string', description: 'Context of the kubeconfig to use', value: 'NAME' },
  cluster: { type: 'string', description: 'Cluster of the kubeconfig to use', value: 'NAME' },
  user: { type: 'string', description: 'User of the kubeconfig to use', value: 'NAME' },
  namespace: { type: 'string', short: 'n', description: 'Namespace of this request', value: 'NAME' },
  server: { type: 'string', short: 's', description: 'gRPC address of the API server', value: 'HOST:PORT' },
  token: { type: 'string', description: 'Bearer token to show instead of that of the kubeconfig', value: 'TOKEN' },
  'request-timeout': { type: 'duration', default: 34_000, description: 'How long one request may take', value: 'TIME' },
  'warnings-as-errors': { type: 'boolean', default: false, description: 'Fail when the server warns' },
  help: { type: 'boolean', short: 'h', default: false, description: 'Show help' },
} as const satisfies FlagTable;
