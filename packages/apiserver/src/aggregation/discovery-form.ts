/** What other servers say of their resources, as the aggregated form has it: what they say beside that is left out. */
import { type GroupVersion, isRecord } from '@keelson/api';

export const ACCEPT_DISCOVERY = [
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
  'application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList;q=0.9',
  'application/json;q=0.8',
].join(',');

/** Whether a media type is that of the aggregated form in the version that is read. */
export function isAggregated(type: string): boolean {
  const parameters = new Set(
    type
      .toLowerCase()
      .split(';')
      .map((it) => it.trim()),
  );
  return ['g=apidiscovery.k8s.io', 'v=v2', 'as=apigroupdiscoverylist'].every((it) => parameters.has(it));
}

/** Of one version; empty where the document does not speak of it. Throws where it is no such document. */
export function resourcesIn(document: unknown, { group, version }: GroupVersion): readonly object[] {
  if (!isRecord(document) || !Array.isArray(document['items'])) throw new Error('it is no list of groups');
  const items = recordsIn(document['items']);
  const found = items.filter(({ metadata }) => isRecord(metadata) && metadata['name'] === group);
  const versions = found.flatMap(({ versions: own }) => recordsIn(own));
  return recordsIn(versions.find((it) => it['version'] === version)?.['resources']).flatMap(aggregatedResource);
}

/** Of the older document of one version. Throws where it is no such document. */
export function resourcesInList(document: unknown): readonly object[] {
  if (!isRecord(document) || !Array.isArray(document['resources'])) throw new Error('it is no list of resources');
  const resources = new Map<string, Record<string, unknown>>();
  const subresources = new Map<string, object[]>();
  for (const it of recordsIn(document['resources'])) {
    const [resource = '', ...sub] = textOf(it['name']).split('/');
    if (resource === '') continue;
    const scope = it['namespaced'] === true ? 'Namespaced' : 'Cluster';
    const responseKind = kindOf(it);
    if (sub.length > 0) {
      const known = subresources.get(resource) ?? [];
      known.push({ subresource: sub.join('/'), responseKind, verbs: textsOf(it['verbs']) });
      subresources.set(resource, known);
      if (!resources.has(resource)) resources.set(resource, { resource, responseKind: kindOf({}), scope, verbs: [] });
    } else
      resources.set(
        resource,
        ownFields({ ...it, resource, scope, responseKind, singularResource: it['singularName'] }),
      );
  }
  return [...resources].map(([name, it]) => {
    const own = subresources.get(name);
    return own === undefined ? it : { ...it, subresources: own };
  });
}

function aggregatedResource(it: Record<string, unknown>): object[] {
  if (textOf(it['resource']) === '') return [];
  const subresources = recordsIn(it['subresources']).map((sub) => ({
    subresource: textOf(sub['subresource']),
    responseKind: kindOf(sub['responseKind']),
    verbs: textsOf(sub['verbs']),
  }));
  return [{ ...ownFields(it), ...(subresources.length === 0 ? {} : { subresources }) }];
}

function ownFields(it: Record<string, unknown>): Record<string, unknown> {
  const [shortNames, categories] = [textsOf(it['shortNames']), textsOf(it['categories'])];
  return {
    resource: textOf(it['resource']),
    responseKind: kindOf(it['responseKind']),
    scope: it['scope'] === 'Namespaced' ? 'Namespaced' : 'Cluster',
    singularResource: textOf(it['singularResource']),
    verbs: textsOf(it['verbs']),
    ...(shortNames.length === 0 ? {} : { shortNames }),
    ...(categories.length === 0 ? {} : { categories }),
  };
}

/** There is one always: clients rely on it. */
function kindOf(value: unknown): object {
  const { group, version, kind } = isRecord(value) ? value : {};
  return { group: textOf(group), version: textOf(version), kind: textOf(kind) };
}

function recordsIn(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((it) => typeof it === 'string') : [];
}
