import type { PodTemplateSpec } from '@keelson/api';
import { containers } from './containers.js';
import { Description } from './description.js';
import { annotations, labels, pairTexts } from './metadata.js';
import { tolerationTexts, volumes } from './pod-parts.js';

export function podTemplate(out: Description, template: PodTemplateSpec | undefined, title = 'Pod Template'): void {
  out.line(`${title}:`);
  if (template === undefined) {
    out.line('  <unset>');
    return;
  }
  const { metadata, spec } = template;
  labels(out, metadata?.labels, 1);
  if (Object.keys(metadata?.annotations ?? {}).length > 0) annotations(out, metadata?.annotations, 1);
  if (spec?.serviceAccountName) out.field('Service Account', spec.serviceAccountName, 1);
  if ((spec?.initContainers ?? []).length > 0)
    containers(out, 'Init Containers', spec?.initContainers ?? [], { level: 1, isTemplate: true });
  containers(out, 'Containers', spec?.containers ?? [], { level: 1, isTemplate: true });
  volumes(out, spec?.volumes, 1, ' ');
  if (spec?.priorityClassName) out.field('Priority Class Name', spec.priorityClassName, 1);
  out.list('Node-Selectors', pairTexts(spec?.nodeSelector), 1);
  out.list('Tolerations', tolerationTexts(spec?.tolerations), 1);
}

/** A template by itself, as `rollout history --revision` shows it. */
export function describeTemplate(template: PodTemplateSpec | undefined): string {
  const out = new Description();
  podTemplate(out, template);
  return out.toString();
}
