/** Where a kubelet's configuration came from in earlier versions; what there is of it is still checked. */
import { type FieldError, forbidden, invalid, type Path, required } from '../../../field-errors.js';
import type { ConfigMapNodeConfigSource, NodeConfigSource, NodeConfigStatus } from '../../../gen/types.js';
import { internalForm } from '../../../internal-form.js';
import { configMapKeyErrors, dns1123LabelErrors, dns1123SubdomainErrors } from '../../../names.js';

type Check = (source: ConfigMapNodeConfigSource, at: Path) => FieldError[];

export function validateConfigSource(source: NodeConfigSource, at: Path): FieldError[] {
  return oneReference(source, at, ({ uid, resourceVersion }, here) => [
    ...(uid ? [forbidden(here.child('uid'), 'uid must not be set in spec')] : []),
    ...(resourceVersion ? [forbidden(here.child('resourceVersion'), 'resourceVersion must not be set in spec')] : []),
  ]);
}

export function validateConfigStatus(status: NodeConfigStatus, at: Path): FieldError[] {
  return (['assigned', 'active', 'lastKnownGood'] as const).flatMap((field) => {
    const source = status[field];
    if (source === undefined) return [];
    return oneReference(source, at.child(field), ({ uid, resourceVersion }, here) => [
      ...(uid ? [] : [required(here.child('uid'), 'uid must be set in status')]),
      ...(resourceVersion ? [] : [required(here.child('resourceVersion'), 'resourceVersion must be set in status')]),
    ]);
  });
}

function oneReference(source: NodeConfigSource, at: Path, check: Check): FieldError[] {
  const { configMap } = source;
  if (configMap === undefined) {
    const shown = internalForm('io.k8s.api.core.v1.NodeConfigSource', source);
    return [invalid(at, shown, 'exactly one reference subfield must be non-nil')];
  }
  const here = at.child('configMap');
  return [...check(configMap, here), ...validateConfigMap(configMap, here)];
}

function validateConfigMap(source: ConfigMapNodeConfigSource, at: Path): FieldError[] {
  const needed = (field: 'namespace' | 'name' | 'kubeletConfigKey', rule: (value: string) => string[]) => {
    const value = source[field] ?? '';
    if (value === '') return [required(at.child(field), `${field} must be set`)];
    return rule(value).map((text) => invalid(at.child(field), value, text));
  };
  return [
    ...needed('namespace', dns1123LabelErrors),
    ...needed('name', dns1123SubdomainErrors),
    ...needed('kubeletConfigKey', configMapKeyErrors),
  ];
}
