import type { PodSpec, PodTemplateSpec } from '../../../gen/types.js';
import { internalForm } from '../../../internal-form.js';

/** As upstream writes it in errors, where the host's namespaces are part of the security context. */
export function internalPodSpec(spec: PodSpec | undefined): unknown {
  return internalForm('io.k8s.api.core.v1.PodSpec', withHost(spec ?? {}));
}

export function internalPodTemplate(template: PodTemplateSpec): unknown {
  return internalForm('io.k8s.api.core.v1.PodTemplateSpec', { ...template, spec: withHost(template.spec ?? {}) });
}

function withHost(spec: PodSpec): object {
  const { hostNetwork = false, hostPID = false, hostIPC = false, shareProcessNamespace, hostUsers } = spec;
  const host = { hostNetwork, hostPID, hostIPC, shareProcessNamespace, hostUsers };
  return { ...spec, securityContext: { ...spec.securityContext, ...host } };
}
