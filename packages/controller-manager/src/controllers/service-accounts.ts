/** The service accounts of those controllers whose account is not called after them: roles are bound to upstream's names. */
const ACCOUNTS: Readonly<Record<string, string>> = {
  'bootstrap-signer': 'bootstrap-signer',
  'certificatesigningrequest-approving': 'certificate-controller',
  'certificatesigningrequest-cleaner': 'certificate-controller',
  'certificatesigningrequest-signing': 'certificate-controller',
  daemonset: 'daemon-set-controller',
  endpoints: 'endpoint-controller',
  'endpointslice-mirroring': 'endpointslicemirroring-controller',
  'garbage-collector': 'generic-garbage-collector',
  'horizontal-pod-autoscaler': 'horizontal-pod-autoscaler',
  'node-ipam': 'node-controller',
  'node-lifecycle': 'node-controller',
  'persistentvolume-attach-detach': 'attachdetach-controller',
  'persistentvolume-binder': 'persistent-volume-binder',
  'persistentvolume-expander': 'expand-controller',
  'persistentvolume-protection': 'pv-protection-controller',
  'persistentvolumeclaim-protection': 'pvc-protection-controller',
  'pod-garbage-collector': 'pod-garbage-collector',
  replicationcontroller: 'replication-controller',
  'root-ca-certificate-publisher': 'root-ca-cert-publisher',
  serviceaccount: 'service-account-controller',
  'taint-eviction': 'node-controller',
  'token-cleaner': 'token-cleaner',
};

/** As whom a controller acts when each has its own rights. */
export function serviceAccountOf(controller: string): string {
  const name = controller.replace(/-controller$/, '');
  return ACCOUNTS[name] ?? `${name}-controller`;
}
