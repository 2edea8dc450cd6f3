import type { Kind, KindRegistry } from '@keelson/api';
import type { Clock, Random } from '@keelson/service';
import type { Authorizer } from '../auth/authorizer.js';
import type { RbacAuthorizer } from '../auth/rbac/rbac-authorizer.js';
import type { ObjectCollection } from '../registry/collection.js';
import type { AdmissionPlugin } from './admission.js';
import { type AdmissionOptions, DEFAULT_ADMISSION } from './admission-options.js';
import { alwaysAdmit, alwaysDeny } from './always.js';
import { alwaysPullImages } from './always-pull-images.js';
import { limitPodHardAntiAffinityTopology } from './anti-affinity-topology.js';
import { certificateApproval, certificateSigning, clusterTrustBundleAttest } from './certificate-signers.js';
import { restrictCertificateSubjects } from './certificate-subject.js';
import { persistentVolumeClaimResize } from './claim-resize.js';
import { defaultIngressClass, defaultStorageClass } from './default-classes.js';
import { denyServiceExternalIps } from './deny-service-external-ips.js';
import { eventRateLimit } from './event-rate-limit.js';
import { extendedResourceToleration } from './extended-resource-toleration.js';
import { imagePolicyWebhook } from './image-policy/image-policy.js';
import { limitRanger } from './limit-ranger.js';
import { type MakeNamespace, namespaceAutoProvision } from './namespace-auto-provision.js';
import { namespaceExists } from './namespace-exists.js';
import { namespaceLifecycle } from './namespace-lifecycle.js';
import { nodeDeclaredFeatures } from './node-declared-features.js';
import { nodeRestriction } from './node-restriction/node-restriction.js';
import { defaultTolerationSeconds, taintNodesByCondition } from './node-taints.js';
import { ownerReferencesPermissionEnforcement } from './owner-references.js';
import { PLUGINS } from './plugin-names.js';
import { podNodeSelector } from './pod-node-selector.js';
import { podSecurity } from './pod-security/pod-security.js';
import { podTolerationRestriction } from './pod-toleration-restriction.js';
import { podTopologyLabels } from './pod-topology-labels.js';
import { mutatingPolicies } from './policies/mutating.js';
import { MutationProgram } from './policies/mutation-program.js';
import { Policies } from './policies/policies.js';
import { PolicyProgram } from './policies/program.js';
import { validatingPolicies } from './policies/validating.js';
import { priority } from './priority.js';
import { rbacEscalation } from './rbac-escalation.js';
import { resourceQuota } from './resource-quota/resource-quota.js';
import { runtimeClass } from './runtime-class.js';
import { serviceAccount } from './service-account/service-account.js';
import { storageObjectInUseProtection } from './storage-object-in-use.js';
import { HookCaller } from './webhooks/caller.js';
import type { HookClient } from './webhooks/client.js';
import type { CredentialsFor } from './webhooks/credentials.js';
import { Hooks } from './webhooks/hook.js';
import type { HookMetrics, HookType } from './webhooks/hook-metrics.js';
import { mutatingWebhooks } from './webhooks/mutating.js';
import { validatingWebhooks } from './webhooks/validating.js';

export interface PluginDependencies {
  collection: (group: string, plural: string) => ObjectCollection;
  kinds: KindRegistry;
  authorizer: Authorizer;
  rbac: RbacAuthorizer;
  clock: Clock;
  random: Random;
  makeNamespace: MakeNamespace;
  hookClient: Pick<HookClient, 'ask'>;
  hookMetrics?: HookMetrics | undefined;
  /** Where objects of a kind are, whatever its version. */
  collectionOf: (kind: Kind) => ObjectCollection | undefined;
}

/** Those plugins of the server itself that are to be asked, in upstream's order. */
export function builtInPlugins(
  dependencies: PluginDependencies,
  options: AdmissionOptions = DEFAULT_ADMISSION,
): AdmissionPlugin[] {
  const { rbac, authorizer } = dependencies;
  const makers = pluginMakers(dependencies, options);
  const enabled = PLUGINS.filter(({ name }) => options.enabled.has(name));
  const made = enabled.flatMap(({ name }) => makers[name]?.() ?? []);
  // Upstream's registry of roles refuses these, whatever plugins there are; a quota is charged after all else.
  const last = made.findIndex(({ name }) => name === 'ResourceQuota' || name === 'AlwaysDeny');
  return made.toSpliced(last < 0 ? made.length : last, 0, rbacEscalation({ rbac, authorizer }));
}

function pluginMakers(
  {
    collection,
    kinds,
    authorizer,
    clock,
    random,
    makeNamespace,
    hookClient,
    collectionOf,
    hookMetrics,
  }: PluginDependencies,
  options: AdmissionOptions,
): Readonly<Record<string, () => AdmissionPlugin | undefined>> {
  const core = (plural: string) => collection('', plural);
  const storage = (plural: string) => collection('storage.k8s.io', plural);
  const forPolicies = { kinds, namespaces: core('namespaces'), authorizer, collectionOf };
  const policies = <Program>(what: string, compile: ConstructorParameters<typeof Policies<Program>>[0]['compile']) => {
    const of = (part: string) => collection('admissionregistration.k8s.io', `${what}admissionpolic${part}`);
    return new Policies<Program>({ policies: of('ies'), bindings: of('ybindings'), compile, kinds });
  };
  const webhooks = (type: HookType, plural: string, credentials: CredentialsFor | undefined) => ({
    hooks: new Hooks(collection('admissionregistration.k8s.io', plural), kinds),
    caller: new HookCaller(type, { client: hookClient, authorizer, random, clock, credentials, metrics: hookMetrics }),
    ...{ kinds, namespaces: core('namespaces') },
  });
  return {
    AlwaysAdmit: () => alwaysAdmit,
    NamespaceAutoProvision: () => namespaceAutoProvision(core('namespaces'), makeNamespace),
    NamespaceLifecycle: () => namespaceLifecycle(core('namespaces')),
    NamespaceExists: () => namespaceExists(core('namespaces')),
    LimitPodHardAntiAffinityTopology: () => limitPodHardAntiAffinityTopology,
    LimitRanger: () => limitRanger(core('limitranges')),
    ServiceAccount: () => serviceAccount(core('serviceaccounts'), { random, clock }),
    NodeRestriction: () =>
      nodeRestriction({
        pods: core('pods'),
        nodes: core('nodes'),
        persistentVolumeClaims: core('persistentvolumeclaims'),
        persistentVolumes: core('persistentvolumes'),
        csiDrivers: storage('csidrivers'),
        authorizer,
      }),
    TaintNodesByCondition: () => taintNodesByCondition,
    AlwaysPullImages: () => alwaysPullImages,
    ImagePolicyWebhook: () => options.imagePolicy && imagePolicyWebhook(options.imagePolicy, { clock, random }),
    PodSecurity: () => podSecurity({ namespaces: core('namespaces'), pods: core('pods') }, options.podSecurity),
    PodNodeSelector: () => podNodeSelector(core('namespaces'), options.podNodeSelector),
    Priority: () => priority(collection('scheduling.k8s.io', 'priorityclasses')),
    DefaultTolerationSeconds: () => defaultTolerationSeconds(options.tolerationSeconds),
    PodTolerationRestriction: () => podTolerationRestriction(core('namespaces'), options.podTolerations),
    EventRateLimit: () => eventRateLimit(clock, options.eventRateLimit ?? {}),
    ExtendedResourceToleration: () => extendedResourceToleration,
    DefaultStorageClass: () => defaultStorageClass(storage('storageclasses')),
    StorageObjectInUseProtection: () => storageObjectInUseProtection,
    OwnerReferencesPermissionEnforcement: () => ownerReferencesPermissionEnforcement({ authorizer, kinds }),
    PersistentVolumeClaimResize: () => persistentVolumeClaimResize(storage('storageclasses')),
    RuntimeClass: () => runtimeClass(collection('node.k8s.io', 'runtimeclasses')),
    CertificateApproval: () => certificateApproval(authorizer),
    CertificateSigning: () => certificateSigning(authorizer),
    ClusterTrustBundleAttest: () => clusterTrustBundleAttest(authorizer),
    CertificateSubjectRestriction: () => restrictCertificateSubjects,
    DefaultIngressClass: () => defaultIngressClass(collection('networking.k8s.io', 'ingressclasses')),
    DenyServiceExternalIPs: () => denyServiceExternalIps,
    NodeDeclaredFeatureValidator: () => nodeDeclaredFeatures(core('nodes')),
    PodTopologyLabels: () => podTopologyLabels(core('nodes')),
    MutatingAdmissionWebhook: () =>
      mutatingWebhooks(webhooks('admit', 'mutatingwebhookconfigurations', options.mutatingWebhooks)),
    MutatingAdmissionPolicy: () =>
      mutatingPolicies({ ...forPolicies, policies: policies('mutating', (spec) => new MutationProgram(spec)) }),
    ValidatingAdmissionPolicy: () =>
      validatingPolicies({ ...forPolicies, policies: policies('validating', (spec) => new PolicyProgram(spec)) }),
    ValidatingAdmissionWebhook: () =>
      validatingWebhooks(webhooks('validating', 'validatingwebhookconfigurations', options.validatingWebhooks)),
    ResourceQuota: () =>
      resourceQuota(
        {
          clock,
          quotas: core('resourcequotas'),
          pods: core('pods'),
          deviceClasses: collection('resource.k8s.io', 'deviceclasses'),
        },
        options.resourceQuota,
      ),
    AlwaysDeny: () => alwaysDeny,
  };
}
