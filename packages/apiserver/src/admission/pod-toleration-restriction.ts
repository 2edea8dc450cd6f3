import { ApiError, apiErrors, type Namespace, type Pod, qosClass, type Toleration } from '@keelson/api';
import { type ConfigKind, fields } from '../config/config-file.js';
import type { ObjectCollection } from '../registry/collection.js';
import { type AdmissionAttributes, type AdmissionPlugin, isResource } from './admission.js';
import { lookUp } from './lookup.js';
import { covers, mergeTolerations } from './tolerations.js';

const DEFAULTS = 'scheduler.alpha.kubernetes.io/defaultTolerations';
const ALLOWED = 'scheduler.alpha.kubernetes.io/tolerationsWhitelist';
const MEMORY_PRESSURE = { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' };

/** What holds for namespaces that say nothing. */
export interface PodTolerationConfiguration {
  readonly default?: readonly Toleration[];
  readonly whitelist?: readonly Toleration[];
}

const { string, integer, object, list } = fields;
const tolerations = list({ key: string, operator: string, value: string, effect: string, tolerationSeconds: integer });

export const podTolerationConfiguration: ConfigKind<PodTolerationConfiguration> = {
  group: 'podtolerationrestriction.admission.k8s.io',
  versions: ['v1alpha1'],
  kind: 'Configuration',
  schema: object({ default: tolerations, whitelist: tolerations }),
  validate: () => [],
};

/** Pods tolerate what their namespace says they do, and nothing beyond what it allows. */
export function podTolerationRestriction(
  namespaces: ObjectCollection,
  configuration: PodTolerationConfiguration = {},
): AdmissionPlugin {
  const namespaceOf = async ({ namespace }: AdmissionAttributes): Promise<Namespace> => {
    const found = await lookUp<Namespace>(namespaces, '', namespace);
    if (found === undefined) throw apiErrors.notFound(namespaces.kind, namespace);
    return found;
  };
  const check = (pod: Pod, namespace: Namespace) => {
    const own = said(namespace, ALLOWED);
    const allowed = own ?? configuration.whitelist ?? [];
    if (allowed.length === 0) return;
    if ((pod.spec?.tolerations ?? []).every((it) => allowed.some((other) => covers(other, it)))) return;
    const whose = own === undefined ? 'cluster' : 'namespace';
    const merged = 'pod tolerations (possibly merged with namespace default tolerations)';
    throw new ApiError({ code: 500, reason: '', message: `${merged} conflict with its ${whose} whitelist` });
  };
  return {
    name: 'PodTolerationRestriction',
    async mutate(attributes) {
      if (!isPodWrite(attributes)) return;
      const pod = attributes.object as Pod;
      const { spec } = pod;
      if (spec === undefined) return;
      const namespace = await namespaceOf(attributes);
      const given = attributes.operation === 'CREATE' ? (said(namespace, DEFAULTS) ?? configuration.default ?? []) : [];
      const pressure = qosClass(spec) === 'BestEffort' ? [] : [MEMORY_PRESSURE];
      const all = mergeTolerations(mergeTolerations(given, spec.tolerations ?? []), pressure);
      if (all.length > 0) spec.tolerations = all;
      check(pod, namespace);
    },
    async validate(attributes) {
      if (isPodWrite(attributes)) check(attributes.object as Pod, await namespaceOf(attributes));
    },
  };
}

function isPodWrite({ operation, kind, subresource }: AdmissionAttributes): boolean {
  return operation !== 'DELETE' && subresource === '' && isResource(kind, '', 'pods');
}

/** A list in an annotation. An empty one is one that says that there is none. */
function said({ metadata }: Namespace, annotation: string): Toleration[] | undefined {
  const text = metadata.annotations?.[annotation];
  if (text === undefined) return undefined;
  if (text === '') return [];
  try {
    const value = JSON.parse(text) as unknown;
    if (Array.isArray(value) && value.every((it) => typeof it === 'object' && it !== null))
      return value as Toleration[];
  } catch {}
  const message = `annotation ${annotation} of namespace ${JSON.stringify(metadata.name)} is no list of tolerations`;
  throw new ApiError({ code: 500, reason: '', message });
}
