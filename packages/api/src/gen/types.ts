// Made by scripts/generate-api.mjs from the Kubernetes OpenAPI document. See packages/api/schema/NOTICE.

export interface ApplyConfiguration {
  expression?: string | undefined;
}

export interface AuditAnnotation {
  key?: string | undefined;
  valueExpression?: string | undefined;
}

export interface ExpressionWarning {
  fieldRef?: string | undefined;
  warning?: string | undefined;
}

export interface JSONPatch {
  expression?: string | undefined;
}

export interface MatchCondition {
  expression?: string | undefined;
  name?: string | undefined;
}

export interface MatchResources {
  excludeResourceRules?: NamedRuleWithOperations[] | undefined;
  matchPolicy?: string | undefined;
  namespaceSelector?: LabelSelector | undefined;
  objectSelector?: LabelSelector | undefined;
  resourceRules?: NamedRuleWithOperations[] | undefined;
}

export interface MutatingAdmissionPolicy {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: MutatingAdmissionPolicySpec | undefined;
}

export interface MutatingAdmissionPolicyBinding {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: MutatingAdmissionPolicyBindingSpec | undefined;
}

export interface MutatingAdmissionPolicyBindingList {
  apiVersion?: string | undefined;
  items: MutatingAdmissionPolicyBinding[];
  kind?: string | undefined;
  metadata?: ListMeta | undefined;
}

export interface MutatingAdmissionPolicyBindingSpec {
  matchResources?: MatchResources | undefined;
  paramRef?: ParamRef | undefined;
  policyName?: string | undefined;
}

export interface MutatingAdmissionPolicyList {
  apiVersion?: string | undefined;
  items: MutatingAdmissionPolicy[];
  kind?: string | undefined;
  metadata?: ListMeta | undefined;
}

export interface MutatingAdmissionPolicySpec {
  failurePolicy?: string | undefined;
  matchConditions?: MatchCondition[] | undefined;
  matchConstraints?: MatchResources | undefined;
  mutations?: Mutation[] | undefined;
  paramKind?: ParamKind | undefined;
  reinvocationPolicy?: string | undefined;
  variables?: Variable[] | undefined;
}

export interface MutatingWebhook {
  admissionReviewVersions?: string[] | undefined;
  clientConfig?: WebhookClientConfig | undefined;
  failurePolicy?: string | undefined;
  matchConditions?: MatchCondition[] | undefined;
  matchPolicy?: string | undefined;
  name?: string | undefined;
  namespaceSelector?: LabelSelector | undefined;
  objectSelector?: LabelSelector | undefined;
  reinvocationPolicy?: string | undefined;
  rules?: RuleWithOperations[] | undefined;
  sideEffects?: string | undefined;
  timeoutSeconds?: number | undefined;
}

export interface MutatingWebhookConfiguration {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  webhooks?: MutatingWebhook[] | undefined;
}

export interface MutatingWebhookConfigurationList {
  apiVersion?: string | undefined;
  items: MutatingWebhookConfiguration[];
  kind?: string | undefined;
  metadata?: ListMeta | undefined;
}

export interface Mutation {
  applyConfiguration?: ApplyConfiguration | undefined;
  jsonPatch?: JSONPatch | undefined;
  patchType?: string | undefined;
}

export interface NamedRuleWithOperations {
  apiGroups?: string[] | undefined;
  apiVersions?: string[] | undefined;
  operations?: string[] | undefined;
  resourceNames?: string[] | undefined;
  resources?: string[] | undefined;
  scope?: string | undefined;
}

export interface ParamKind {
  apiVersion?: string | undefined;
  kind?: string | undefined;
}

export interface ParamRef {
  name?: string | undefined;
  namespace?: string | undefined;
  parameterNotFoundAction?: string | undefined;
  selector?: LabelSelector | undefined;
}

export interface RuleWithOperations {
  apiGroups?: string[] | undefined;
  apiVersions?: string[] | undefined;
  operations?: string[] | undefined;
  resources?: string[] | undefined;
  scope?: string | undefined;
}

export interface ServiceReference {
  name?: string | undefined;
  namespace?: string | undefined;
  path?: string | undefined;
  port?: number | undefined;
}

export interface TypeChecking {
  expressionWarnings?: ExpressionWarning[] | undefined;
}

export interface ValidatingAdmissionPolicy {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: ValidatingAdmissionPolicySpec | undefined;
  status?: ValidatingAdmissionPolicyStatus | undefined;
}

export interface ValidatingAdmissionPolicyBinding {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: ValidatingAdmissionPolicyBindingSpec | undefined;
}

export interface ValidatingAdmissionPolicyBindingList {
  apiVersion?: string | undefined;
  items: ValidatingAdmissionPolicyBinding[];
  kind?: string | undefined;
  metadata?: ListMeta | undefined;
}

export interface ValidatingAdmissionPolicyBindingSpec {
  matchResources?: MatchResources | undefined;
  paramRef?: ParamRef | undefined;
  policyName?: string | undefined;
  validationActions?: string[] | undefined;
}

export interface ValidatingAdmissionPolicyList {
  apiVersion?: string | undefined;
  items: ValidatingAdmissionPolicy[];
  kind?: string | undefined;
  metadata?: ListMeta | undefined;
}

export interface ValidatingAdmissionPolicySpec {
  auditAnnotations?: AuditAnnotation[] | undefined;
  failurePolicy?: string | undefined;
  matchConditions?: MatchCondition[] | undefined;
  matchConstraints?: MatchResources | undefined;
  paramKind?: ParamKind | undefined;
  validations?: Validation[] | undefined;
  variables?: Variable[] | undefined;
}

export interface ValidatingAdmissionPolicyStatus {
  conditions?: Condition[] | undefined;
  observedGeneration?: number | undefined;
  typeChecking?: TypeChecking | undefined;
}

export interface ValidatingWebhook {
  admissionReviewVersions?: string[] | undefined;
  clientConfig?: WebhookClientConfig | undefined;
  failurePolicy?: string | undefined;
  matchConditions?: MatchCondition[] | undefined;
  matchPolicy?: string | undefined;
  name?: string | undefined;
  namespaceSelector?: LabelSelector | undefined;
  objectSelector?: LabelSelector | undefined;
  rules?: RuleWithOperations[] | undefined;
  sideEffects?: string | undefined;
  timeoutSeconds?: number | undefined;
}

export interface ValidatingWebhookConfiguration {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  webhooks?: ValidatingWebhook[] | undefined;
}

export interface ValidatingWebhookConfigurationList {
  apiVersion?: string | undefined;
  items: ValidatingWebhookConfiguration[];
  kind?: string | undefined;
  metadata?: ListMeta | undefined;
}

export interface Validation {
  expression?: string | undefined;
  message?: string | undefined;
  messageExpression?: string | undefined;
  reason?: string | undefined;
}

export interface Variable {
  expression?: string | undefined;
  name?: string | undefined;
}

export interface WebhookClientConfig {
  caBundle?: string | undefined;
  service?: ServiceReference | undefined;
  url?: string | undefined;
}

export interface ControllerRevision {
  apiVersion?: string | undefined;
  data?: RawExtension | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  revision?: number | undefined;
}

export interface ControllerRevisionList {
  apiVersion?: string | undefined;
  items: ControllerRevision[];
  kind?: string | undefined;
  metadata?: ListMeta | undefined;
}

export interface DaemonSet {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: DaemonSetSpec | undefined;
  status?: DaemonSetStatus | undefined;
}

export interface DaemonSetCondition {
  lastTransitionTime?: Time | undefined;
  message?: string | undefined;
  reason?: string | undefined;
  status?: string | undefined;
  type?: string | undefined;
}

export interface DaemonSetList {
  apiVersion?: string | undefined;
  items: DaemonSet[];
  kind?: string | undefined;
  metadata?: ListMeta | undefined;
}

export interface DaemonSetSpec {
  minReadySeconds?: number | undefined;
  revisionHistoryLimit?: number | undefined;
  selector?: LabelSelector | undefined;
  template?: PodTemplateSpec | undefined;
  updateStrategy?: DaemonSetUpdateStrategy | undefined;
}

export interface DaemonSetStatus {
  collisionCount?: number | undefined;
  conditions?: DaemonSetCondition[] | undefined;
  currentNumberScheduled?: number | undefined;
  desiredNumberScheduled?: number | undefined;
  numberAvailable?: number | undefined;
  numberMisscheduled?: number | undefined;
  numberReady?: number | undefined;
  numberUnavailable?: number | undefined;
  observedGeneration?: number | undefined;
  updatedNumberScheduled?: number | undefined;
}

export interface DaemonSetUpdateStrategy {
  rollingUpdate?: RollingUpdateDaemonSet | undefined;
  type?: string | undefined;
}

export interface Deployment {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: DeploymentSpec | undefined;
  status?: DeploymentStatus | undefined;
}

export interface DeploymentCondition {
  lastTransitionTime?: Time | undefined;
  lastUpdateTime?: Time | undefined;
  message?: string | undefined;
  reason?: string | undefined;
  status?: string | undefined;
  type?: string | undefined;
}

export interface DeploymentList {
  apiVersion?: string | undefined;
  items: Deployment[];
  kind?: string | undefined;
  metadata?: ListMeta | undefined;
}

export interface DeploymentSpec {
  minReadySeconds?: number | undefined;
  paused?: boolean | undefined;
  progressDeadlineSeconds?: number | undefined;
  replicas?: number | undefined;
  revisionHistoryLimit?: number | undefined;
  selector?: LabelSelector | undefined;
  strategy?: DeploymentStrategy | undefined;
  template?: PodTemplateSpec | undefined;
}

export interface DeploymentStatus {
  availableReplicas?: number | undefined;
  collisionCount?: number | undefined;
  conditions?: DeploymentCondition[] | undefined;
  observedGeneration?: number | undefined;
  readyReplicas?: number | undefined;
  replicas?: number | undefined;
  terminatingReplicas?: number | undefined;
  unavailableReplicas?: number | undefined;
  updatedReplicas?: number | undefined;
}

export interface DeploymentStrategy {
  rollingUpdate?: RollingUpdateDeployment | undefined;
  type?: string | undefined;
}

export interface ReplicaSet {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: ReplicaSetSpec | undefined;
  status?: ReplicaSetStatus | undefined;
}

export interface ReplicaSetCondition {
  lastTransitionTime?: Time | undefined;
  message?: string | undefined;
  reason?: string | undefined;
  status?: string | undefined;
  type?: string | undefined;
}

export interface ReplicaSetList {
  apiVersion?: string | undefined;
  items: ReplicaSet[];
  kind?: string | undefined;
  metadata?: ListMeta | undefined;
}

export interface ReplicaSetSpec {
  minReadySeconds?: number | undefined;
  replicas?: number | undefined;
  selector?: LabelSelector | undefined;
  template?: PodTemplateSpec | undefined;
}

export interface ReplicaSetStatus {
  availableReplicas?: number | undefined;
  conditions?: ReplicaSetCondition[] | undefined;
  fullyLabeledReplicas?: number | undefined;
  observedGeneration?: number | undefined;
  readyReplicas?: number | undefined;
  replicas?: number | undefined;
  terminatingReplicas?: number | undefined;
}

export interface RollingUpdateDaemonSet {
  maxSurge?: IntOrString | undefined;
  maxUnavailable?: IntOrString | undefined;
}

export interface RollingUpdateDeployment {
  maxSurge?: IntOrString | undefined;
  maxUnavailable?: IntOrString | undefined;
}

export interface RollingUpdateStatefulSetStrategy {
  maxUnavailable?: IntOrString | undefined;
  partition?: number | undefined;
}

export interface StatefulSet {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: StatefulSetSpec | undefined;
  status?: StatefulSetStatus | undefined;
}

export interface StatefulSetCondition {
  lastTransitionTime?: Time | undefined;
  message?: string | undefined;
  reason?: string | undefined;
  status?: string | undefined;
  type?: string | undefined;
}

export interface StatefulSetList {
  apiVersion?: string | undefined;
  items: StatefulSet[];
  kind?: string | undefined;
  metadata?: ListMeta | undefined;
}

export interface StatefulSetOrdinals {
  start?: number | undefined;
}

export interface StatefulSetPersistentVolumeClaimRetentionPolicy {
  whenDeleted?: string | undefined;
  whenScaled?: string | undefined;
}

export interface StatefulSetSpec {
  minReadySeconds?: number | undefined;
  ordinals?: StatefulSetOrdinals | undefined;
  persistentVolumeClaimRetentionPolicy?: StatefulSetPersistentVolumeClaimRetentionPolicy | undefined;
  podManagementPolicy?: string | undefined;
  replicas?: number | undefined;
  revisionHistoryLimit?: number | undefined;
  selector?: LabelSelector | undefined;
  serviceName?: string | undefined;
  template?: PodTemplateSpec | undefined;
  updateStrategy?: StatefulSetUpdateStrategy | undefined;
  volumeClaimTemplates?: PersistentVolumeClaim[] | undefined;
}

export interface StatefulSetStatus {
  availableReplicas?: number | undefined;
  collisionCount?: number | undefined;
  conditions?: StatefulSetCondition[] | undefined;
  currentReplicas?: number | undefined;
  currentRevision?: string | undefined;
  observedGeneration?: number | undefined;
  readyReplicas?: number | undefined;
  replicas?: number | undefined;
  updateRevision?: string | undefined;
  updatedReplicas?: number | undefined;
}

export interface StatefulSetUpdateStrategy {
  rollingUpdate?: RollingUpdateStatefulSetStrategy | undefined;
  type?: string | undefined;
}

export interface BoundObjectReference {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  name?: string | undefined;
  uid?: string | undefined;
}

export interface SelfSubjectReview {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  status?: SelfSubjectReviewStatus | undefined;
}

export interface SelfSubjectReviewStatus {
  userInfo?: UserInfo | undefined;
}

export interface TokenRequest {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: TokenRequestSpec | undefined;
  status?: TokenRequestStatus | undefined;
}

export interface TokenRequestSpec {
  audiences?: string[] | undefined;
  boundObjectRef?: BoundObjectReference | undefined;
  expirationSeconds?: number | undefined;
}

export interface TokenRequestStatus {
  expirationTimestamp?: Time | undefined;
  token?: string | undefined;
}

export interface TokenReview {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: TokenReviewSpec | undefined;
  status?: TokenReviewStatus | undefined;
}

export interface TokenReviewSpec {
  audiences?: string[] | undefined;
  token?: string | undefined;
}

export interface TokenReviewStatus {
  audiences?: string[] | undefined;
  authenticated?: boolean | undefined;
  error?: string | undefined;
  user?: UserInfo | undefined;
}

export interface UserInfo {
  extra?: Record<string, string[]> | undefined;
  groups?: string[] | undefined;
  uid?: string | undefined;
  username?: string | undefined;
}

export interface FieldSelectorAttributes {
  rawSelector?: string | undefined;
  requirements?: FieldSelectorRequirement[] | undefined;
}

export interface LabelSelectorAttributes {
  rawSelector?: string | undefined;
  requirements?: LabelSelectorRequirement[] | undefined;
}

export interface LocalSubjectAccessReview {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: SubjectAccessReviewSpec | undefined;
  status?: SubjectAccessReviewStatus | undefined;
}

export interface NonResourceAttributes {
  path?: string | undefined;
  verb?: string | undefined;
}

export interface NonResourceRule {
  nonResourceURLs?: string[] | undefined;
  verbs?: string[] | undefined;
}

export interface ResourceAttributes {
  fieldSelector?: FieldSelectorAttributes | undefined;
  group?: string | undefined;
  labelSelector?: LabelSelectorAttributes | undefined;
  name?: string | undefined;
  namespace?: string | undefined;
  resource?: string | undefined;
  subresource?: string | undefined;
  verb?: string | undefined;
  version?: string | undefined;
}

export interface ResourceRule {
  apiGroups?: string[] | undefined;
  resourceNames?: string[] | undefined;
  resources?: string[] | undefined;
  verbs?: string[] | undefined;
}

export interface SelfSubjectAccessReview {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: SelfSubjectAccessReviewSpec | undefined;
  status?: SubjectAccessReviewStatus | undefined;
}

export interface SelfSubjectAccessReviewSpec {
  nonResourceAttributes?: NonResourceAttributes | undefined;
  resourceAttributes?: ResourceAttributes | undefined;
}

export interface SelfSubjectRulesReview {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: SelfSubjectRulesReviewSpec | undefined;
  status?: SubjectRulesReviewStatus | undefined;
}

export interface SelfSubjectRulesReviewSpec {
  namespace?: string | undefined;
}

export interface SubjectAccessReview {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: SubjectAccessReviewSpec | undefined;
  status?: SubjectAccessReviewStatus | undefined;
}

export interface SubjectAccessReviewSpec {
  extra?: Record<string, string[]> | undefined;
  groups?: string[] | undefined;
  nonResourceAttributes?: NonResourceAttributes | undefined;
  resourceAttributes?: ResourceAttributes | undefined;
  uid?: string | undefined;
  user?: string | undefined;
}

export interface SubjectAccessReviewStatus {
  allowed?: boolean | undefined;
  denied?: boolean | undefined;
  evaluationError?: string | undefined;
  reason?: string | undefined;
}

export interface SubjectRulesReviewStatus {
  evaluationError?: string | undefined;
  incomplete?: boolean | undefined;
  nonResourceRules?: NonResourceRule[] | undefined;
  resourceRules?: ResourceRule[] | undefined;
}

export interface AutoscalingV1CrossVersionObjectReference {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  name?: string | undefined;
}

export interface AutoscalingV1HorizontalPodAutoscaler {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: AutoscalingV1HorizontalPodAutoscalerSpec | undefined;
  status?: AutoscalingV1HorizontalPodAutoscalerStatus | undefined;
}

export interface AutoscalingV1HorizontalPodAutoscalerList {
  apiVersion?: string | undefined;
  items: AutoscalingV1HorizontalPodAutoscaler[];
  kind?: string | undefined;
  metadata?: ListMeta | undefined;
}

export interface AutoscalingV1HorizontalPodAutoscalerSpec {
  maxReplicas?: number | undefined;
  minReplicas?: number | undefined;
  scaleTargetRef?: AutoscalingV1CrossVersionObjectReference | undefined;
  targetCPUUtilizationPercentage?: number | undefined;
}

export interface AutoscalingV1HorizontalPodAutoscalerStatus {
  currentCPUUtilizationPercentage?: number | undefined;
  currentReplicas?: number | undefined;
  desiredReplicas?: number | undefined;
  lastScaleTime?: Time | undefined;
  observedGeneration?: number | undefined;
}

export interface Scale {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: ScaleSpec | undefined;
  status?: ScaleStatus | undefined;
}

export interface ScaleSpec {
  replicas?: number | undefined;
}

export interface ScaleStatus {
  replicas?: number | undefined;
  selector?: string | undefined;
}

export interface ContainerResourceMetricSource {
  container?: string | undefined;
  name?: string | undefined;
  target?: MetricTarget | undefined;
}

export interface ContainerResourceMetricStatus {
  container?: string | undefined;
  current?: MetricValueStatus | undefined;
  name?: string | undefined;
}

export interface CrossVersionObjectReference {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  name?: string | undefined;
}

export interface ExternalMetricSource {
  metric?: MetricIdentifier | undefined;
  target?: MetricTarget | undefined;
}

export interface ExternalMetricStatus {
  current?: MetricValueStatus | undefined;
  metric?: MetricIdentifier | undefined;
}

export interface HPAScalingPolicy {
  periodSeconds?: number | undefined;
  type?: string | undefined;
  value?: number | undefined;
}

export interface HPAScalingRules {
  policies?: HPAScalingPolicy[] | undefined;
  selectPolicy?: string | undefined;
  stabilizationWindowSeconds?: number | undefined;
  tolerance?: Quantity | undefined;
}

export interface HorizontalPodAutoscaler {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: HorizontalPodAutoscalerSpec | undefined;
  status?: HorizontalPodAutoscalerStatus | undefined;
}

export interface HorizontalPodAutoscalerBehavior {
  scaleDown?: HPAScalingRules | undefined;
  scaleUp?: HPAScalingRules | undefined;
}

export interface HorizontalPodAutoscalerCondition {
  lastTransitionTime?: Time | undefined;
  message?: string | undefined;
  reason?: string | undefined;
  status?: string | undefined;
  type?: string | undefined;
}

export interface HorizontalPodAutoscalerList {
  apiVersion?: string | undefined;
  items: HorizontalPodAutoscaler[];
  kind?: string | undefined;
  metadata?: ListMeta | undefined;
}

export interface HorizontalPodAutoscalerSpec {
  behavior?: HorizontalPodAutoscalerBehavior | undefined;
  maxReplicas?: number | undefined;
  metrics?: MetricSpec[] | undefined;
  minReplicas?: number | undefined;
  scaleTargetRef?: CrossVersionObjectReference | undefined;
}

export interface HorizontalPodAutoscalerStatus {
  conditions?: HorizontalPodAutoscalerCondition[] | undefined;
  currentMetrics?: MetricStatus[] | undefined;
  currentReplicas?: number | undefined;
  desiredReplicas?: number | undefined;
  lastScaleTime?: Time | undefined;
  observedGeneration?: number | undefined;
}

export interface MetricIdentifier {
  name?: string | undefined;
  selector?: LabelSelector | undefined;
}

export interface MetricSpec {
  containerResource?: ContainerResourceMetricSource | undefined;
  external?: ExternalMetricSource | undefined;
  object?: ObjectMetricSource | undefined;
  pods?: PodsMetricSource | undefined;
  resource?: ResourceMetricSource | undefined;
  type?: string | undefined;
}

export interface MetricStatus {
  containerResource?: ContainerResourceMetricStatus | undefined;
  external?: ExternalMetricStatus | undefined;
  object?: ObjectMetricStatus | undefined;
  pods?: PodsMetricStatus | undefined;
  resource?: ResourceMetricStatus | undefined;
  type?: string | undefined;
}

export interface MetricTarget {
  averageUtilization?: number | undefined;
  averageValue?: Quantity | undefined;
  type?: string | undefined;
  value?: Quantity | undefined;
}

export interface MetricValueStatus {
  averageUtilization?: number | undefined;
  averageValue?: Quantity | undefined;
  value?: Quantity | undefined;
}

export interface ObjectMetricSource {
  describedObject?: CrossVersionObjectReference | undefined;
  metric?: MetricIdentifier | undefined;
  target?: MetricTarget | undefined;
}

export interface ObjectMetricStatus {
  current?: MetricValueStatus | undefined;
  describedObject?: CrossVersionObjectReference | undefined;
  metric?: MetricIdentifier | undefined;
}

export interface PodsMetricSource {
  metric?: MetricIdentifier | undefined;
  target?: MetricTarget | undefined;
}

export interface PodsMetricStatus {
  current?: MetricValueStatus | undefined;
  metric?: MetricIdentifier | undefined;
}

export interface ResourceMetricSource {
  name?: string | undefined;
  target?: MetricTarget | undefined;
}

export interface ResourceMetricStatus {
  current?: MetricValueStatus | undefined;
  name?: string | undefined;
}

export interface CronJob {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: CronJobSpec | undefined;
  status?: CronJobStatus | undefined;
}

export interface CronJobList {
  apiVersion?: string | undefined;
  items: CronJob[];
  kind?: string | undefined;
  metadata?: ListMeta | undefined;
}

export interface CronJobSpec {
  concurrencyPolicy?: string | undefined;
  failedJobsHistoryLimit?: number | undefined;
  jobTemplate?: JobTemplateSpec | undefined;
  schedule?: string | undefined;
  startingDeadlineSeconds?: number | undefined;
  successfulJobsHistoryLimit?: number | undefined;
  suspend?: boolean | undefined;
  timeZone?: string | undefined;
}

export interface CronJobStatus {
  active?: ObjectReference[] | undefined;
  lastScheduleTime?: Time | undefined;
  lastSuccessfulTime?: Time | undefined;
}

export interface Job {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: JobSpec | undefined;
  status?: JobStatus | undefined;
}

export interface JobCondition {
  lastProbeTime?: Time | undefined;
  lastTransitionTime?: Time | undefined;
  message?: string | undefined;
  reason?: string | undefined;
  status?: string | undefined;
  type?: string | undefined;
}

export interface JobList {
  apiVersion?: string | undefined;
  items: Job[];
  kind?: string | undefined;
  metadata?: ListMeta | undefined;
}

export interface JobSpec {
  activeDeadlineSeconds?: number | undefined;
  backoffLimit?: number | undefined;
  backoffLimitPerIndex?: number | undefined;
  completionMode?: string | undefined;
  completions?: number | undefined;
  managedBy?: string | undefined;
  manualSelector?: boolean | undefined;
  maxFailedIndexes?: number | undefined;
  parallelism?: number | undefined;
  podFailurePolicy?: PodFailurePolicy | undefined;
  podReplacementPolicy?: string | undefined;
  selector?: LabelSelector | undefined;
  successPolicy?: SuccessPolicy | undefined;
  suspend?: boolean | undefined;
  template?: PodTemplateSpec | undefined;
  ttlSecondsAfterFinished?: number | undefined;
}

export interface JobStatus {
  active?: number | undefined;
  completedIndexes?: string | undefined;
  completionTime?: Time | undefined;
  conditions?: JobCondition[] | undefined;
  failed?: number | undefined;
  failedIndexes?: string | undefined;
  ready?: number | undefined;
  startTime?: Time | undefined;
  succeeded?: number | undefined;
  terminating?: number | undefined;
  uncountedTerminatedPods?: UncountedTerminatedPods | undefined;
}

export interface JobTemplateSpec {
  metadata?: ObjectMeta | undefined;
  spec?: JobSpec | undefined;
}

export interface PodFailurePolicy {
  rules?: PodFailurePolicyRule[] | undefined;
}

export interface PodFailurePolicyOnExitCodesRequirement {
  containerName?: string | undefined;
  operator?: string | undefined;
  values?: number[] | undefined;
}

export interface PodFailurePolicyOnPodConditionsPattern {
  status?: string | undefined;
  type?: string | undefined;
}

export interface PodFailurePolicyRule {
  action?: string | undefined;
  onExitCodes?: PodFailurePolicyOnExitCodesRequirement | undefined;
  onPodConditions?: PodFailurePolicyOnPodConditionsPattern[] | undefined;
}

export interface SuccessPolicy {
  rules?: SuccessPolicyRule[] | undefined;
}

export interface SuccessPolicyRule {
  succeededCount?: number | undefined;
  succeededIndexes?: string | undefined;
}

export interface UncountedTerminatedPods {
  failed?: string[] | undefined;
  succeeded?: string[] | undefined;
}

export interface CertificateSigningRequest {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: CertificateSigningRequestSpec | undefined;
  status?: CertificateSigningRequestStatus | undefined;
}

export interface CertificateSigningRequestCondition {
  lastTransitionTime?: Time | undefined;
  lastUpdateTime?: Time | undefined;
  message?: string | undefined;
  reason?: string | undefined;
  status?: string | undefined;
  type?: string | undefined;
}

export interface CertificateSigningRequestList {
  apiVersion?: string | undefined;
  items: CertificateSigningRequest[];
  kind?: string | undefined;
  metadata?: ListMeta | undefined;
}

export interface CertificateSigningRequestSpec {
  expirationSeconds?: number | undefined;
  extra?: Record<string, string[]> | undefined;
  groups?: string[] | undefined;
  request?: string | undefined;
  signerName?: string | undefined;
  uid?: string | undefined;
  usages?: string[] | undefined;
  username?: string | undefined;
}

export interface CertificateSigningRequestStatus {
  certificate?: string | undefined;
  conditions?: CertificateSigningRequestCondition[] | undefined;
}

export interface Lease {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: LeaseSpec | undefined;
}

export interface LeaseList {
  apiVersion?: string | undefined;
  items: Lease[];
  kind?: string | undefined;
  metadata?: ListMeta | undefined;
}

export interface LeaseSpec {
  acquireTime?: MicroTime | undefined;
  holderIdentity?: string | undefined;
  leaseDurationSeconds?: number | undefined;
  leaseTransitions?: number | undefined;
  preferredHolder?: string | undefined;
  renewTime?: MicroTime | undefined;
  strategy?: string | undefined;
}

export interface AWSElasticBlockStoreVolumeSource {
  fsType?: string | undefined;
  partition?: number | undefined;
  readOnly?: boolean | undefined;
  volumeID?: string | undefined;
}

export interface Affinity {
  nodeAffinity?: NodeAffinity | undefined;
  podAffinity?: PodAffinity | undefined;
  podAntiAffinity?: PodAntiAffinity | undefined;
}

export interface AppArmorProfile {
  localhostProfile?: string | undefined;
  type?: string | undefined;
}

export interface AttachedVolume {
  devicePath?: string | undefined;
  name?: string | undefined;
}

export interface AzureDiskVolumeSource {
  cachingMode?: string | undefined;
  diskName?: string | undefined;
  diskURI?: string | undefined;
  fsType?: string | undefined;
  kind?: string | undefined;
  readOnly?: boolean | undefined;
}

export interface AzureFilePersistentVolumeSource {
  readOnly?: boolean | undefined;
  secretName?: string | undefined;
  secretNamespace?: string | undefined;
  shareName?: string | undefined;
}

export interface AzureFileVolumeSource {
  readOnly?: boolean | undefined;
  secretName?: string | undefined;
  shareName?: string | undefined;
}

export interface Binding {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  target?: ObjectReference | undefined;
}

export interface CSIPersistentVolumeSource {
  controllerExpandSecretRef?: SecretReference | undefined;
  controllerPublishSecretRef?: SecretReference | undefined;
  driver?: string | undefined;
  fsType?: string | undefined;
  nodeExpandSecretRef?: SecretReference | undefined;
  nodePublishSecretRef?: SecretReference | undefined;
  nodeStageSecretRef?: SecretReference | undefined;
  readOnly?: boolean | undefined;
  volumeAttributes?: Record<string, string> | undefined;
  volumeHandle?: string | undefined;
}

export interface CSIVolumeSource {
  driver?: string | undefined;
  fsType?: string | undefined;
  nodePublishSecretRef?: LocalObjectReference | undefined;
  readOnly?: boolean | undefined;
  volumeAttributes?: Record<string, string> | undefined;
}

export interface Capabilities {
  add?: string[] | undefined;
  drop?: string[] | undefined;
}

export interface CephFSPersistentVolumeSource {
  monitors?: string[] | undefined;
  path?: string | undefined;
  readOnly?: boolean | undefined;
  secretFile?: string | undefined;
  secretRef?: SecretReference | undefined;
  user?: string | undefined;
}

export interface CephFSVolumeSource {
  monitors?: string[] | undefined;
  path?: string | undefined;
  readOnly?: boolean | undefined;
  secretFile?: string | undefined;
  secretRef?: LocalObjectReference | undefined;
  user?: string | undefined;
}

export interface CinderPersistentVolumeSource {
  fsType?: string | undefined;
  readOnly?: boolean | undefined;
  secretRef?: SecretReference | undefined;
  volumeID?: string | undefined;
}

export interface CinderVolumeSource {
  fsType?: string | undefined;
  readOnly?: boolean | undefined;
  secretRef?: LocalObjectReference | undefined;
  volumeID?: string | undefined;
}

export interface ClientIPConfig {
  timeoutSeconds?: number | undefined;
}

export interface ClusterTrustBundleProjection {
  labelSelector?: LabelSelector | undefined;
  name?: string | undefined;
  optional?: boolean | undefined;
  path?: string | undefined;
  signerName?: string | undefined;
}

export interface ComponentCondition {
  error?: string | undefined;
  message?: string | undefined;
  status?: string | undefined;
  type?: string | undefined;
}

export interface ComponentStatus {
  apiVersion?: string | undefined;
  conditions?: ComponentCondition[] | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
}

export interface ComponentStatusList {
  apiVersion?: string | undefined;
  items: ComponentStatus[];
  kind?: string | undefined;
  metadata?: ListMeta | undefined;
}

export interface ConfigMap {
  apiVersion?: string | undefined;
  binaryData?: Record<string, string> | undefined;
  data?: Record<string, string> | undefined;
  immutable?: boolean | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
}

export interface ConfigMapEnvSource {
  name?: string | undefined;
  optional?: boolean | undefined;
}

export interface ConfigMapKeySelector {
  key?: string | undefined;
  name?: string | undefined;
  optional?: boolean | undefined;
}

export interface ConfigMapList {
  apiVersion?: string | undefined;
  items: ConfigMap[];
  kind?: string | undefined;
  metadata?: ListMeta | undefined;
}

export interface ConfigMapNodeConfigSource {
  kubeletConfigKey?: string | undefined;
  name?: string | undefined;
  namespace?: string | undefined;
  resourceVersion?: string | undefined;
  uid?: string | undefined;
}

export interface ConfigMapProjection {
  items?: KeyToPath[] | undefined;
  name?: string | undefined;
  optional?: boolean | undefined;
}

export interface ConfigMapVolumeSource {
  defaultMode?: number | undefined;
  items?: KeyToPath[] | undefined;
  name?: string | undefined;
  optional?: boolean | undefined;
}

export interface Container {
  args?: string[] | undefined;
  command?: string[] | undefined;
  env?: EnvVar[] | undefined;
  envFrom?: EnvFromSource[] | undefined;
  image?: string | undefined;
  imagePullPolicy?: string | undefined;
  lifecycle?: Lifecycle | undefined;
  livenessProbe?: Probe | undefined;
  name?: string | undefined;
  ports?: ContainerPort[] | undefined;
  readinessProbe?: Probe | undefined;
  resizePolicy?: ContainerResizePolicy[] | undefined;
  resources?: ResourceRequirements | undefined;
  restartPolicy?: string | undefined;
  restartPolicyRules?: ContainerRestartRule[] | undefined;
  securityContext?: SecurityContext | undefined;
  startupProbe?: Probe | undefined;
  stdin?: boolean | undefined;
  stdinOnce?: boolean | undefined;
  terminationMessagePath?: string | undefined;
  terminationMessagePolicy?: string | undefined;
  tty?: boolean | undefined;
  volumeDevices?: VolumeDevice[] | undefined;
  volumeMounts?: VolumeMount[] | undefined;
  workingDir?: string | undefined;
}

export interface ContainerExtendedResourceRequest {
  containerName?: string | undefined;
  requestName?: string | undefined;
  resourceName?: string | undefined;
}

export interface ContainerImage {
  names?: string[] | undefined;
  sizeBytes?: number | undefined;
}

export interface ContainerPort {
  containerPort?: number | undefined;
  hostIP?: string | undefined;
  hostPort?: number | undefined;
  name?: string | undefined;
  protocol?: string | undefined;
}

export interface ContainerResizePolicy {
  resourceName?: string | undefined;
  restartPolicy?: string | undefined;
}

export interface ContainerRestartRule {
  action?: string | undefined;
  exitCodes?: ContainerRestartRuleOnExitCodes | undefined;
}

export interface ContainerRestartRuleOnExitCodes {
  operator?: string | undefined;
  values?: number[] | undefined;
}

export interface ContainerState {
  running?: ContainerStateRunning | undefined;
  terminated?: ContainerStateTerminated | undefined;
  waiting?: ContainerStateWaiting | undefined;
}

export interface ContainerStateRunning {
  startedAt?: Time | undefined;
}

export interface ContainerStateTerminated {
  containerID?: string | undefined;
  exitCode?: number | undefined;
  finishedAt?: Time | undefined;
  message?: string | undefined;
  reason?: string | undefined;
  signal?: number | undefined;
  startedAt?: Time | undefined;
}

export interface ContainerStateWaiting {
  message?: string | undefined;
  reason?: string | undefined;
}

export interface ContainerStatus {
  allocatedResources?: Record<string, Quantity> | undefined;
  allocatedResourcesStatus?: ResourceStatus[] | undefined;
  containerID?: string | undefined;
  image?: string | undefined;
  imageID?: string | undefined;
  lastState?: ContainerState | undefined;
  name?: string | undefined;
  ready?: boolean | undefined;
  resources?: ResourceRequirements | undefined;
  restartCount?: number | undefined;
  started?: boolean | undefined;
  state?: ContainerState | undefined;
  stopSignal?: string | undefined;
  user?: ContainerUser | undefined;
  volumeMounts?: VolumeMountStatus[] | undefined;
}

export interface ContainerUser {
  linux?: LinuxContainerUser | undefined;
}

export interface DaemonEndpoint {
  Port?: number | undefined;
}

export interface DownwardAPIProjection {
  items?: DownwardAPIVolumeFile[] | undefined;
}

export interface DownwardAPIVolumeFile {
  fieldRef?: ObjectFieldSelector | undefined;
  mode?: number | undefined;
  path?: string | undefined;
  resourceFieldRef?: ResourceFieldSelector | undefined;
}

export interface DownwardAPIVolumeSource {
  defaultMode?: number | undefined;
  items?: DownwardAPIVolumeFile[] | undefined;
}

export interface EmptyDirVolumeSource {
  medium?: string | undefined;
  sizeLimit?: Quantity | undefined;
}

export interface EndpointAddress {
  hostname?: string | undefined;
  ip?: string | undefined;
  nodeName?: string | undefined;
  targetRef?: ObjectReference | undefined;
}

export interface EndpointPort {
  appProtocol?: string | undefined;
  name?: string | undefined;
  port?: number | undefined;
  protocol?: string | undefined;
}

export interface EndpointSubset {
  addresses?: EndpointAddress[] | undefined;
  notReadyAddresses?: EndpointAddress[] | undefined;
  ports?: EndpointPort[] | undefined;
}

export interface Endpoints {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  subsets?: EndpointSubset[] | undefined;
}

export interface EndpointsList {
  apiVersion?: string | undefined;
  items: Endpoints[];
  kind?: string | undefined;
  metadata?: ListMeta | undefined;
}

export interface EnvFromSource {
  configMapRef?: ConfigMapEnvSource | undefined;
  prefix?: string | undefined;
  secretRef?: SecretEnvSource | undefined;
}

export interface EnvVar {
  name?: string | undefined;
  value?: string | undefined;
  valueFrom?: EnvVarSource | undefined;
}

export interface EnvVarSource {
  configMapKeyRef?: ConfigMapKeySelector | undefined;
  fieldRef?: ObjectFieldSelector | undefined;
  fileKeyRef?: FileKeySelector | undefined;
  resourceFieldRef?: ResourceFieldSelector | undefined;
  secretKeyRef?: SecretKeySelector | undefined;
}

export interface EphemeralContainer {
  args?: string[] | undefined;
  command?: string[] | undefined;
  env?: EnvVar[] | undefined;
  envFrom?: EnvFromSource[] | undefined;
  image?: string | undefined;
  imagePullPolicy?: string | undefined;
  lifecycle?: Lifecycle | undefined;
  livenessProbe?: Probe | undefined;
  name?: string | undefined;
  ports?: ContainerPort[] | undefined;
  readinessProbe?: Probe | undefined;
  resizePolicy?: ContainerResizePolicy[] | undefined;
  resources?: ResourceRequirements | undefined;
  restartPolicy?: string | undefined;
  restartPolicyRules?: ContainerRestartRule[] | undefined;
  securityContext?: SecurityContext | undefined;
  startupProbe?: Probe | undefined;
  stdin?: boolean | undefined;
  stdinOnce?: boolean | undefined;
  targetContainerName?: string | undefined;
  terminationMessagePath?: string | undefined;
  terminationMessagePolicy?: string | undefined;
  tty?: boolean | undefined;
  volumeDevices?: VolumeDevice[] | undefined;
  volumeMounts?: VolumeMount[] | undefined;
  workingDir?: string | undefined;
}

export interface EphemeralVolumeSource {
  volumeClaimTemplate?: PersistentVolumeClaimTemplate | undefined;
}

export interface Event {
  action?: string | undefined;
  apiVersion?: string | undefined;
  count?: number | undefined;
  eventTime?: MicroTime | undefined;
  firstTimestamp?: Time | undefined;
  involvedObject?: ObjectReference | undefined;
  kind?: string | undefined;
  lastTimestamp?: Time | undefined;
  message?: string | undefined;
  metadata: ObjectMeta;
  reason?: string | undefined;
  related?: ObjectReference | undefined;
  reportingComponent?: string | undefined;
  reportingInstance?: string | undefined;
  series?: EventSeries | undefined;
  source?: EventSource | undefined;
  type?: string | undefined;
}

export interface EventList {
  apiVersion?: string | undefined;
  items: Event[];
  kind?: string | undefined;
  metadata?: ListMeta | undefined;
}

export interface EventSeries {
  count?: number | undefined;
  lastObservedTime?: MicroTime | undefined;
}

export interface EventSource {
  component?: string | undefined;
  host?: string | undefined;
}

export interface ExecAction {
  command?: string[] | undefined;
}

export interface FCVolumeSource {
  fsType?: string | undefined;
  lun?: number | undefined;
  readOnly?: boolean | undefined;
  targetWWNs?: string[] | undefined;
  wwids?: string[] | undefined;
}

export interface FileKeySelector {
  key?: string | undefined;
  optional?: boolean | undefined;
  path?: string | undefined;
  volumeName?: string | undefined;
}

export interface FlexPersistentVolumeSource {
  driver?: string | undefined;
  fsType?: string | undefined;
  options?: Record<string, string> | undefined;
  readOnly?: boolean | undefined;
  secretRef?: SecretReference | undefined;
}

export interface FlexVolumeSource {
  driver?: string | undefined;
  fsType?: string | undefined;
  options?: Record<string, string> | undefined;
  readOnly?: boolean | undefined;
  secretRef?: LocalObjectReference | undefined;
}

export interface FlockerVolumeSource {
  datasetName?: string | undefined;
  datasetUUID?: string | undefined;
}

export interface GCEPersistentDiskVolumeSource {
  fsType?: string | undefined;
  partition?: number | undefined;
  pdName?: string | undefined;
  readOnly?: boolean | undefined;
}

export interface GRPCAction {
  port?: number | undefined;
  service?: string | undefined;
}

export interface GitRepoVolumeSource {
  directory?: string | undefined;
  repository?: string | undefined;
  revision?: string | undefined;
}

export interface GlusterfsPersistentVolumeSource {
  endpoints?: string | undefined;
  endpointsNamespace?: string | undefined;
  path?: string | undefined;
  readOnly?: boolean | undefined;
}

export interface GlusterfsVolumeSource {
  endpoints?: string | undefined;
  path?: string | undefined;
  readOnly?: boolean | undefined;
}

export interface HTTPGetAction {
  host?: string | undefined;
  httpHeaders?: HTTPHeader[] | undefined;
  path?: string | undefined;
  port?: IntOrString | undefined;
  scheme?: string | undefined;
}

export interface HTTPHeader {
  name?: string | undefined;
  value?: string | undefined;
}

export interface HostAlias {
  hostnames?: string[] | undefined;
  ip?: string | undefined;
}

export interface HostIP {
  ip?: string | undefined;
}

export interface HostPathVolumeSource {
  path?: string | undefined;
  type?: string | undefined;
}

export interface ISCSIPersistentVolumeSource {
  chapAuthDiscovery?: boolean | undefined;
  chapAuthSession?: boolean | undefined;
  fsType?: string | undefined;
  initiatorName?: string | undefined;
  iqn?: string | undefined;
  iscsiInterface?: string | undefined;
  lun?: number | undefined;
  portals?: string[] | undefined;
  readOnly?: boolean | undefined;
  secretRef?: SecretReference | undefined;
  targetPortal?: string | undefined;
}

export interface ISCSIVolumeSource {
  chapAuthDiscovery?: boolean | undefined;
  chapAuthSession?: boolean | undefined;
  fsType?: string | undefined;
  initiatorName?: string | undefined;
  iqn?: string | undefined;
  iscsiInterface?: string | undefined;
  lun?: number | undefined;
  portals?: string[] | undefined;
  readOnly?: boolean | undefined;
  secretRef?: LocalObjectReference | undefined;
  targetPortal?: string | undefined;
}

export interface ImageVolumeSource {
  pullPolicy?: string | undefined;
  reference?: string | undefined;
}

export interface ImageVolumeStatus {
  imageRef?: string | undefined;
}

export interface KeyToPath {
  key?: string | undefined;
  mode?: number | undefined;
  path?: string | undefined;
}

export interface Lifecycle {
  postStart?: LifecycleHandler | undefined;
  preStop?: LifecycleHandler | undefined;
  stopSignal?: string | undefined;
}

export interface LifecycleHandler {
  exec?: ExecAction | undefined;
  httpGet?: HTTPGetAction | undefined;
  sleep?: SleepAction | undefined;
  tcpSocket?: TCPSocketAction | undefined;
}

export interface LimitRange {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: LimitRangeSpec | undefined;
}

export interface LimitRangeItem {
  default?: Record<string, Quantity> | undefined;
  defaultRequest?: Record<string, Quantity> | undefined;
  max?: Record<string, Quantity> | undefined;
  maxLimitRequestRatio?: Record<string, Quantity> | undefined;
  min?: Record<string, Quantity> | undefined;
  type?: string | undefined;
}

export interface LimitRangeList {
  apiVersion?: string | undefined;
  items: LimitRange[];
  kind?: string | undefined;
  metadata?: ListMeta | undefined;
}

export interface LimitRangeSpec {
  limits?: LimitRangeItem[] | undefined;
}

export interface LinuxContainerUser {
  gid?: number | undefined;
  supplementalGroups?: number[] | undefined;
  uid?: number | undefined;
}

export interface LoadBalancerIngress {
  hostname?: string | undefined;
  ip?: string | undefined;
  ipMode?: string | undefined;
  ports?: PortStatus[] | undefined;
}

export interface LoadBalancerStatus {
  ingress?: LoadBalancerIngress[] | undefined;
}

export interface LocalObjectReference {
  name?: string | undefined;
}

export interface LocalVolumeSource {
  fsType?: string | undefined;
  path?: string | undefined;
}

export interface ModifyVolumeStatus {
  status?: string | undefined;
  targetVolumeAttributesClassName?: string | undefined;
}

export interface NFSVolumeSource {
  path?: string | undefined;
  readOnly?: boolean | undefined;
  server?: string | undefined;
}

export interface Namespace {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: NamespaceSpec | undefined;
  status?: NamespaceStatus | undefined;
}

export interface NamespaceCondition {
  lastTransitionTime?: Time | undefined;
  message?: string | undefined;
  reason?: string | undefined;
  status?: string | undefined;
  type?: string | undefined;
}

export interface NamespaceList {
  apiVersion?: string | undefined;
  items: Namespace[];
  kind?: string | undefined;
  metadata?: ListMeta | undefined;
}

export interface NamespaceSpec {
  finalizers?: string[] | undefined;
}

export interface NamespaceStatus {
  conditions?: NamespaceCondition[] | undefined;
  phase?: string | undefined;
}

export interface Node {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: NodeSpec | undefined;
  status?: NodeStatus | undefined;
}

export interface NodeAddress {
  address?: string | undefined;
  type?: string | undefined;
}

export interface NodeAffinity {
  preferredDuringSchedulingIgnoredDuringExecution?: PreferredSchedulingTerm[] | undefined;
  requiredDuringSchedulingIgnoredDuringExecution?: NodeSelector | undefined;
}

export interface NodeAllocatableResourceClaimStatus {
  containers?: string[] | undefined;
  resourceClaimName?: string | undefined;
  resources?: Record<string, Quantity> | undefined;
}

export interface NodeCondition {
  lastHeartbeatTime?: Time | undefined;
  lastTransitionTime?: Time | undefined;
  message?: string | undefined;
  reason?: string | undefined;
  status?: string | undefined;
  type?: string | undefined;
}

export interface NodeConfigSource {
  configMap?: ConfigMapNodeConfigSource | undefined;
}

export interface NodeConfigStatus {
  active?: NodeConfigSource | undefined;
  assigned?: NodeConfigSource | undefined;
  error?: string | undefined;
  lastKnownGood?: NodeConfigSource | undefined;
}

export interface NodeDaemonEndpoints {
  kubeletEndpoint?: DaemonEndpoint | undefined;
}

export interface NodeFeatures {
  supplementalGroupsPolicy?: boolean | undefined;
}

export interface NodeList {
  apiVersion?: string | undefined;
  items: Node[];
  kind?: string | undefined;
  metadata?: ListMeta | undefined;
}

export interface NodeRuntimeHandler {
  features?: NodeRuntimeHandlerFeatures | undefined;
  name?: string | undefined;
}

export interface NodeRuntimeHandlerFeatures {
  recursiveReadOnlyMounts?: boolean | undefined;
  userNamespaces?: boolean | undefined;
}

export interface NodeSelector {
  nodeSelectorTerms?: NodeSelectorTerm[] | undefined;
}

export interface NodeSelectorRequirement {
  key?: string | undefined;
  operator?: string | undefined;
  values?: string[] | undefined;
}

export interface NodeSelectorTerm {
  matchExpressions?: NodeSelectorRequirement[] | undefined;
  matchFields?: NodeSelectorRequirement[] | undefined;
}

export interface NodeSpec {
  configSource?: NodeConfigSource | undefined;
  externalID?: string | undefined;
  podCIDR?: string | undefined;
  podCIDRs?: string[] | undefined;
  providerID?: string | undefined;
  taints?: Taint[] | undefined;
  unschedulable?: boolean | undefined;
}

export interface NodeStatus {
  addresses?: NodeAddress[] | undefined;
  allocatable?: Record<string, Quantity> | undefined;
  capacity?: Record<string, Quantity> | undefined;
  conditions?: NodeCondition[] | undefined;
  config?: NodeConfigStatus | undefined;
  daemonEndpoints?: NodeDaemonEndpoints | undefined;
  declaredFeatures?: string[] | undefined;
  features?: NodeFeatures | undefined;
  images?: ContainerImage[] | undefined;
  nodeInfo?: NodeSystemInfo | undefined;
  phase?: string | undefined;
  runtimeHandlers?: NodeRuntimeHandler[] | undefined;
  volumesAttached?: AttachedVolume[] | undefined;
  volumesInUse?: string[] | undefined;
}

export interface NodeSwapStatus {
  capacity?: number | undefined;
}

export interface NodeSystemInfo {
  architecture?: string | undefined;
  bootID?: string | undefined;
  containerRuntimeVersion?: string | undefined;
  kernelVersion?: string | undefined;
  kubeProxyVersion?: string | undefined;
  kubeletVersion?: string | undefined;
  machineID?: string | undefined;
  operatingSystem?: string | undefined;
  osImage?: string | undefined;
  swap?: NodeSwapStatus | undefined;
  systemUUID?: string | undefined;
}

export interface ObjectFieldSelector {
  apiVersion?: string | undefined;
  fieldPath?: string | undefined;
}

export interface ObjectReference {
  apiVersion?: string | undefined;
  fieldPath?: string | undefined;
  kind?: string | undefined;
  name?: string | undefined;
  namespace?: string | undefined;
  resourceVersion?: string | undefined;
  uid?: string | undefined;
}

export interface PersistentVolume {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: PersistentVolumeSpec | undefined;
  status?: PersistentVolumeStatus | undefined;
}

export interface PersistentVolumeClaim {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: PersistentVolumeClaimSpec | undefined;
  status?: PersistentVolumeClaimStatus | undefined;
}

export interface PersistentVolumeClaimCondition {
  lastProbeTime?: Time | undefined;
  lastTransitionTime?: Time | undefined;
  message?: string | undefined;
  reason?: string | undefined;
  status?: string | undefined;
  type?: string | undefined;
}

export interface PersistentVolumeClaimList {
  apiVersion?: string | undefined;
  items: PersistentVolumeClaim[];
  kind?: string | undefined;
  metadata?: ListMeta | undefined;
}

export interface PersistentVolumeClaimSpec {
  accessModes?: string[] | undefined;
  dataSource?: TypedLocalObjectReference | undefined;
  dataSourceRef?: TypedObjectReference | undefined;
  resources?: VolumeResourceRequirements | undefined;
  selector?: LabelSelector | undefined;
  storageClassName?: string | undefined;
  volumeAttributesClassName?: string | undefined;
  volumeMode?: string | undefined;
  volumeName?: string | undefined;
}

export interface PersistentVolumeClaimStatus {
  accessModes?: string[] | undefined;
  allocatedResourceStatuses?: Record<string, string> | undefined;
  allocatedResources?: Record<string, Quantity> | undefined;
  capacity?: Record<string, Quantity> | undefined;
  conditions?: PersistentVolumeClaimCondition[] | undefined;
  currentVolumeAttributesClassName?: string | undefined;
  modifyVolumeStatus?: ModifyVolumeStatus | undefined;
  phase?: string | undefined;
}

export interface PersistentVolumeClaimTemplate {
  metadata?: ObjectMeta | undefined;
  spec?: PersistentVolumeClaimSpec | undefined;
}

export interface PersistentVolumeClaimVolumeSource {
  claimName?: string | undefined;
  readOnly?: boolean | undefined;
}

export interface PersistentVolumeList {
  apiVersion?: string | undefined;
  items: PersistentVolume[];
  kind?: string | undefined;
  metadata?: ListMeta | undefined;
}

export interface PersistentVolumeSpec {
  accessModes?: string[] | undefined;
  awsElasticBlockStore?: AWSElasticBlockStoreVolumeSource | undefined;
  azureDisk?: AzureDiskVolumeSource | undefined;
  azureFile?: AzureFilePersistentVolumeSource | undefined;
  capacity?: Record<string, Quantity> | undefined;
  cephfs?: CephFSPersistentVolumeSource | undefined;
  cinder?: CinderPersistentVolumeSource | undefined;
  claimRef?: ObjectReference | undefined;
  csi?: CSIPersistentVolumeSource | undefined;
  fc?: FCVolumeSource | undefined;
  flexVolume?: FlexPersistentVolumeSource | undefined;
  flocker?: FlockerVolumeSource | undefined;
  gcePersistentDisk?: GCEPersistentDiskVolumeSource | undefined;
  glusterfs?: GlusterfsPersistentVolumeSource | undefined;
  hostPath?: HostPathVolumeSource | undefined;
  iscsi?: ISCSIPersistentVolumeSource | undefined;
  local?: LocalVolumeSource | undefined;
  mountOptions?: string[] | undefined;
  nfs?: NFSVolumeSource | undefined;
  nodeAffinity?: VolumeNodeAffinity | undefined;
  persistentVolumeReclaimPolicy?: string | undefined;
  photonPersistentDisk?: PhotonPersistentDiskVolumeSource | undefined;
  portworxVolume?: PortworxVolumeSource | undefined;
  quobyte?: QuobyteVolumeSource | undefined;
  rbd?: RBDPersistentVolumeSource | undefined;
  scaleIO?: ScaleIOPersistentVolumeSource | undefined;
  storageClassName?: string | undefined;
  storageos?: StorageOSPersistentVolumeSource | undefined;
  volumeAttributesClassName?: string | undefined;
  volumeMode?: string | undefined;
  vsphereVolume?: VsphereVirtualDiskVolumeSource | undefined;
}

export interface PersistentVolumeStatus {
  lastPhaseTransitionTime?: Time | undefined;
  message?: string | undefined;
  phase?: string | undefined;
  reason?: string | undefined;
}

export interface PhotonPersistentDiskVolumeSource {
  fsType?: string | undefined;
  pdID?: string | undefined;
}

export interface Pod {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: PodSpec | undefined;
  status?: PodStatus | undefined;
}

export interface PodAffinity {
  preferredDuringSchedulingIgnoredDuringExecution?: WeightedPodAffinityTerm[] | undefined;
  requiredDuringSchedulingIgnoredDuringExecution?: PodAffinityTerm[] | undefined;
}

export interface PodAffinityTerm {
  labelSelector?: LabelSelector | undefined;
  matchLabelKeys?: string[] | undefined;
  mismatchLabelKeys?: string[] | undefined;
  namespaceSelector?: LabelSelector | undefined;
  namespaces?: string[] | undefined;
  topologyKey?: string | undefined;
}

export interface PodAntiAffinity {
  preferredDuringSchedulingIgnoredDuringExecution?: WeightedPodAffinityTerm[] | undefined;
  requiredDuringSchedulingIgnoredDuringExecution?: PodAffinityTerm[] | undefined;
}

export interface PodCertificateProjection {
  certificateChainPath?: string | undefined;
  credentialBundlePath?: string | undefined;
  keyPath?: string | undefined;
  keyType?: string | undefined;
  maxExpirationSeconds?: number | undefined;
  signerName?: string | undefined;
  userAnnotations?: Record<string, string> | undefined;
}

export interface PodCondition {
  lastProbeTime?: Time | undefined;
  lastTransitionTime?: Time | undefined;
  message?: string | undefined;
  observedGeneration?: number | undefined;
  reason?: string | undefined;
  status?: string | undefined;
  type?: string | undefined;
}

export interface PodDNSConfig {
  nameservers?: string[] | undefined;
  options?: PodDNSConfigOption[] | undefined;
  searches?: string[] | undefined;
}

export interface PodDNSConfigOption {
  name?: string | undefined;
  value?: string | undefined;
}

export interface PodExtendedResourceClaimStatus {
  requestMappings?: ContainerExtendedResourceRequest[] | undefined;
  resourceClaimName?: string | undefined;
}

export interface PodIP {
  ip?: string | undefined;
}

export interface PodList {
  apiVersion?: string | undefined;
  items: Pod[];
  kind?: string | undefined;
  metadata?: ListMeta | undefined;
}

export interface PodOS {
  name?: string | undefined;
}

export interface PodReadinessGate {
  conditionType?: string | undefined;
}

export interface PodResourceClaim {
  name?: string | undefined;
  resourceClaimName?: string | undefined;
  resourceClaimTemplateName?: string | undefined;
}

export interface PodResourceClaimStatus {
  name?: string | undefined;
  resourceClaimName?: string | undefined;
}

export interface PodSchedulingGate {
  name?: string | undefined;
}

export interface PodSchedulingGroup {
  podGroupName?: string | undefined;
}

export interface PodSecurityContext {
  appArmorProfile?: AppArmorProfile | undefined;
  fsGroup?: number | undefined;
  fsGroupChangePolicy?: string | undefined;
  runAsGroup?: number | undefined;
  runAsNonRoot?: boolean | undefined;
  runAsUser?: number | undefined;
  seLinuxChangePolicy?: string | undefined;
  seLinuxOptions?: SELinuxOptions | undefined;
  seccompProfile?: SeccompProfile | undefined;
  supplementalGroups?: number[] | undefined;
  supplementalGroupsPolicy?: string | undefined;
  sysctls?: Sysctl[] | undefined;
  windowsOptions?: WindowsSecurityContextOptions | undefined;
}

export interface PodSpec {
  activeDeadlineSeconds?: number | undefined;
  affinity?: Affinity | undefined;
  automountServiceAccountToken?: boolean | undefined;
  containers?: Container[] | undefined;
  dnsConfig?: PodDNSConfig | undefined;
  dnsPolicy?: string | undefined;
  enableServiceLinks?: boolean | undefined;
  ephemeralContainers?: EphemeralContainer[] | undefined;
  hostAliases?: HostAlias[] | undefined;
  hostIPC?: boolean | undefined;
  hostNetwork?: boolean | undefined;
  hostPID?: boolean | undefined;
  hostUsers?: boolean | undefined;
  hostname?: string | undefined;
  hostnameOverride?: string | undefined;
  imagePullSecrets?: LocalObjectReference[] | undefined;
  initContainers?: Container[] | undefined;
  nodeName?: string | undefined;
  nodeSelector?: Record<string, string> | undefined;
  os?: PodOS | undefined;
  overhead?: Record<string, Quantity> | undefined;
  preemptionPolicy?: string | undefined;
  priority?: number | undefined;
  priorityClassName?: string | undefined;
  readinessGates?: PodReadinessGate[] | undefined;
  resourceClaims?: PodResourceClaim[] | undefined;
  resources?: ResourceRequirements | undefined;
  restartPolicy?: string | undefined;
  runtimeClassName?: string | undefined;
  schedulerName?: string | undefined;
  schedulingGates?: PodSchedulingGate[] | undefined;
  schedulingGroup?: PodSchedulingGroup | undefined;
  securityContext?: PodSecurityContext | undefined;
  serviceAccount?: string | undefined;
  serviceAccountName?: string | undefined;
  setHostnameAsFQDN?: boolean | undefined;
  shareProcessNamespace?: boolean | undefined;
  subdomain?: string | undefined;
  terminationGracePeriodSeconds?: number | undefined;
  tolerations?: Toleration[] | undefined;
  topologySpreadConstraints?: TopologySpreadConstraint[] | undefined;
  volumes?: Volume[] | undefined;
}

export interface PodStatus {
  allocatedResources?: Record<string, Quantity> | undefined;
  conditions?: PodCondition[] | undefined;
  containerStatuses?: ContainerStatus[] | undefined;
  ephemeralContainerStatuses?: ContainerStatus[] | undefined;
  extendedResourceClaimStatus?: PodExtendedResourceClaimStatus | undefined;
  hostIP?: string | undefined;
  hostIPs?: HostIP[] | undefined;
  initContainerStatuses?: ContainerStatus[] | undefined;
  message?: string | undefined;
  nodeAllocatableResourceClaimStatuses?: NodeAllocatableResourceClaimStatus[] | undefined;
  nominatedNodeName?: string | undefined;
  observedGeneration?: number | undefined;
  phase?: string | undefined;
  podIP?: string | undefined;
  podIPs?: PodIP[] | undefined;
  qosClass?: string | undefined;
  reason?: string | undefined;
  resize?: string | undefined;
  resourceClaimStatuses?: PodResourceClaimStatus[] | undefined;
  resources?: ResourceRequirements | undefined;
  startTime?: Time | undefined;
}

export interface PodTemplate {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  template?: PodTemplateSpec | undefined;
}

export interface PodTemplateList {
  apiVersion?: string | undefined;
  items: PodTemplate[];
  kind?: string | undefined;
  metadata?: ListMeta | undefined;
}

export interface PodTemplateSpec {
  metadata?: ObjectMeta | undefined;
  spec?: PodSpec | undefined;
}

export interface PortStatus {
  error?: string | undefined;
  port?: number | undefined;
  protocol?: string | undefined;
}

export interface PortworxVolumeSource {
  fsType?: string | undefined;
  readOnly?: boolean | undefined;
  volumeID?: string | undefined;
}

export interface PreferredSchedulingTerm {
  preference?: NodeSelectorTerm | undefined;
  weight?: number | undefined;
}

export interface Probe {
  exec?: ExecAction | undefined;
  failureThreshold?: number | undefined;
  grpc?: GRPCAction | undefined;
  httpGet?: HTTPGetAction | undefined;
  initialDelaySeconds?: number | undefined;
  periodSeconds?: number | undefined;
  successThreshold?: number | undefined;
  tcpSocket?: TCPSocketAction | undefined;
  terminationGracePeriodSeconds?: number | undefined;
  timeoutSeconds?: number | undefined;
}

export interface ProjectedVolumeSource {
  defaultMode?: number | undefined;
  sources?: VolumeProjection[] | undefined;
}

export interface QuobyteVolumeSource {
  group?: string | undefined;
  readOnly?: boolean | undefined;
  registry?: string | undefined;
  tenant?: string | undefined;
  user?: string | undefined;
  volume?: string | undefined;
}

export interface RBDPersistentVolumeSource {
  fsType?: string | undefined;
  image?: string | undefined;
  keyring?: string | undefined;
  monitors?: string[] | undefined;
  pool?: string | undefined;
  readOnly?: boolean | undefined;
  secretRef?: SecretReference | undefined;
  user?: string | undefined;
}

export interface RBDVolumeSource {
  fsType?: string | undefined;
  image?: string | undefined;
  keyring?: string | undefined;
  monitors?: string[] | undefined;
  pool?: string | undefined;
  readOnly?: boolean | undefined;
  secretRef?: LocalObjectReference | undefined;
  user?: string | undefined;
}

export interface ReplicationController {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: ReplicationControllerSpec | undefined;
  status?: ReplicationControllerStatus | undefined;
}

export interface ReplicationControllerCondition {
  lastTransitionTime?: Time | undefined;
  message?: string | undefined;
  reason?: string | undefined;
  status?: string | undefined;
  type?: string | undefined;
}

export interface ReplicationControllerList {
  apiVersion?: string | undefined;
  items: ReplicationController[];
  kind?: string | undefined;
  metadata?: ListMeta | undefined;
}

export interface ReplicationControllerSpec {
  minReadySeconds?: number | undefined;
  replicas?: number | undefined;
  selector?: Record<string, string> | undefined;
  template?: PodTemplateSpec | undefined;
}

export interface ReplicationControllerStatus {
  availableReplicas?: number | undefined;
  conditions?: ReplicationControllerCondition[] | undefined;
  fullyLabeledReplicas?: number | undefined;
  observedGeneration?: number | undefined;
  readyReplicas?: number | undefined;
  replicas?: number | undefined;
}

export interface ResourceClaim {
  name?: string | undefined;
  request?: string | undefined;
}

export interface ResourceFieldSelector {
  containerName?: string | undefined;
  divisor?: Quantity | undefined;
  resource?: string | undefined;
}

export interface ResourceHealth {
  health?: string | undefined;
  message?: string | undefined;
  resourceID?: string | undefined;
}

export interface ResourceQuota {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: ResourceQuotaSpec | undefined;
  status?: ResourceQuotaStatus | undefined;
}

export interface ResourceQuotaList {
  apiVersion?: string | undefined;
  items: ResourceQuota[];
  kind?: string | undefined;
  metadata?: ListMeta | undefined;
}

export interface ResourceQuotaSpec {
  hard?: Record<string, Quantity> | undefined;
  scopeSelector?: ScopeSelector | undefined;
  scopes?: string[] | undefined;
}

export interface ResourceQuotaStatus {
  hard?: Record<string, Quantity> | undefined;
  used?: Record<string, Quantity> | undefined;
}

export interface ResourceRequirements {
  claims?: ResourceClaim[] | undefined;
  limits?: Record<string, Quantity> | undefined;
  requests?: Record<string, Quantity> | undefined;
}

export interface ResourceStatus {
  name?: string | undefined;
  resources?: ResourceHealth[] | undefined;
}

export interface SELinuxOptions {
  level?: string | undefined;
  role?: string | undefined;
  type?: string | undefined;
  user?: string | undefined;
}

export interface ScaleIOPersistentVolumeSource {
  fsType?: string | undefined;
  gateway?: string | undefined;
  protectionDomain?: string | undefined;
  readOnly?: boolean | undefined;
  secretRef?: SecretReference | undefined;
  sslEnabled?: boolean | undefined;
  storageMode?: string | undefined;
  storagePool?: string | undefined;
  system?: string | undefined;
  volumeName?: string | undefined;
}

export interface ScaleIOVolumeSource {
  fsType?: string | undefined;
  gateway?: string | undefined;
  protectionDomain?: string | undefined;
  readOnly?: boolean | undefined;
  secretRef?: LocalObjectReference | undefined;
  sslEnabled?: boolean | undefined;
  storageMode?: string | undefined;
  storagePool?: string | undefined;
  system?: string | undefined;
  volumeName?: string | undefined;
}

export interface ScopeSelector {
  matchExpressions?: ScopedResourceSelectorRequirement[] | undefined;
}

export interface ScopedResourceSelectorRequirement {
  operator?: string | undefined;
  scopeName?: string | undefined;
  values?: string[] | undefined;
}

export interface SeccompProfile {
  localhostProfile?: string | undefined;
  type?: string | undefined;
}

export interface Secret {
  apiVersion?: string | undefined;
  data?: Record<string, string> | undefined;
  immutable?: boolean | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  stringData?: Record<string, string> | undefined;
  type?: string | undefined;
}

export interface SecretEnvSource {
  name?: string | undefined;
  optional?: boolean | undefined;
}

export interface SecretKeySelector {
  key?: string | undefined;
  name?: string | undefined;
  optional?: boolean | undefined;
}

export interface SecretList {
  apiVersion?: string | undefined;
  items: Secret[];
  kind?: string | undefined;
  metadata?: ListMeta | undefined;
}

export interface SecretProjection {
  items?: KeyToPath[] | undefined;
  name?: string | undefined;
  optional?: boolean | undefined;
}

export interface SecretReference {
  name?: string | undefined;
  namespace?: string | undefined;
}

export interface SecretVolumeSource {
  defaultMode?: number | undefined;
  items?: KeyToPath[] | undefined;
  optional?: boolean | undefined;
  secretName?: string | undefined;
}

export interface SecurityContext {
  allowPrivilegeEscalation?: boolean | undefined;
  appArmorProfile?: AppArmorProfile | undefined;
  capabilities?: Capabilities | undefined;
  privileged?: boolean | undefined;
  procMount?: string | undefined;
  readOnlyRootFilesystem?: boolean | undefined;
  runAsGroup?: number | undefined;
  runAsNonRoot?: boolean | undefined;
  runAsUser?: number | undefined;
  seLinuxOptions?: SELinuxOptions | undefined;
  seccompProfile?: SeccompProfile | undefined;
  windowsOptions?: WindowsSecurityContextOptions | undefined;
}

export interface Service {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: ServiceSpec | undefined;
  status?: ServiceStatus | undefined;
}

export interface ServiceAccount {
  apiVersion?: string | undefined;
  automountServiceAccountToken?: boolean | undefined;
  imagePullSecrets?: LocalObjectReference[] | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  secrets?: ObjectReference[] | undefined;
}

export interface ServiceAccountList {
  apiVersion?: string | undefined;
  items: ServiceAccount[];
  kind?: string | undefined;
  metadata?: ListMeta | undefined;
}

export interface ServiceAccountTokenProjection {
  audience?: string | undefined;
  expirationSeconds?: number | undefined;
  path?: string | undefined;
}

export interface ServiceList {
  apiVersion?: string | undefined;
  items: Service[];
  kind?: string | undefined;
  metadata?: ListMeta | undefined;
}

export interface ServicePort {
  appProtocol?: string | undefined;
  name?: string | undefined;
  nodePort?: number | undefined;
  port?: number | undefined;
  protocol?: string | undefined;
  targetPort?: IntOrString | undefined;
}

export interface ServiceSpec {
  allocateLoadBalancerNodePorts?: boolean | undefined;
  clusterIP?: string | undefined;
  clusterIPs?: string[] | undefined;
  externalIPs?: string[] | undefined;
  externalName?: string | undefined;
  externalTrafficPolicy?: string | undefined;
  healthCheckNodePort?: number | undefined;
  internalTrafficPolicy?: string | undefined;
  ipFamilies?: string[] | undefined;
  ipFamilyPolicy?: string | undefined;
  loadBalancerClass?: string | undefined;
  loadBalancerIP?: string | undefined;
  loadBalancerSourceRanges?: string[] | undefined;
  ports?: ServicePort[] | undefined;
  publishNotReadyAddresses?: boolean | undefined;
  selector?: Record<string, string> | undefined;
  sessionAffinity?: string | undefined;
  sessionAffinityConfig?: SessionAffinityConfig | undefined;
  trafficDistribution?: string | undefined;
  type?: string | undefined;
}

export interface ServiceStatus {
  conditions?: Condition[] | undefined;
  loadBalancer?: LoadBalancerStatus | undefined;
}

export interface SessionAffinityConfig {
  clientIP?: ClientIPConfig | undefined;
}

export interface SleepAction {
  seconds?: number | undefined;
}

export interface StorageOSPersistentVolumeSource {
  fsType?: string | undefined;
  readOnly?: boolean | undefined;
  secretRef?: ObjectReference | undefined;
  volumeName?: string | undefined;
  volumeNamespace?: string | undefined;
}

export interface StorageOSVolumeSource {
  fsType?: string | undefined;
  readOnly?: boolean | undefined;
  secretRef?: LocalObjectReference | undefined;
  volumeName?: string | undefined;
  volumeNamespace?: string | undefined;
}

export interface Sysctl {
  name?: string | undefined;
  value?: string | undefined;
}

export interface TCPSocketAction {
  host?: string | undefined;
  port?: IntOrString | undefined;
}

export interface Taint {
  effect?: string | undefined;
  key?: string | undefined;
  timeAdded?: Time | undefined;
  value?: string | undefined;
}

export interface Toleration {
  effect?: string | undefined;
  key?: string | undefined;
  operator?: string | undefined;
  tolerationSeconds?: number | undefined;
  value?: string | undefined;
}

export interface TopologySelectorLabelRequirement {
  key?: string | undefined;
  values?: string[] | undefined;
}

export interface TopologySelectorTerm {
  matchLabelExpressions?: TopologySelectorLabelRequirement[] | undefined;
}

export interface TopologySpreadConstraint {
  labelSelector?: LabelSelector | undefined;
  matchLabelKeys?: string[] | undefined;
  maxSkew?: number | undefined;
  minDomains?: number | undefined;
  nodeAffinityPolicy?: string | undefined;
  nodeTaintsPolicy?: string | undefined;
  topologyKey?: string | undefined;
  whenUnsatisfiable?: string | undefined;
}

export interface TypedLocalObjectReference {
  apiGroup?: string | undefined;
  kind?: string | undefined;
  name?: string | undefined;
}

export interface TypedObjectReference {
  apiGroup?: string | undefined;
  kind?: string | undefined;
  name?: string | undefined;
  namespace?: string | undefined;
}

export interface Volume {
  awsElasticBlockStore?: AWSElasticBlockStoreVolumeSource | undefined;
  azureDisk?: AzureDiskVolumeSource | undefined;
  azureFile?: AzureFileVolumeSource | undefined;
  cephfs?: CephFSVolumeSource | undefined;
  cinder?: CinderVolumeSource | undefined;
  configMap?: ConfigMapVolumeSource | undefined;
  csi?: CSIVolumeSource | undefined;
  downwardAPI?: DownwardAPIVolumeSource | undefined;
  emptyDir?: EmptyDirVolumeSource | undefined;
  ephemeral?: EphemeralVolumeSource | undefined;
  fc?: FCVolumeSource | undefined;
  flexVolume?: FlexVolumeSource | undefined;
  flocker?: FlockerVolumeSource | undefined;
  gcePersistentDisk?: GCEPersistentDiskVolumeSource | undefined;
  gitRepo?: GitRepoVolumeSource | undefined;
  glusterfs?: GlusterfsVolumeSource | undefined;
  hostPath?: HostPathVolumeSource | undefined;
  image?: ImageVolumeSource | undefined;
  iscsi?: ISCSIVolumeSource | undefined;
  name?: string | undefined;
  nfs?: NFSVolumeSource | undefined;
  persistentVolumeClaim?: PersistentVolumeClaimVolumeSource | undefined;
  photonPersistentDisk?: PhotonPersistentDiskVolumeSource | undefined;
  portworxVolume?: PortworxVolumeSource | undefined;
  projected?: ProjectedVolumeSource | undefined;
  quobyte?: QuobyteVolumeSource | undefined;
  rbd?: RBDVolumeSource | undefined;
  scaleIO?: ScaleIOVolumeSource | undefined;
  secret?: SecretVolumeSource | undefined;
  storageos?: StorageOSVolumeSource | undefined;
  vsphereVolume?: VsphereVirtualDiskVolumeSource | undefined;
}

export interface VolumeDevice {
  devicePath?: string | undefined;
  name?: string | undefined;
}

export interface VolumeMount {
  mountPath?: string | undefined;
  mountPropagation?: string | undefined;
  name?: string | undefined;
  readOnly?: boolean | undefined;
  recursiveReadOnly?: string | undefined;
  subPath?: string | undefined;
  subPathExpr?: string | undefined;
}

export interface VolumeMountStatus {
  mountPath?: string | undefined;
  name?: string | undefined;
  readOnly?: boolean | undefined;
  recursiveReadOnly?: string | undefined;
  volumeStatus?: VolumeStatus | undefined;
}

export interface VolumeNodeAffinity {
  required?: NodeSelector | undefined;
}

export interface VolumeProjection {
  clusterTrustBundle?: ClusterTrustBundleProjection | undefined;
  configMap?: ConfigMapProjection | undefined;
  downwardAPI?: DownwardAPIProjection | undefined;
  podCertificate?: PodCertificateProjection | undefined;
  secret?: SecretProjection | undefined;
  serviceAccountToken?: ServiceAccountTokenProjection | undefined;
}

export interface VolumeResourceRequirements {
  limits?: Record<string, Quantity> | undefined;
  requests?: Record<string, Quantity> | undefined;
}

export interface VolumeStatus {
  image?: ImageVolumeStatus | undefined;
}

export interface VsphereVirtualDiskVolumeSource {
  fsType?: string | undefined;
  storagePolicyID?: string | undefined;
  storagePolicyName?: string | undefined;
  volumePath?: string | undefined;
}

export interface WeightedPodAffinityTerm {
  podAffinityTerm?: PodAffinityTerm | undefined;
  weight?: number | undefined;
}

export interface WindowsSecurityContextOptions {
  gmsaCredentialSpec?: string | undefined;
  gmsaCredentialSpecName?: string | undefined;
  hostProcess?: boolean | undefined;
  runAsUserName?: string | undefined;
}

export interface Endpoint {
  addresses?: string[] | undefined;
  conditions?: EndpointConditions | undefined;
  deprecatedTopology?: Record<string, string> | undefined;
  hints?: EndpointHints | undefined;
  hostname?: string | undefined;
  nodeName?: string | undefined;
  targetRef?: ObjectReference | undefined;
  zone?: string | undefined;
}

export interface EndpointConditions {
  ready?: boolean | undefined;
  serving?: boolean | undefined;
  terminating?: boolean | undefined;
}

export interface EndpointHints {
  forNodes?: ForNode[] | undefined;
  forZones?: ForZone[] | undefined;
}

export interface DiscoveryV1EndpointPort {
  appProtocol?: string | undefined;
  name?: string | undefined;
  port?: number | undefined;
  protocol?: string | undefined;
}

export interface EndpointSlice {
  addressType?: string | undefined;
  apiVersion?: string | undefined;
  endpoints?: Endpoint[] | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  ports?: DiscoveryV1EndpointPort[] | undefined;
}

export interface EndpointSliceList {
  apiVersion?: string | undefined;
  items: EndpointSlice[];
  kind?: string | undefined;
  metadata?: ListMeta | undefined;
}

export interface ForNode {
  name?: string | undefined;
}

export interface ForZone {
  name?: string | undefined;
}

export interface EventsV1Event {
  action?: string | undefined;
  apiVersion?: string | undefined;
  deprecatedCount?: number | undefined;
  deprecatedFirstTimestamp?: Time | undefined;
  deprecatedLastTimestamp?: Time | undefined;
  deprecatedSource?: EventSource | undefined;
  eventTime?: MicroTime | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  note?: string | undefined;
  reason?: string | undefined;
  regarding?: ObjectReference | undefined;
  related?: ObjectReference | undefined;
  reportingController?: string | undefined;
  reportingInstance?: string | undefined;
  series?: EventsV1EventSeries | undefined;
  type?: string | undefined;
}

export interface EventsV1EventList {
  apiVersion?: string | undefined;
  items: EventsV1Event[];
  kind?: string | undefined;
  metadata?: ListMeta | undefined;
}

export interface EventsV1EventSeries {
  count?: number | undefined;
  lastObservedTime?: MicroTime | undefined;
}

export interface ExemptPriorityLevelConfiguration {
  lendablePercent?: number | undefined;
  nominalConcurrencyShares?: number | undefined;
}

export interface FlowDistinguisherMethod {
  type?: string | undefined;
}

export interface FlowSchema {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: FlowSchemaSpec | undefined;
  status?: FlowSchemaStatus | undefined;
}

export interface FlowSchemaCondition {
  lastTransitionTime?: Time | undefined;
  message?: string | undefined;
  reason?: string | undefined;
  status?: string | undefined;
  type?: string | undefined;
}

export interface FlowSchemaList {
  apiVersion?: string | undefined;
  items: FlowSchema[];
  kind?: string | undefined;
  metadata?: ListMeta | undefined;
}

export interface FlowSchemaSpec {
  distinguisherMethod?: FlowDistinguisherMethod | undefined;
  matchingPrecedence?: number | undefined;
  priorityLevelConfiguration?: PriorityLevelConfigurationReference | undefined;
  rules?: PolicyRulesWithSubjects[] | undefined;
}

export interface FlowSchemaStatus {
  conditions?: FlowSchemaCondition[] | undefined;
}

export interface GroupSubject {
  name?: string | undefined;
}

export interface LimitResponse {
  queuing?: QueuingConfiguration | undefined;
  type?: string | undefined;
}

export interface LimitedPriorityLevelConfiguration {
  borrowingLimitPercent?: number | undefined;
  lendablePercent?: number | undefined;
  limitResponse?: LimitResponse | undefined;
  nominalConcurrencyShares?: number | undefined;
}

export interface NonResourcePolicyRule {
  nonResourceURLs?: string[] | undefined;
  verbs?: string[] | undefined;
}

export interface PolicyRulesWithSubjects {
  nonResourceRules?: NonResourcePolicyRule[] | undefined;
  resourceRules?: ResourcePolicyRule[] | undefined;
  subjects?: FlowcontrolV1Subject[] | undefined;
}

export interface PriorityLevelConfiguration {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: PriorityLevelConfigurationSpec | undefined;
  status?: PriorityLevelConfigurationStatus | undefined;
}

export interface PriorityLevelConfigurationCondition {
  lastTransitionTime?: Time | undefined;
  message?: string | undefined;
  reason?: string | undefined;
  status?: string | undefined;
  type?: string | undefined;
}

export interface PriorityLevelConfigurationList {
  apiVersion?: string | undefined;
  items: PriorityLevelConfiguration[];
  kind?: string | undefined;
  metadata?: ListMeta | undefined;
}

export interface PriorityLevelConfigurationReference {
  name?: string | undefined;
}

export interface PriorityLevelConfigurationSpec {
  exempt?: ExemptPriorityLevelConfiguration | undefined;
  limited?: LimitedPriorityLevelConfiguration | undefined;
  type?: string | undefined;
}

export interface PriorityLevelConfigurationStatus {
  conditions?: PriorityLevelConfigurationCondition[] | undefined;
}

export interface QueuingConfiguration {
  handSize?: number | undefined;
  queueLengthLimit?: number | undefined;
  queues?: number | undefined;
}

export interface ResourcePolicyRule {
  apiGroups?: string[] | undefined;
  clusterScope?: boolean | undefined;
  namespaces?: string[] | undefined;
  resources?: string[] | undefined;
  verbs?: string[] | undefined;
}

export interface ServiceAccountSubject {
  name?: string | undefined;
  namespace?: string | undefined;
}

export interface FlowcontrolV1Subject {
  group?: GroupSubject | undefined;
  kind?: string | undefined;
  serviceAccount?: ServiceAccountSubject | undefined;
  user?: UserSubject | undefined;
}

export interface UserSubject {
  name?: string | undefined;
}

export interface HTTPIngressPath {
  backend?: IngressBackend | undefined;
  path?: string | undefined;
  pathType?: string | undefined;
}

export interface HTTPIngressRuleValue {
  paths?: HTTPIngressPath[] | undefined;
}

export interface IPAddress {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: IPAddressSpec | undefined;
}

export interface IPAddressList {
  apiVersion?: string | undefined;
  items: IPAddress[];
  kind?: string | undefined;
  metadata?: ListMeta | undefined;
}

export interface IPAddressSpec {
  parentRef?: ParentReference | undefined;
}

export interface IPBlock {
  cidr?: string | undefined;
  except?: string[] | undefined;
}

export interface Ingress {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: IngressSpec | undefined;
  status?: IngressStatus | undefined;
}

export interface IngressBackend {
  resource?: TypedLocalObjectReference | undefined;
  service?: IngressServiceBackend | undefined;
}

export interface IngressClass {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: IngressClassSpec | undefined;
}

export interface IngressClassList {
  apiVersion?: string | undefined;
  items: IngressClass[];
  kind?: string | undefined;
  metadata?: ListMeta | undefined;
}

export interface IngressClassParametersReference {
  apiGroup?: string | undefined;
  kind?: string | undefined;
  name?: string | undefined;
  namespace?: string | undefined;
  scope?: string | undefined;
}

export interface IngressClassSpec {
  controller?: string | undefined;
  parameters?: IngressClassParametersReference | undefined;
}

export interface IngressList {
  apiVersion?: string | undefined;
  items: Ingress[];
  kind?: string | undefined;
  metadata?: ListMeta | undefined;
}

export interface IngressLoadBalancerIngress {
  hostname?: string | undefined;
  ip?: string | undefined;
  ports?: IngressPortStatus[] | undefined;
}

export interface IngressLoadBalancerStatus {
  ingress?: IngressLoadBalancerIngress[] | undefined;
}

export interface IngressPortStatus {
  error?: string | undefined;
  port?: number | undefined;
  protocol?: string | undefined;
}

export interface IngressRule {
  host?: string | undefined;
  http?: HTTPIngressRuleValue | undefined;
}

export interface IngressServiceBackend {
  name?: string | undefined;
  port?: ServiceBackendPort | undefined;
}

export interface IngressSpec {
  defaultBackend?: IngressBackend | undefined;
  ingressClassName?: string | undefined;
  rules?: IngressRule[] | undefined;
  tls?: IngressTLS[] | undefined;
}

export interface IngressStatus {
  loadBalancer?: IngressLoadBalancerStatus | undefined;
}

export interface IngressTLS {
  hosts?: string[] | undefined;
  secretName?: string | undefined;
}

export interface NetworkPolicy {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: NetworkPolicySpec | undefined;
}

export interface NetworkPolicyEgressRule {
  ports?: NetworkPolicyPort[] | undefined;
  to?: NetworkPolicyPeer[] | undefined;
}

export interface NetworkPolicyIngressRule {
  from?: NetworkPolicyPeer[] | undefined;
  ports?: NetworkPolicyPort[] | undefined;
}

export interface NetworkPolicyList {
  apiVersion?: string | undefined;
  items: NetworkPolicy[];
  kind?: string | undefined;
  metadata?: ListMeta | undefined;
}

export interface NetworkPolicyPeer {
  ipBlock?: IPBlock | undefined;
  namespaceSelector?: LabelSelector | undefined;
  podSelector?: LabelSelector | undefined;
}

export interface NetworkPolicyPort {
  endPort?: number | undefined;
  port?: IntOrString | undefined;
  protocol?: string | undefined;
}

export interface NetworkPolicySpec {
  egress?: NetworkPolicyEgressRule[] | undefined;
  ingress?: NetworkPolicyIngressRule[] | undefined;
  podSelector?: LabelSelector | undefined;
  policyTypes?: string[] | undefined;
}

export interface ParentReference {
  group?: string | undefined;
  name?: string | undefined;
  namespace?: string | undefined;
  resource?: string | undefined;
}

export interface ServiceBackendPort {
  name?: string | undefined;
  number?: number | undefined;
}

export interface ServiceCIDR {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: ServiceCIDRSpec | undefined;
  status?: ServiceCIDRStatus | undefined;
}

export interface ServiceCIDRList {
  apiVersion?: string | undefined;
  items: ServiceCIDR[];
  kind?: string | undefined;
  metadata?: ListMeta | undefined;
}

export interface ServiceCIDRSpec {
  cidrs?: string[] | undefined;
}

export interface ServiceCIDRStatus {
  conditions?: Condition[] | undefined;
}

export interface Overhead {
  podFixed?: Record<string, Quantity> | undefined;
}

export interface RuntimeClass {
  apiVersion?: string | undefined;
  handler?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  overhead?: Overhead | undefined;
  scheduling?: Scheduling | undefined;
}

export interface RuntimeClassList {
  apiVersion?: string | undefined;
  items: RuntimeClass[];
  kind?: string | undefined;
  metadata?: ListMeta | undefined;
}

export interface Scheduling {
  nodeSelector?: Record<string, string> | undefined;
  tolerations?: Toleration[] | undefined;
}

export interface Eviction {
  apiVersion?: string | undefined;
  deleteOptions?: DeleteOptions | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
}

export interface PodDisruptionBudget {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: PodDisruptionBudgetSpec | undefined;
  status?: PodDisruptionBudgetStatus | undefined;
}

export interface PodDisruptionBudgetList {
  apiVersion?: string | undefined;
  items: PodDisruptionBudget[];
  kind?: string | undefined;
  metadata?: ListMeta | undefined;
}

export interface PodDisruptionBudgetSpec {
  maxUnavailable?: IntOrString | undefined;
  minAvailable?: IntOrString | undefined;
  selector?: LabelSelector | undefined;
  unhealthyPodEvictionPolicy?: string | undefined;
}

export interface PodDisruptionBudgetStatus {
  conditions?: Condition[] | undefined;
  currentHealthy?: number | undefined;
  desiredHealthy?: number | undefined;
  disruptedPods?: Record<string, Time> | undefined;
  disruptionsAllowed?: number | undefined;
  expectedPods?: number | undefined;
  observedGeneration?: number | undefined;
}

export interface AggregationRule {
  clusterRoleSelectors?: LabelSelector[] | undefined;
}

export interface ClusterRole {
  aggregationRule?: AggregationRule | undefined;
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  rules?: PolicyRule[] | undefined;
}

export interface ClusterRoleBinding {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  roleRef?: RoleRef | undefined;
  subjects?: Subject[] | undefined;
}

export interface ClusterRoleBindingList {
  apiVersion?: string | undefined;
  items: ClusterRoleBinding[];
  kind?: string | undefined;
  metadata?: ListMeta | undefined;
}

export interface ClusterRoleList {
  apiVersion?: string | undefined;
  items: ClusterRole[];
  kind?: string | undefined;
  metadata?: ListMeta | undefined;
}

export interface PolicyRule {
  apiGroups?: string[] | undefined;
  nonResourceURLs?: string[] | undefined;
  resourceNames?: string[] | undefined;
  resources?: string[] | undefined;
  verbs?: string[] | undefined;
}

export interface Role {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  rules?: PolicyRule[] | undefined;
}

export interface RoleBinding {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  roleRef?: RoleRef | undefined;
  subjects?: Subject[] | undefined;
}

export interface RoleBindingList {
  apiVersion?: string | undefined;
  items: RoleBinding[];
  kind?: string | undefined;
  metadata?: ListMeta | undefined;
}

export interface RoleList {
  apiVersion?: string | undefined;
  items: Role[];
  kind?: string | undefined;
  metadata?: ListMeta | undefined;
}

export interface RoleRef {
  apiGroup?: string | undefined;
  kind?: string | undefined;
  name?: string | undefined;
}

export interface Subject {
  apiGroup?: string | undefined;
  kind?: string | undefined;
  name?: string | undefined;
  namespace?: string | undefined;
}

export interface AllocatedDeviceStatus {
  conditions?: Condition[] | undefined;
  data?: RawExtension | undefined;
  device?: string | undefined;
  driver?: string | undefined;
  networkData?: NetworkDeviceData | undefined;
  pool?: string | undefined;
  shareID?: string | undefined;
}

export interface AllocationResult {
  allocationTimestamp?: Time | undefined;
  devices?: DeviceAllocationResult | undefined;
  nodeSelector?: NodeSelector | undefined;
}

export interface CELDeviceSelector {
  expression?: string | undefined;
}

export interface CapacityRequestPolicy {
  default?: Quantity | undefined;
  validRange?: CapacityRequestPolicyRange | undefined;
  validValues?: Quantity[] | undefined;
}

export interface CapacityRequestPolicyRange {
  max?: Quantity | undefined;
  min?: Quantity | undefined;
  step?: Quantity | undefined;
}

export interface CapacityRequirements {
  requests?: Record<string, Quantity> | undefined;
}

export interface Counter {
  value?: Quantity | undefined;
}

export interface CounterSet {
  counters?: Record<string, Counter> | undefined;
  name?: string | undefined;
}

export interface Device {
  allNodes?: boolean | undefined;
  allowMultipleAllocations?: boolean | undefined;
  attributes?: Record<string, DeviceAttribute> | undefined;
  bindingConditions?: string[] | undefined;
  bindingFailureConditions?: string[] | undefined;
  bindsToNode?: boolean | undefined;
  capacity?: Record<string, DeviceCapacity> | undefined;
  consumesCounters?: DeviceCounterConsumption[] | undefined;
  name?: string | undefined;
  nodeAllocatableResourceMappings?: Record<string, NodeAllocatableResourceMapping> | undefined;
  nodeName?: string | undefined;
  nodeSelector?: NodeSelector | undefined;
  taints?: DeviceTaint[] | undefined;
}

export interface DeviceAllocationConfiguration {
  opaque?: OpaqueDeviceConfiguration | undefined;
  requests?: string[] | undefined;
  source?: string | undefined;
}

export interface DeviceAllocationResult {
  config?: DeviceAllocationConfiguration[] | undefined;
  results?: DeviceRequestAllocationResult[] | undefined;
}

export interface DeviceAttribute {
  bool?: boolean | undefined;
  bools?: boolean[] | undefined;
  int?: number | undefined;
  ints?: number[] | undefined;
  string?: string | undefined;
  strings?: string[] | undefined;
  version?: string | undefined;
  versions?: string[] | undefined;
}

export interface DeviceCapacity {
  requestPolicy?: CapacityRequestPolicy | undefined;
  value?: Quantity | undefined;
}

export interface DeviceClaim {
  config?: DeviceClaimConfiguration[] | undefined;
  constraints?: DeviceConstraint[] | undefined;
  requests?: DeviceRequest[] | undefined;
}

export interface DeviceClaimConfiguration {
  opaque?: OpaqueDeviceConfiguration | undefined;
  requests?: string[] | undefined;
}

export interface DeviceClass {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: DeviceClassSpec | undefined;
}

export interface DeviceClassConfiguration {
  opaque?: OpaqueDeviceConfiguration | undefined;
}

export interface DeviceClassList {
  apiVersion?: string | undefined;
  items: DeviceClass[];
  kind?: string | undefined;
  metadata?: ListMeta | undefined;
}

export interface DeviceClassSpec {
  config?: DeviceClassConfiguration[] | undefined;
  extendedResourceName?: string | undefined;
  selectors?: DeviceSelector[] | undefined;
}

export interface DeviceConstraint {
  distinctAttribute?: string | undefined;
  matchAttribute?: string | undefined;
  requests?: string[] | undefined;
}

export interface DeviceCounterConsumption {
  counterSet?: string | undefined;
  counters?: Record<string, Counter> | undefined;
}

export interface DeviceRequest {
  exactly?: ExactDeviceRequest | undefined;
  firstAvailable?: DeviceSubRequest[] | undefined;
  name?: string | undefined;
}

export interface DeviceRequestAllocationResult {
  adminAccess?: boolean | undefined;
  bindingConditions?: string[] | undefined;
  bindingFailureConditions?: string[] | undefined;
  consumedCapacity?: Record<string, Quantity> | undefined;
  device?: string | undefined;
  driver?: string | undefined;
  pool?: string | undefined;
  request?: string | undefined;
  shareID?: string | undefined;
  tolerations?: DeviceToleration[] | undefined;
}

export interface DeviceSelector {
  cel?: CELDeviceSelector | undefined;
}

export interface DeviceSubRequest {
  allocationMode?: string | undefined;
  capacity?: CapacityRequirements | undefined;
  count?: number | undefined;
  deviceClassName?: string | undefined;
  name?: string | undefined;
  selectors?: DeviceSelector[] | undefined;
  tolerations?: DeviceToleration[] | undefined;
}

export interface DeviceTaint {
  effect?: string | undefined;
  key?: string | undefined;
  timeAdded?: Time | undefined;
  value?: string | undefined;
}

export interface DeviceToleration {
  effect?: string | undefined;
  key?: string | undefined;
  operator?: string | undefined;
  tolerationSeconds?: number | undefined;
  value?: string | undefined;
}

export interface ExactDeviceRequest {
  adminAccess?: boolean | undefined;
  allocationMode?: string | undefined;
  capacity?: CapacityRequirements | undefined;
  count?: number | undefined;
  deviceClassName?: string | undefined;
  selectors?: DeviceSelector[] | undefined;
  tolerations?: DeviceToleration[] | undefined;
}

export interface NetworkDeviceData {
  hardwareAddress?: string | undefined;
  interfaceName?: string | undefined;
  ips?: string[] | undefined;
}

export interface NodeAllocatableResourceMapping {
  allocationMultiplier?: Quantity | undefined;
  capacityKey?: string | undefined;
}

export interface OpaqueDeviceConfiguration {
  driver?: string | undefined;
  parameters?: RawExtension | undefined;
}

export interface ResourceV1ResourceClaim {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: ResourceClaimSpec | undefined;
  status?: ResourceClaimStatus | undefined;
}

export interface ResourceClaimConsumerReference {
  apiGroup?: string | undefined;
  name?: string | undefined;
  resource?: string | undefined;
  uid?: string | undefined;
}

export interface ResourceClaimList {
  apiVersion?: string | undefined;
  items: ResourceV1ResourceClaim[];
  kind?: string | undefined;
  metadata?: ListMeta | undefined;
}

export interface ResourceClaimSpec {
  devices?: DeviceClaim | undefined;
}

export interface ResourceClaimStatus {
  allocation?: AllocationResult | undefined;
  devices?: AllocatedDeviceStatus[] | undefined;
  reservedFor?: ResourceClaimConsumerReference[] | undefined;
}

export interface ResourceClaimTemplate {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: ResourceClaimTemplateSpec | undefined;
}

export interface ResourceClaimTemplateList {
  apiVersion?: string | undefined;
  items: ResourceClaimTemplate[];
  kind?: string | undefined;
  metadata?: ListMeta | undefined;
}

export interface ResourceClaimTemplateSpec {
  metadata?: ObjectMeta | undefined;
  spec?: ResourceClaimSpec | undefined;
}

export interface ResourcePool {
  generation?: number | undefined;
  name?: string | undefined;
  resourceSliceCount?: number | undefined;
}

export interface ResourceSlice {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: ResourceSliceSpec | undefined;
}

export interface ResourceSliceList {
  apiVersion?: string | undefined;
  items: ResourceSlice[];
  kind?: string | undefined;
  metadata?: ListMeta | undefined;
}

export interface ResourceSliceSpec {
  allNodes?: boolean | undefined;
  devices?: Device[] | undefined;
  driver?: string | undefined;
  nodeName?: string | undefined;
  nodeSelector?: NodeSelector | undefined;
  perDeviceNodeSelection?: boolean | undefined;
  pool?: ResourcePool | undefined;
  sharedCounters?: CounterSet[] | undefined;
}

export interface PriorityClass {
  apiVersion?: string | undefined;
  description?: string | undefined;
  globalDefault?: boolean | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  preemptionPolicy?: string | undefined;
  value?: number | undefined;
}

export interface PriorityClassList {
  apiVersion?: string | undefined;
  items: PriorityClass[];
  kind?: string | undefined;
  metadata?: ListMeta | undefined;
}

export interface CSIDriver {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: CSIDriverSpec | undefined;
}

export interface CSIDriverList {
  apiVersion?: string | undefined;
  items: CSIDriver[];
  kind?: string | undefined;
  metadata?: ListMeta | undefined;
}

export interface CSIDriverSpec {
  attachRequired?: boolean | undefined;
  fsGroupPolicy?: string | undefined;
  nodeAllocatableUpdatePeriodSeconds?: number | undefined;
  podInfoOnMount?: boolean | undefined;
  preventPodSchedulingIfMissing?: boolean | undefined;
  requiresRepublish?: boolean | undefined;
  seLinuxMount?: boolean | undefined;
  serviceAccountTokenInSecrets?: boolean | undefined;
  storageCapacity?: boolean | undefined;
  tokenRequests?: StorageV1TokenRequest[] | undefined;
  volumeLifecycleModes?: string[] | undefined;
}

export interface CSINode {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: CSINodeSpec | undefined;
}

export interface CSINodeDriver {
  allocatable?: VolumeNodeResources | undefined;
  name?: string | undefined;
  nodeID?: string | undefined;
  topologyKeys?: string[] | undefined;
}

export interface CSINodeList {
  apiVersion?: string | undefined;
  items: CSINode[];
  kind?: string | undefined;
  metadata?: ListMeta | undefined;
}

export interface CSINodeSpec {
  drivers?: CSINodeDriver[] | undefined;
}

export interface CSIStorageCapacity {
  apiVersion?: string | undefined;
  capacity?: Quantity | undefined;
  kind?: string | undefined;
  maximumVolumeSize?: Quantity | undefined;
  metadata: ObjectMeta;
  nodeTopology?: LabelSelector | undefined;
  storageClassName?: string | undefined;
}

export interface CSIStorageCapacityList {
  apiVersion?: string | undefined;
  items: CSIStorageCapacity[];
  kind?: string | undefined;
  metadata?: ListMeta | undefined;
}

export interface StorageClass {
  allowVolumeExpansion?: boolean | undefined;
  allowedTopologies?: TopologySelectorTerm[] | undefined;
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  mountOptions?: string[] | undefined;
  parameters?: Record<string, string> | undefined;
  provisioner?: string | undefined;
  reclaimPolicy?: string | undefined;
  volumeBindingMode?: string | undefined;
}

export interface StorageClassList {
  apiVersion?: string | undefined;
  items: StorageClass[];
  kind?: string | undefined;
  metadata?: ListMeta | undefined;
}

export interface StorageV1TokenRequest {
  audience?: string | undefined;
  expirationSeconds?: number | undefined;
}

export interface VolumeAttachment {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: VolumeAttachmentSpec | undefined;
  status?: VolumeAttachmentStatus | undefined;
}

export interface VolumeAttachmentList {
  apiVersion?: string | undefined;
  items: VolumeAttachment[];
  kind?: string | undefined;
  metadata?: ListMeta | undefined;
}

export interface VolumeAttachmentSource {
  inlineVolumeSpec?: PersistentVolumeSpec | undefined;
  persistentVolumeName?: string | undefined;
}

export interface VolumeAttachmentSpec {
  attacher?: string | undefined;
  nodeName?: string | undefined;
  source?: VolumeAttachmentSource | undefined;
}

export interface VolumeAttachmentStatus {
  attachError?: VolumeError | undefined;
  attached?: boolean | undefined;
  attachmentMetadata?: Record<string, string> | undefined;
  detachError?: VolumeError | undefined;
}

export interface VolumeAttributesClass {
  apiVersion?: string | undefined;
  driverName?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  parameters?: Record<string, string> | undefined;
}

export interface VolumeAttributesClassList {
  apiVersion?: string | undefined;
  items: VolumeAttributesClass[];
  kind?: string | undefined;
  metadata?: ListMeta | undefined;
}

export interface VolumeError {
  errorCode?: number | undefined;
  message?: string | undefined;
  time?: Time | undefined;
}

export interface VolumeNodeResources {
  count?: number | undefined;
}

export interface CustomResourceColumnDefinition {
  description?: string | undefined;
  format?: string | undefined;
  jsonPath?: string | undefined;
  name?: string | undefined;
  priority?: number | undefined;
  type?: string | undefined;
}

export interface CustomResourceConversion {
  strategy?: string | undefined;
  webhook?: WebhookConversion | undefined;
}

export interface CustomResourceDefinition {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: CustomResourceDefinitionSpec | undefined;
  status?: CustomResourceDefinitionStatus | undefined;
}

export interface CustomResourceDefinitionCondition {
  lastTransitionTime?: Time | undefined;
  message?: string | undefined;
  observedGeneration?: number | undefined;
  reason?: string | undefined;
  status?: string | undefined;
  type?: string | undefined;
}

export interface CustomResourceDefinitionList {
  apiVersion?: string | undefined;
  items: CustomResourceDefinition[];
  kind?: string | undefined;
  metadata?: ListMeta | undefined;
}

export interface CustomResourceDefinitionNames {
  categories?: string[] | undefined;
  kind?: string | undefined;
  listKind?: string | undefined;
  plural?: string | undefined;
  shortNames?: string[] | undefined;
  singular?: string | undefined;
}

export interface CustomResourceDefinitionSpec {
  conversion?: CustomResourceConversion | undefined;
  group?: string | undefined;
  names?: CustomResourceDefinitionNames | undefined;
  preserveUnknownFields?: boolean | undefined;
  scope?: string | undefined;
  versions?: CustomResourceDefinitionVersion[] | undefined;
}

export interface CustomResourceDefinitionStatus {
  acceptedNames?: CustomResourceDefinitionNames | undefined;
  conditions?: CustomResourceDefinitionCondition[] | undefined;
  observedGeneration?: number | undefined;
  storedVersions?: string[] | undefined;
}

export interface CustomResourceDefinitionVersion {
  additionalPrinterColumns?: CustomResourceColumnDefinition[] | undefined;
  deprecated?: boolean | undefined;
  deprecationWarning?: string | undefined;
  name?: string | undefined;
  schema?: CustomResourceValidation | undefined;
  selectableFields?: SelectableField[] | undefined;
  served?: boolean | undefined;
  storage?: boolean | undefined;
  subresources?: CustomResourceSubresources | undefined;
}

export interface CustomResourceSubresourceScale {
  labelSelectorPath?: string | undefined;
  specReplicasPath?: string | undefined;
  statusReplicasPath?: string | undefined;
}

export interface CustomResourceSubresourceStatus {

}

export interface CustomResourceSubresources {
  scale?: CustomResourceSubresourceScale | undefined;
  status?: CustomResourceSubresourceStatus | undefined;
}

export interface CustomResourceValidation {
  openAPIV3Schema?: JSONSchemaProps | undefined;
}

export interface ExternalDocumentation {
  description?: string | undefined;
  url?: string | undefined;
}

export type JSON = unknown;

export interface JSONSchemaProps {
  $ref?: string | undefined;
  $schema?: string | undefined;
  additionalItems?: JSONSchemaPropsOrBool | undefined;
  additionalProperties?: JSONSchemaPropsOrBool | undefined;
  allOf?: JSONSchemaProps[] | undefined;
  anyOf?: JSONSchemaProps[] | undefined;
  default?: JSON | undefined;
  definitions?: Record<string, JSONSchemaProps> | undefined;
  dependencies?: Record<string, JSONSchemaPropsOrStringArray> | undefined;
  description?: string | undefined;
  enum?: JSON[] | undefined;
  example?: JSON | undefined;
  exclusiveMaximum?: boolean | undefined;
  exclusiveMinimum?: boolean | undefined;
  externalDocs?: ExternalDocumentation | undefined;
  format?: string | undefined;
  id?: string | undefined;
  items?: JSONSchemaPropsOrArray | undefined;
  maxItems?: number | undefined;
  maxLength?: number | undefined;
  maxProperties?: number | undefined;
  maximum?: number | undefined;
  minItems?: number | undefined;
  minLength?: number | undefined;
  minProperties?: number | undefined;
  minimum?: number | undefined;
  multipleOf?: number | undefined;
  not?: JSONSchemaProps | undefined;
  nullable?: boolean | undefined;
  oneOf?: JSONSchemaProps[] | undefined;
  pattern?: string | undefined;
  patternProperties?: Record<string, JSONSchemaProps> | undefined;
  properties?: Record<string, JSONSchemaProps> | undefined;
  required?: string[] | undefined;
  title?: string | undefined;
  type?: string | undefined;
  uniqueItems?: boolean | undefined;
  "x-kubernetes-embedded-resource"?: boolean | undefined;
  "x-kubernetes-int-or-string"?: boolean | undefined;
  "x-kubernetes-list-map-keys"?: string[] | undefined;
  "x-kubernetes-list-type"?: string | undefined;
  "x-kubernetes-map-type"?: string | undefined;
  "x-kubernetes-preserve-unknown-fields"?: boolean | undefined;
  "x-kubernetes-validations"?: ValidationRule[] | undefined;
}

export type JSONSchemaPropsOrArray = unknown;

export type JSONSchemaPropsOrBool = unknown;

export type JSONSchemaPropsOrStringArray = unknown;

export interface SelectableField {
  jsonPath?: string | undefined;
}

export interface ApiextensionsV1ServiceReference {
  name?: string | undefined;
  namespace?: string | undefined;
  path?: string | undefined;
  port?: number | undefined;
}

export interface ValidationRule {
  fieldPath?: string | undefined;
  message?: string | undefined;
  messageExpression?: string | undefined;
  optionalOldSelf?: boolean | undefined;
  reason?: string | undefined;
  rule?: string | undefined;
}

export interface ApiextensionsV1WebhookClientConfig {
  caBundle?: string | undefined;
  service?: ApiextensionsV1ServiceReference | undefined;
  url?: string | undefined;
}

export interface WebhookConversion {
  clientConfig?: ApiextensionsV1WebhookClientConfig | undefined;
  conversionReviewVersions?: string[] | undefined;
}

export type Quantity = string;

export interface APIGroup {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  name?: string | undefined;
  preferredVersion?: GroupVersionForDiscovery | undefined;
  serverAddressByClientCIDRs?: ServerAddressByClientCIDR[] | undefined;
  versions?: GroupVersionForDiscovery[] | undefined;
}

export interface APIGroupList {
  apiVersion?: string | undefined;
  groups?: APIGroup[] | undefined;
  kind?: string | undefined;
}

export interface APIResource {
  categories?: string[] | undefined;
  group?: string | undefined;
  kind?: string | undefined;
  name?: string | undefined;
  namespaced?: boolean | undefined;
  shortNames?: string[] | undefined;
  singularName?: string | undefined;
  storageVersionHash?: string | undefined;
  verbs?: string[] | undefined;
  version?: string | undefined;
}

export interface APIResourceList {
  apiVersion?: string | undefined;
  groupVersion?: string | undefined;
  kind?: string | undefined;
  resources?: APIResource[] | undefined;
}

export interface APIVersions {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  serverAddressByClientCIDRs?: ServerAddressByClientCIDR[] | undefined;
  versions?: string[] | undefined;
}

export interface Condition {
  lastTransitionTime?: Time | undefined;
  message?: string | undefined;
  observedGeneration?: number | undefined;
  reason?: string | undefined;
  status?: string | undefined;
  type?: string | undefined;
}

export interface DeleteOptions {
  apiVersion?: string | undefined;
  dryRun?: string[] | undefined;
  gracePeriodSeconds?: number | undefined;
  ignoreStoreReadErrorWithClusterBreakingPotential?: boolean | undefined;
  kind?: string | undefined;
  orphanDependents?: boolean | undefined;
  preconditions?: Preconditions | undefined;
  propagationPolicy?: string | undefined;
}

export interface FieldSelectorRequirement {
  key?: string | undefined;
  operator?: string | undefined;
  values?: string[] | undefined;
}

export type FieldsV1 = Record<string, unknown>;

export interface GroupVersionForDiscovery {
  groupVersion?: string | undefined;
  version?: string | undefined;
}

export interface LabelSelector {
  matchExpressions?: LabelSelectorRequirement[] | undefined;
  matchLabels?: Record<string, string> | undefined;
}

export interface LabelSelectorRequirement {
  key?: string | undefined;
  operator?: string | undefined;
  values?: string[] | undefined;
}

export interface ListMeta {
  continue?: string | undefined;
  remainingItemCount?: number | undefined;
  resourceVersion?: string | undefined;
  selfLink?: string | undefined;
  shardInfo?: ShardInfo | undefined;
}

export interface ManagedFieldsEntry {
  apiVersion?: string | undefined;
  fieldsType?: string | undefined;
  fieldsV1?: FieldsV1 | undefined;
  manager?: string | undefined;
  operation?: string | undefined;
  subresource?: string | undefined;
  time?: Time | undefined;
}

export type MicroTime = string;

export interface ObjectMeta {
  annotations?: Record<string, string> | undefined;
  creationTimestamp?: Time | undefined;
  deletionGracePeriodSeconds?: number | undefined;
  deletionTimestamp?: Time | undefined;
  finalizers?: string[] | undefined;
  generateName?: string | undefined;
  generation?: number | undefined;
  labels?: Record<string, string> | undefined;
  managedFields?: ManagedFieldsEntry[] | undefined;
  name?: string | undefined;
  namespace?: string | undefined;
  ownerReferences?: OwnerReference[] | undefined;
  resourceVersion?: string | undefined;
  selfLink?: string | undefined;
  uid?: string | undefined;
}

export interface OwnerReference {
  apiVersion?: string | undefined;
  blockOwnerDeletion?: boolean | undefined;
  controller?: boolean | undefined;
  kind?: string | undefined;
  name?: string | undefined;
  uid?: string | undefined;
}

export type Patch = Record<string, unknown>;

export interface Preconditions {
  resourceVersion?: string | undefined;
  uid?: string | undefined;
}

export interface ServerAddressByClientCIDR {
  clientCIDR?: string | undefined;
  serverAddress?: string | undefined;
}

export interface ShardInfo {
  selector?: string | undefined;
}

export interface Status {
  apiVersion?: string | undefined;
  code?: number | undefined;
  details?: StatusDetails | undefined;
  kind?: string | undefined;
  message?: string | undefined;
  metadata?: ListMeta | undefined;
  reason?: string | undefined;
  status?: string | undefined;
}

export interface StatusCause {
  field?: string | undefined;
  message?: string | undefined;
  reason?: string | undefined;
}

export interface StatusDetails {
  causes?: StatusCause[] | undefined;
  group?: string | undefined;
  kind?: string | undefined;
  name?: string | undefined;
  retryAfterSeconds?: number | undefined;
  uid?: string | undefined;
}

export type Time = string;

export interface WatchEvent {
  object?: RawExtension | undefined;
  type?: string | undefined;
}

export type RawExtension = Record<string, unknown>;

export type IntOrString = number | string;

export interface APIService {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
  spec?: APIServiceSpec | undefined;
  status?: APIServiceStatus | undefined;
}

export interface APIServiceCondition {
  lastTransitionTime?: Time | undefined;
  message?: string | undefined;
  reason?: string | undefined;
  status?: string | undefined;
  type?: string | undefined;
}

export interface APIServiceList {
  apiVersion?: string | undefined;
  items: APIService[];
  kind?: string | undefined;
  metadata?: ListMeta | undefined;
}

export interface APIServiceSpec {
  caBundle?: string | undefined;
  group?: string | undefined;
  groupPriorityMinimum?: number | undefined;
  insecureSkipTLSVerify?: boolean | undefined;
  service?: ApiregistrationV1ServiceReference | undefined;
  version?: string | undefined;
  versionPriority?: number | undefined;
}

export interface APIServiceStatus {
  conditions?: APIServiceCondition[] | undefined;
}

export interface ApiregistrationV1ServiceReference {
  name?: string | undefined;
  namespace?: string | undefined;
  port?: number | undefined;
}
