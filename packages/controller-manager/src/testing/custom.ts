import { type CustomResourceDefinition, customKind, type Kind, type KubeObject } from '@keelson/api';

const SCALE = {
  specReplicasPath: '.spec.replicas',
  statusReplicasPath: '.status.replicas',
  labelSelectorPath: '.status.selector',
};

/** A kind of a definition, as a server with that definition has it. */
export function customKindOf(
  kind: string,
  scope: 'Namespaced' | 'Cluster' = 'Namespaced',
  version = 'v1',
  more: { readonly scales?: boolean } = {},
): Kind {
  const plural = `${kind.toLowerCase()}s`;
  const definition: CustomResourceDefinition = {
    metadata: { name: `${plural}.example.com` },
    spec: {
      group: 'example.com',
      scope,
      names: { kind, plural },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          ...(more.scales === true ? { subresources: { scale: SCALE } } : {}),
          schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        },
      ],
    },
  };
  return customKind(definition, version);
}

/** The definition, as far as a server in memory needs one. */
export function definitionOf({ kind, plural }: Kind): KubeObject {
  return { kind, metadata: { name: `${plural}.example.com` } };
}
