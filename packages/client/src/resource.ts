import type {
  APIService,
  CertificateSigningRequest,
  ClusterRole,
  ConfigMap,
  ControllerRevision,
  CronJob,
  CSIDriver,
  DaemonSet,
  Deployment,
  EndpointSlice,
  Endpoints,
  Event,
  HorizontalPodAutoscaler,
  Job,
  KubeObject,
  Lease,
  Namespace,
  Node,
  NodeMetrics,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  PodDisruptionBudget,
  PodMetrics,
  PriorityClass,
  ReplicaSet,
  ReplicationController,
  Secret,
  Service,
  ServiceAccount,
  StatefulSet,
  StorageClass,
  VolumeAttachment,
  VolumeAttributesClass,
} from '@keelson/api';

/** A collection of the API together with the type of its objects. */
export interface Resource<T extends KubeObject = KubeObject> {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** Carries T; never set. */
  readonly object?: T;
}

function define<T extends KubeObject>(
  apiVersion: string,
  plural: string,
  kind: string,
  namespaced = true,
): Resource<T> {
  const slash = apiVersion.indexOf('/');
  const group = slash < 0 ? '' : apiVersion.slice(0, slash);
  return { group, version: apiVersion.slice(slash + 1), plural, kind, namespaced };
}

/** The collections that Keelson's own components use. */
export const resources = {
  configMaps: define<ConfigMap>('v1', 'configmaps', 'ConfigMap'),
  endpoints: define<Endpoints>('v1', 'endpoints', 'Endpoints'),
  events: define<Event>('v1', 'events', 'Event'),
  namespaces: define<Namespace>('v1', 'namespaces', 'Namespace', false),
  nodes: define<Node>('v1', 'nodes', 'Node', false),
  persistentVolumeClaims: define<PersistentVolumeClaim>('v1', 'persistentvolumeclaims', 'PersistentVolumeClaim'),
  persistentVolumes: define<PersistentVolume>('v1', 'persistentvolumes', 'PersistentVolume', false),
  pods: define<Pod>('v1', 'pods', 'Pod'),
  replicationControllers: define<ReplicationController>('v1', 'replicationcontrollers', 'ReplicationController'),
  secrets: define<Secret>('v1', 'secrets', 'Secret'),
  serviceAccounts: define<ServiceAccount>('v1', 'serviceaccounts', 'ServiceAccount'),
  services: define<Service>('v1', 'services', 'Service'),
  controllerRevisions: define<ControllerRevision>('apps/v1', 'controllerrevisions', 'ControllerRevision'),
  daemonSets: define<DaemonSet>('apps/v1', 'daemonsets', 'DaemonSet'),
  deployments: define<Deployment>('apps/v1', 'deployments', 'Deployment'),
  replicaSets: define<ReplicaSet>('apps/v1', 'replicasets', 'ReplicaSet'),
  statefulSets: define<StatefulSet>('apps/v1', 'statefulsets', 'StatefulSet'),
  horizontalPodAutoscalers: define<HorizontalPodAutoscaler>(
    'autoscaling/v2',
    'horizontalpodautoscalers',
    'HorizontalPodAutoscaler',
  ),
  podDisruptionBudgets: define<PodDisruptionBudget>('policy/v1', 'poddisruptionbudgets', 'PodDisruptionBudget'),
  cronJobs: define<CronJob>('batch/v1', 'cronjobs', 'CronJob'),
  jobs: define<Job>('batch/v1', 'jobs', 'Job'),
  leases: define<Lease>('coordination.k8s.io/v1', 'leases', 'Lease'),
  certificateSigningRequests: define<CertificateSigningRequest>(
    'certificates.k8s.io/v1',
    'certificatesigningrequests',
    'CertificateSigningRequest',
    false,
  ),
  clusterRoles: define<ClusterRole>('rbac.authorization.k8s.io/v1', 'clusterroles', 'ClusterRole', false),
  apiServices: define<APIService>('apiregistration.k8s.io/v1', 'apiservices', 'APIService', false),
  /** Of other servers, where one is registered. */
  nodeMetrics: define<NodeMetrics>('metrics.k8s.io/v1beta1', 'nodes', 'NodeMetrics', false),
  podMetrics: define<PodMetrics>('metrics.k8s.io/v1beta1', 'pods', 'PodMetrics'),
  endpointSlices: define<EndpointSlice>('discovery.k8s.io/v1', 'endpointslices', 'EndpointSlice'),
  priorityClasses: define<PriorityClass>('scheduling.k8s.io/v1', 'priorityclasses', 'PriorityClass', false),
  csiDrivers: define<CSIDriver>('storage.k8s.io/v1', 'csidrivers', 'CSIDriver', false),
  storageClasses: define<StorageClass>('storage.k8s.io/v1', 'storageclasses', 'StorageClass', false),
  volumeAttachments: define<VolumeAttachment>('storage.k8s.io/v1', 'volumeattachments', 'VolumeAttachment', false),
  volumeAttributesClasses: define<VolumeAttributesClass>(
    'storage.k8s.io/v1',
    'volumeattributesclasses',
    'VolumeAttributesClass',
    false,
  ),
} as const;

export function apiVersionText(resource: Pick<Resource, 'group' | 'version'>): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
}
