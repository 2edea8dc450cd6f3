import { commonFlags, type FlagTable } from '@keelson/service';
import { admissionFlags } from './admission/admission-flags.js';
import { auditFlags } from './audit/audit-flags.js';
import { accessFlags } from './auth/access-flags.js';
import { tlsFlags } from './serving/tls-flags.js';

/** kube-apiserver's names where the meaning is the same. */
export const flags = {
  ...commonFlags,
  ...accessFlags,
  ...admissionFlags,
  ...auditFlags,
  'etcd-servers': {
    type: 'string',
    demandOption: true,
    description: 'Comma-separated URLs of the store: https://host:port',
  },
  'etcd-cafile': { type: 'string', description: 'CA of the store’s certificates' },
  'etcd-certfile': { type: 'string', description: 'Client certificate for the store' },
  'etcd-keyfile': { type: 'string', description: 'Key of --etcd-certfile' },
  'etcd-compaction-interval': {
    type: 'string',
    default: '5m0s',
    description: 'How often the store is asked to forget what is older than that; 0: this server never asks',
  },
  'encryption-provider-config': {
    type: 'string',
    description: 'File with an EncryptionConfiguration: how the values of which resources are stored',
  },
  'encryption-provider-config-automatic-reload': {
    type: 'boolean',
    default: false,
    description: 'Whether that file is read again when it changes',
  },
  'bind-address': { type: 'string', default: '127.0.0.1', description: 'Address to listen on' },
  'secure-port': { type: 'number', default: 6443, description: 'Port of the REST API' },
  'grpc-port': { type: 'number', default: 6444, description: 'Port of the gRPC API' },
  'advertise-address': { type: 'string', description: 'Address that members of the cluster reach this server at' },
  'tls-cert-file': { type: 'string', demandOption: true, description: 'Serving certificate' },
  'tls-private-key-file': { type: 'string', demandOption: true, description: 'Key of --tls-cert-file' },
  ...tlsFlags,
  'kubelet-client-certificate': { type: 'string', description: 'Client certificate for kubelets' },
  'kubelet-client-key': { type: 'string', description: 'Key of --kubelet-client-certificate' },
  'proxy-client-cert-file': {
    type: 'string',
    description: 'Certificate that is shown to the servers of other groups, which believe it whom requests are of',
  },
  'proxy-client-key-file': {
    type: 'string',
    description: 'Key of --proxy-client-cert-file; both are read again when they change',
  },
  'service-account-signing-key-file': {
    type: 'string',
    description: 'PEM private key that signs service account tokens; without it the servers share one in the store',
  },
  'service-account-key-file': {
    type: 'string',
    description: 'Comma-separated PEM files of more keys whose service account tokens are good',
  },
  'service-account-issuer': {
    type: 'string',
    default: 'https://kubernetes.default.svc.cluster.local',
    description: 'Issuer of service account tokens',
  },
  'api-audiences': {
    type: 'string',
    description: 'Comma-separated audiences of tokens for this API; by default the issuer',
  },
  'service-cluster-ip-range': {
    type: 'string',
    default: '127.96.0.0/16',
    description: 'Addresses of Services: a range, or one of each family with a comma between them',
  },
  'service-node-port-range': { type: 'string', default: '30000-32767', description: 'Node ports of Services' },
  'enable-priority-and-fairness': {
    type: 'boolean',
    default: true,
    description: 'Whether requests are of priority levels, which share --max-requests-inflight and the other',
  },
  'max-requests-inflight': { type: 'number', default: 400, description: 'Reading requests served at once' },
  'max-watches-per-user': {
    type: 'number',
    default: 10_000,
    description: 'Watches of one user at once, superusers’ aside; 0: no limit',
  },
  'max-mutating-requests-inflight': { type: 'number', default: 200, description: 'Writing requests served at once' },
} as const satisfies FlagTable;
