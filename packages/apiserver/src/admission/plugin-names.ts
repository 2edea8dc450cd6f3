interface Known {
  readonly name: string;
  readonly isDefault: boolean;
}

const on = (name: string): Known => ({ name, isDefault: true });
const off = (name: string): Known => ({ name, isDefault: false });

/** All plugins by upstream's names, in the order in which they are asked. */
export const PLUGINS: readonly Known[] = [
  off('AlwaysAdmit'),
  off('NamespaceAutoProvision'),
  on('NamespaceLifecycle'),
  off('NamespaceExists'),
  off('LimitPodHardAntiAffinityTopology'),
  on('LimitRanger'),
  on('ServiceAccount'),
  // Off upstream, as RBAC is there. Here nodes are held to themselves from the beginning.
  on('NodeRestriction'),
  on('TaintNodesByCondition'),
  off('AlwaysPullImages'),
  off('ImagePolicyWebhook'),
  on('PodSecurity'),
  off('PodNodeSelector'),
  on('Priority'),
  on('DefaultTolerationSeconds'),
  off('PodTolerationRestriction'),
  off('EventRateLimit'),
  off('ExtendedResourceToleration'),
  on('DefaultStorageClass'),
  on('StorageObjectInUseProtection'),
  off('OwnerReferencesPermissionEnforcement'),
  on('PersistentVolumeClaimResize'),
  on('RuntimeClass'),
  on('CertificateApproval'),
  on('CertificateSigning'),
  on('ClusterTrustBundleAttest'),
  on('CertificateSubjectRestriction'),
  on('DefaultIngressClass'),
  off('DenyServiceExternalIPs'),
  on('PodTopologyLabels'),
  on('NodeDeclaredFeatureValidator'),
  on('MutatingAdmissionPolicy'),
  on('MutatingAdmissionWebhook'),
  on('ValidatingAdmissionPolicy'),
  on('ValidatingAdmissionWebhook'),
  on('ResourceQuota'),
  off('AlwaysDeny'),
];

/** What is wrong with a choice of plugins, in a line that names its flag. */
export function choiceProblem(enabled: readonly string[], disabled: readonly string[]): string | undefined {
  const names = PLUGINS.map(({ name }) => name);
  for (const [flag, chosen] of [
    ['enable', enabled],
    ['disable', disabled],
  ] as const) {
    const wrong = chosen.find((name) => !names.includes(name));
    if (wrong !== undefined) return `--${flag}-admission-plugins: "${wrong}" is not one of ${names.join(', ')}`;
  }
  const both = enabled.find((name) => disabled.includes(name));
  if (both === undefined) return undefined;
  return `--enable-admission-plugins and --disable-admission-plugins both name "${both}"`;
}

export function enabledPlugins(enabled: readonly string[], disabled: readonly string[]): ReadonlySet<string> {
  const chosen = PLUGINS.filter(({ name, isDefault }) =>
    isDefault ? !disabled.includes(name) : enabled.includes(name),
  );
  return new Set(chosen.map(({ name }) => name));
}
