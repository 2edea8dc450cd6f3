import type { MappedResource, ResourceMapper } from '../cluster/mapper.js';
import { CliError } from '../errors.js';
import type { Manifest } from './read.js';

/** The collection and namespace of a manifest, into which the namespace is written where it was not. */
export function manifestTarget(
  { object, source }: Manifest,
  mapper: ResourceMapper,
  context: { namespace(): string; readonly namespaceIsGiven?: boolean },
): { resource: MappedResource; namespace: string } {
  const resource = mapper.kind(object.apiVersion, object.kind);
  if (resource === undefined) {
    throw new CliError(
      `resource mapping not found for name: "${object.metadata.name ?? ''}" namespace: "${object.metadata.namespace ?? ''}" from "${source}": no matches for kind "${object.kind}" in version "${object.apiVersion}"\nensure CRDs are installed first`,
    );
  }
  if (!resource.namespaced) {
    delete object.metadata.namespace;
    return { resource, namespace: '' };
  }
  const own = object.metadata.namespace;
  if (own !== undefined && own !== '' && context.namespaceIsGiven === true && own !== context.namespace()) {
    throw new CliError(
      `the namespace from the provided object "${own}" does not match the namespace "${context.namespace()}". You must pass '--namespace=${own}' to perform this operation.`,
    );
  }
  object.metadata.namespace = own || context.namespace();
  return { resource, namespace: object.metadata.namespace };
}
