import { apiErrors, type Namespace, type Pod, parseLabelSelector } from '@keelson/api';
import type { ObjectCollection } from '../registry/collection.js';
import { type AdmissionAttributes, type AdmissionPlugin, isResource, refusal } from './admission.js';
import { lookUp } from './lookup.js';

const ANNOTATION = 'scheduler.alpha.kubernetes.io/node-selector';
const DEFAULT = 'clusterDefaultNodeSelector';

/** By namespace, the node labels that its pods may ask for; and those that pods get whose namespace says nothing. */
export type PodNodeSelectorConfiguration = Readonly<Record<string, string>>;

type Labels = Readonly<Record<string, string>>;

/** Pods go to the nodes that their namespace is for. */
export function podNodeSelector(
  namespaces: ObjectCollection,
  configuration: PodNodeSelectorConfiguration = {},
): AdmissionPlugin {
  const ofNamespace = async ({ namespace }: AdmissionAttributes): Promise<Labels> => {
    const found = await lookUp<Namespace>(namespaces, '', namespace);
    if (found === undefined) throw apiErrors.notFound(namespaces.kind, namespace);
    return nodeLabels(found.metadata.annotations?.[ANNOTATION] ?? configuration[DEFAULT] ?? '');
  };
  const check = (attributes: AdmissionAttributes, wanted: Labels) => {
    const own = (attributes.object as Pod).spec?.nodeSelector ?? {};
    if (Object.entries(wanted).some(([key, value]) => own[key] !== undefined && own[key] !== value))
      throw refusal(attributes, 'pod node label selector conflicts with its namespace node label selector');
  };
  const checkAllowed = (attributes: AdmissionAttributes) => {
    const allowed = nodeLabels(configuration[attributes.namespace] ?? '');
    const own = (attributes.object as Pod).spec?.nodeSelector ?? {};
    if (Object.keys(allowed).length === 0) return;
    if (Object.entries(own).some(([key, value]) => allowed[key] !== value))
      throw refusal(attributes, 'pod node label selector labels conflict with its namespace whitelist');
  };
  return {
    name: 'PodNodeSelector',
    async mutate(attributes) {
      if (!isNewPod(attributes)) return;
      const wanted = await ofNamespace(attributes);
      check(attributes, wanted);
      const { spec } = attributes.object as Pod;
      const all = { ...wanted, ...spec?.nodeSelector };
      if (spec !== undefined && Object.keys(all).length > 0) spec.nodeSelector = all;
      checkAllowed(attributes);
    },
    async validate(attributes) {
      if (!isNewPod(attributes)) return;
      check(attributes, await ofNamespace(attributes));
      checkAllowed(attributes);
    },
  };
}

function isNewPod({ operation, kind, subresource }: AdmissionAttributes): boolean {
  return operation === 'CREATE' && subresource === '' && isResource(kind, '', 'pods');
}

/** `a=b,c=d`, each a label that must have a value. Throws an error that says what is none. */
export function nodeLabels(text: string): Labels {
  if (text.trim() === '') return {};
  const labels = parseLabelSelector(text).requirements.map(({ key, operator, values }) => {
    if (operator !== '=' && operator !== '==') throw new Error(`invalid selector: ${text}`);
    return [key, values[0] ?? ''] as const;
  });
  return Object.fromEntries(labels);
}
