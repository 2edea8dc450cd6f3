import { deepEqual, type Kind, type KindRegistry, type KubeObject, type OwnerReference } from '@keelson/api';
import type { Authorizer } from '../auth/authorizer.js';
import { type AdmissionPlugin, isResource, refusal } from './admission.js';

/** Whoever gives an object an owner makes it go with that: he must be allowed to delete it, and to hold the owner back. */
export function ownerReferencesPermissionEnforcement(dependencies: {
  authorizer: Authorizer;
  kinds: Pick<KindRegistry, 'findByKind'>;
}): AdmissionPlugin {
  const { authorizer, kinds } = dependencies;
  return {
    name: 'OwnerReferencesPermissionEnforcement',
    async validate(attributes) {
      const { operation, kind, namespace, object, old, subresource, context } = attributes;
      // A pod's status cannot change its owners.
      if (operation === 'DELETE' || (subresource === 'status' && isResource(kind, '', 'pods'))) return;
      const next = ownersOf(object);
      if (deepEqual(next, ownersOf(old))) return;
      const user = context.user;
      const name = object.metadata.name ?? '';
      const { group, version, plural: resource } = kind;
      const asked = { user, verb: 'delete', group, version, resource, subresource, namespace, name };
      const own = await authorizer.authorize(asked, context);
      if (!own.allowed)
        throw refusal(attributes, `cannot set an ownerRef on a resource you can't delete: ${own.reason}, <nil>`);
      for (const reference of newlyBlocking(object, old)) {
        const owner = kindOf(kinds, reference);
        if (owner === undefined) {
          const { apiVersion, kind: wanted } = reference;
          const what = `cannot find RESTMapping for APIVersion ${apiVersion} Kind ${wanted}`;
          const text = `cannot set blockOwnerDeletion in this case because ${what}: no matches for kind "${wanted}" in version "${apiVersion}"`;
          throw refusal(attributes, text);
        }
        const place = owner.scope === 'Namespaced' ? namespace : '';
        const holding = {
          ...{ user, verb: 'update', group: owner.group, version: owner.version, resource: owner.plural },
          ...{ subresource: 'finalizers', namespace: place, name: reference.name ?? '' },
        };
        const { allowed, reason } = await authorizer.authorize(holding, context);
        if (allowed) continue;
        const what = "an ownerReference refers to a resource you can't set finalizers on";
        throw refusal(attributes, `cannot set blockOwnerDeletion if ${what}: ${reason}, <nil>`);
      }
    },
  };
}

function ownersOf(object: KubeObject | undefined): readonly OwnerReference[] {
  return object?.metadata.ownerReferences ?? [];
}

function newlyBlocking(object: KubeObject, old: KubeObject | undefined): OwnerReference[] {
  const before = new Map(ownersOf(old).map((it) => [it.uid, it.blockOwnerDeletion === true]));
  return ownersOf(object).filter((it) => it.blockOwnerDeletion === true && before.get(it.uid) !== true);
}

function kindOf(kinds: Pick<KindRegistry, 'findByKind'>, { apiVersion = '', kind }: OwnerReference): Kind | undefined {
  const at = apiVersion.lastIndexOf('/');
  const [group, version] = [apiVersion.slice(0, Math.max(at, 0)), apiVersion.slice(at + 1)];
  return kinds.findByKind(group, version, kind ?? '');
}
