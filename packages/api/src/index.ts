export * as addresses from './addresses.js';
export * from './bootstrap.js';
export { customKind } from './custom/custom-kind.js';
export * from './decode.js';
export { DecodeError } from './decode-mismatch.js';
export * as discovery from './discovery.js';
export * from './duration.js';
export * as apiErrors from './errors.js';
export { ApiError, aggregateText, type GroupKind, type GroupResource, isApiError } from './errors.js';
export * from './exact-json.js';
export type { FieldError } from './field-errors.js';
export * as fieldErrors from './field-errors.js';
export { Path } from './field-errors.js';
export type * from './gen/types.js';
export { goText } from './go-text.js';
export {
  builtInPriority,
  CUSTOM_PRIORITY,
  type GroupPriority,
  type GroupVersion,
  groupVersionsOf,
  type PriorityOf,
} from './group-priorities.js';
export * from './int-or-string.js';
export * from './int64.js';
export { FAULTS_MAX, JsonSizeError, JsonSyntaxError, type Notes, type ParsedJson, parseJson } from './json.js';
export * from './json-path/index.js';
export * from './kind.js';
export { apiApproval } from './kinds/apiextensions/api-approval.js';
export { nonStructural } from './kinds/apiextensions/structural-state.js';
export { localCondition } from './kinds/apiregistration/api-service.js';
export { caBundleProblem } from './kinds/ca-bundle.js';
export * as certificates from './kinds/certificates/face.js';
export { NAMESPACE_NAME_LABEL } from './kinds/core/namespace.js';
export * as podParts from './kinds/core/pod-spec/resize.js';
export { type QosClass, qosClass } from './kinds/core/pod-spec/resources.js';
export { isExtendedResource } from './kinds/core/resource-names.js';
export * as services from './kinds/core/service/face.js';
export { allKinds } from './kinds/index.js';
export { requestKinds, scaleKind } from './kinds/requests.js';
export * from './meta.js';
export * from './metrics/resource-metrics.js';
export { dns1123LabelErrors, dns1123SubdomainErrors } from './names.js';
export { wasSaidEmpty } from './normalize.js';
export * from './object.js';
export * as openapi from './openapi/index.js';
export * from './patch/index.js';
export * from './pod-resources.js';
export * from './protobuf/index.js';
export * from './quantity.js';
export * from './quota/index.js';
export { KindRegistry } from './registry.js';
export * from './request.js';
export * from './resource-lists.js';
export * from './schedule/index.js';
export { resolve as resolveSchema, type Schema, typeSchema } from './schema.js';
export * from './selectors/field.js';
export * from './selectors/label.js';
export * from './selectors/node.js';
export * from './steps.js';
export * from './table.js';
export { encodeYaml, encodeYamlSteps } from './yaml/write.js';
