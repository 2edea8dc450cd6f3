export {
  authoritiesOf,
  credentialsIn,
  type KubeconfigCredentials,
  KubeconfigError,
  readKubeconfig,
} from './read.js';
export { type ClusterEntry, type ContextEntry, GRPC_EXTENSION, type Kubeconfig, type UserEntry } from './types.js';
