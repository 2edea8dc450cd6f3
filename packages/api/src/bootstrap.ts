/** What a cluster has from its first moment, as upstream makes it. */
import type { AggregationRule, PolicyRule, RoleRef, Subject } from './gen/types.js';
import { readSchemaFile } from './schema.js';

export interface BootstrapRole {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly aggregationRule?: AggregationRule;
  readonly rules: readonly PolicyRule[] | null;
}

export interface BootstrapBinding {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly roleRef: RoleRef;
  readonly subjects?: readonly Subject[];
}

export interface BootstrapRbac {
  /** Labels and annotations that all of them carry. */
  readonly common: {
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  };
  readonly clusterRoles: readonly BootstrapRole[];
  readonly clusterRoleBindings: readonly BootstrapBinding[];
  readonly roles: readonly (BootstrapRole & { readonly namespace: string })[];
  readonly roleBindings: readonly (BootstrapBinding & { readonly namespace: string })[];
}

export function bootstrapRbac(): BootstrapRbac {
  return readSchemaFile<BootstrapRbac>('bootstrap-rbac.json');
}

/** Namespaces, priority classes, flow schemas and the like, by plural in camel case. */
export function bootstrapObjects(): Readonly<Record<string, readonly Record<string, unknown>[]>> {
  return readSchemaFile('bootstrap-objects.json');
}
