import { type CustomResourceDefinition, customKind, type Kind, type KubeObject } from '@keelson/api';

/** A kind of a definition, as a server with that definition has it. */
export function customKindOf(kind: string, scope: 'Namespaced' | 'Cluster' = 'Namespaced', version = 'v1'): Kind {
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
