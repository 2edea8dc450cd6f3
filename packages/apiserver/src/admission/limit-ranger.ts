import {
  addQuantities,
  apiErrors,
  type Container,
  compareQuantities,
  type KubeObject,
  type LimitRange,
  type LimitRangeItem,
  type PersistentVolumeClaim,
  type Pod,
  quantityMilliValue,
} from '@keelson/api';
import type { ObjectCollection } from '../registry/collection.js';
import { type AdmissionPlugin, isResource } from './admission.js';

const ANNOTATION = 'kubernetes.io/limit-ranger';

type Amounts = Readonly<Record<string, string>>;

/** Gives containers the requests and limits that their namespace has as defaults, and refuses what is out of range. */
export function limitRanger(limitRanges: ObjectCollection): AdmissionPlugin {
  const itemsOf = (namespace: string): LimitRangeItem[] =>
    [...limitRanges.cache.list(`${namespace}/`)].flatMap(({ object }) => (object as LimitRange).spec?.limits ?? []);
  return {
    name: 'LimitRanger',
    mutate({ operation, kind, namespace, object, subresource }) {
      if (operation !== 'CREATE' || subresource !== '' || !isResource(kind, '', 'pods')) return;
      for (const item of itemsOf(namespace)) if (item.type === 'Container') fillDefaults(object as Pod, item);
    },
    validate({ operation, kind, namespace, object, subresource }) {
      const isPod = isResource(kind, '', 'pods');
      const isClaim = isResource(kind, '', 'persistentvolumeclaims');
      if (operation !== 'CREATE' || subresource !== '' || (!isPod && !isClaim)) return;
      const texts = itemsOf(namespace).flatMap((item) =>
        isPod ? podTexts(object as Pod, item) : claimTexts(object, item),
      );
      if (texts.length === 0) return;
      const text = texts.length === 1 ? texts[0]! : `[${texts.join(', ')}]`;
      throw apiErrors.forbidden(kind, object.metadata.name ?? '', text);
    },
  };
}

function fillDefaults(pod: Pod, item: LimitRangeItem): void {
  const texts = [
    ...(pod.spec?.containers ?? []).flatMap((it) => fillContainer(it, 'container', item)),
    ...(pod.spec?.initContainers ?? []).flatMap((it) => fillContainer(it, 'init container', item)),
  ];
  if (texts.length === 0) return;
  const text = `LimitRanger plugin set: ${texts.join('; ')}`;
  pod.metadata.annotations = { ...pod.metadata.annotations, [ANNOTATION]: text };
}

/** Says what it set. */
function fillContainer(container: Container, what: string, item: LimitRangeItem): string[] {
  const { limits = {}, requests = {} } = container.resources ?? {};
  // A request that is not given follows the container's own limit before it follows the range's default.
  const wanted = Object.keys(item.defaultRequest ?? {}).filter(
    (name) => requests[name] === undefined && limits[name] === undefined,
  );
  const limited = Object.keys(item.default ?? {}).filter((name) => limits[name] === undefined);
  if (wanted.length === 0 && limited.length === 0) return [];
  const inherited = Object.fromEntries(Object.entries(limits).filter(([name]) => requests[name] === undefined));
  container.resources = {
    ...container.resources,
    limits: { ...limits, ...pick(item.default ?? {}, limited) },
    requests: { ...inherited, ...requests, ...pick(item.defaultRequest ?? {}, wanted) },
  };
  const said = (names: readonly string[], kind: string) =>
    names.length === 0 ? [] : [`${[...names].sort().join(', ')} ${kind} for ${what} ${container.name}`];
  return [...said(wanted, 'request'), ...said(limited, 'limit')];
}

function pick(amounts: Amounts, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, amounts[name]!]));
}

function podTexts({ spec = {} }: Pod, item: LimitRangeItem): string[] {
  const containers = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  if (item.type === 'Container') {
    return containers.flatMap(({ resources }) => rangeTexts(item, resources?.requests ?? {}, resources?.limits ?? {}));
  }
  if (item.type !== 'Pod') return [];
  return rangeTexts(item, total(spec.containers ?? [], 'requests'), total(spec.containers ?? [], 'limits'));
}

/** Sums of what all containers have; a resource that one of them leaves open has no limit. */
function total(containers: readonly Container[], field: 'requests' | 'limits'): Amounts {
  const names = new Set(containers.flatMap(({ resources }) => Object.keys(resources?.[field] ?? {})));
  const sums: Record<string, string> = {};
  for (const name of names) {
    const amounts = containers.map(({ resources }) => resources?.[field]?.[name]).filter((it) => it !== undefined);
    if (field === 'limits' && amounts.length < containers.length) continue;
    sums[name] = amounts.reduce((sum, amount) => addQuantities(sum, amount));
  }
  return sums;
}

function claimTexts(object: KubeObject, item: LimitRangeItem): string[] {
  if (item.type !== 'PersistentVolumeClaim') return [];
  const requests = (object as PersistentVolumeClaim).spec?.resources?.requests ?? {};
  return rangeTexts({ ...item, max: undefined, maxLimitRequestRatio: undefined }, requests, {}).concat(
    Object.entries(item.max ?? {})
      .filter(([name, most]) => requests[name] !== undefined && more(requests[name], most))
      .map(([name, most]) => `maximum ${name} usage per ${item.type} is ${most}, but request is ${requests[name]}`),
  );
}

function rangeTexts(
  { type, min, max, maxLimitRequestRatio }: LimitRangeItem,
  requests: Amounts,
  limits: Amounts,
): string[] {
  const texts: string[] = [];
  for (const [name, least] of Object.entries(min ?? {})) {
    const rule = `minimum ${name} usage per ${type} is ${least}`;
    const [request, limit] = [requests[name], limits[name]];
    if (request === undefined) texts.push(`${rule}.  No request is specified`);
    else if (more(least, request)) texts.push(`${rule}, but request is ${request}`);
    else if (limit !== undefined && more(least, limit)) texts.push(`${rule}, but limit is ${limit}`);
  }
  for (const [name, most] of Object.entries(max ?? {})) {
    const rule = `maximum ${name} usage per ${type} is ${most}`;
    const [request, limit] = [requests[name], limits[name]];
    if (limit === undefined) texts.push(`${rule}.  No limit is specified`);
    else if (more(limit, most)) texts.push(`${rule}, but limit is ${limit}`);
    else if (request !== undefined && more(request, most)) texts.push(`${rule}, but request is ${request}`);
  }
  for (const [name, ratio] of Object.entries(maxLimitRequestRatio ?? {})) {
    const rule = `${name} max limit to request ratio per ${type} is ${ratio}`;
    const request = amountOf(requests[name]);
    const limit = amountOf(limits[name]);
    if (request === 0) texts.push(`${rule}, but no request is specified or request is 0`);
    else if (limit === 0) texts.push(`${rule}, but no limit is specified or limit is 0`);
    else if (limit / request > amountOf(ratio))
      texts.push(`${rule}, but provided ratio is ${(limit / request).toFixed(6)}`);
  }
  return texts;
}

function amountOf(text: string | undefined): number {
  return text === undefined ? 0 : quantityMilliValue(text) / 1000;
}

function more(a: string, b: string): boolean {
  return compareQuantities(a, b) > 0;
}
