import type { Discovered, DiscoveredResource, Resource } from '@keelson/client';
import { CliError } from '../errors.js';

/** A served collection with all its names. */
export interface MappedResource extends Resource {
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly string[];
  readonly subresources: readonly string[];
}

/** Finds collections by the names that people give them. */
export class ResourceMapper {
  readonly all: readonly MappedResource[];

  constructor(discovered: Pick<Discovered, 'resources'>) {
    this.all = discovered.resources.map(mapped);
  }

  /** By plural, singular, short name or kind, `.group` and `.version.group` following where wanted. */
  find(name: string): MappedResource {
    const found = this.tryFind(name);
    if (found === undefined) throw new CliError(`the server doesn't have a resource type "${name}"`);
    return found;
  }

  tryFind(name: string): MappedResource | undefined {
    const [first = '', ...rest] = name.toLowerCase().split('.');
    const scope = rest.join('.');
    const fits = (it: MappedResource) =>
      rest.length === 0 ||
      it.group === scope ||
      `${it.version}.${it.group}` === scope ||
      (it.group === '' && it.version === scope);
    const named = this.all.filter((it) => fits(it) && namesOf(it).includes(first));
    return named[0] ?? this.all.find((it) => fits(it) && it.shortNames.includes(first));
  }

  /** Collections of a category such as `all`; nothing where there is no such category. */
  category(name: string): MappedResource[] {
    const seen = new Set<string>();
    return this.all.filter((it) => {
      const id = `${it.plural}.${it.group}`;
      if (!it.categories.includes(name) || seen.has(id)) return false;
      seen.add(id);
      return true;
    });
  }

  /** The collection that objects of a kind live in. */
  kind(apiVersion: string, kind: string): MappedResource | undefined {
    const slash = apiVersion.indexOf('/');
    const group = slash < 0 ? '' : apiVersion.slice(0, slash);
    const version = apiVersion.slice(slash + 1);
    return this.all.find((it) => it.group === group && it.version === version && it.kind === kind);
  }
}

function namesOf(it: MappedResource): string[] {
  return [it.plural, it.singular, it.kind.toLowerCase()];
}

function mapped(it: DiscoveredResource): MappedResource {
  return {
    group: it.group,
    version: it.version,
    plural: it.resource,
    kind: it.responseKind.kind,
    namespaced: it.scope === 'Namespaced',
    singular: it.singularResource,
    shortNames: it.shortNames ?? [],
    categories: it.categories ?? [],
    verbs: it.verbs,
    subresources: (it.subresources ?? []).map((sub) => sub.subresource),
  };
}

/** `deployments.apps`, or `pods` in the core group. */
export function groupResource({ plural, group }: Pick<Resource, 'plural' | 'group'>): string {
  return group === '' ? plural : `${plural}.${group}`;
}

/** `deployment.apps`, as messages name what was changed. */
export function singularName({ singular, group }: Pick<MappedResource, 'singular' | 'group'>): string {
  return group === '' ? singular : `${singular}.${group}`;
}
