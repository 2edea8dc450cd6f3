import {
  apiErrors,
  type Container,
  compareQuantities,
  type LimitRange,
  type LimitRangeItem,
  type PersistentVolumeClaim,
  type Pod,
  podLimitList,
  podRequestList,
  quantityMilliValue,
  type ResourceList,
} from '@keelson/api';
import type { ObjectCollection } from '../registry/collection.js';
import { type AdmissionAttributes, type AdmissionPlugin, isResource, refusal } from './admission.js';

const ANNOTATION = 'kubernetes.io/limit-ranger';
/** What a pod says for itself stands instead of its containers' sums for these; there is no overhead in it. */
const TOTALS = {
  withStatus: false,
  withOverhead: false,
  ofPod: (name: string) => name === 'cpu' || name === 'memory',
};

/** Gives containers the requests and limits that their namespace has as defaults, and refuses what is out of range. */
export function limitRanger(limitRanges: ObjectCollection): AdmissionPlugin {
  const rangesOf = ({ namespace }: AdmissionAttributes): LimitRangeItem[][] =>
    [...limitRanges.cache.list(`${namespace}/`)].map(({ object }) => (object as LimitRange).spec?.limits ?? []);
  return {
    name: 'LimitRanger',
    mutate(attributes) {
      if (!isLimited(attributes) || !isResource(attributes.kind, '', 'pods')) return;
      for (const items of rangesOf(attributes)) fillDefaults(attributes.object as Pod, items);
    },
    validate(attributes) {
      if (!isLimited(attributes)) return;
      const { kind, object } = attributes;
      const isPod = isResource(kind, '', 'pods');
      for (const items of rangesOf(attributes)) {
        const texts = items.flatMap((item) =>
          isPod ? podTexts(object as Pod, item) : claimTexts(object as PersistentVolumeClaim, item),
        );
        if (texts.length > 0) throw refusal(attributes, apiErrors.aggregateText(texts));
      }
    },
  };
}

/** What a pod's containers ask for changes by a resize only; a claim grows by an update. */
function isLimited({ operation, kind, subresource, old }: AdmissionAttributes): boolean {
  if (operation === 'DELETE' || old?.metadata.deletionTimestamp !== undefined) return false;
  if (isResource(kind, '', 'persistentvolumeclaims')) return subresource === '';
  if (!isResource(kind, '', 'pods')) return false;
  return operation === 'UPDATE' ? subresource === 'resize' : subresource === '';
}

function fillDefaults(pod: Pod, items: readonly LimitRangeItem[]): void {
  const ofContainers = items.filter(({ type }) => type === 'Container');
  const requests: ResourceList = Object.assign({}, ...ofContainers.map((it) => it.defaultRequest ?? {}));
  const limits: ResourceList = Object.assign({}, ...ofContainers.map((it) => it.default ?? {}));
  const texts = [
    ...(pod.spec?.containers ?? []).flatMap((it) => fillContainer(it, 'container', requests, limits)),
    ...(pod.spec?.initContainers ?? []).flatMap((it) => fillContainer(it, 'init container', requests, limits)),
  ];
  if (texts.length === 0) return;
  const text = `LimitRanger plugin set: ${texts.join('; ')}`;
  pod.metadata.annotations = { ...pod.metadata.annotations, [ANNOTATION]: text };
}

/** Says what it set. */
function fillContainer(container: Container, what: string, requests: ResourceList, limits: ResourceList): string[] {
  const { limits: ownLimits = {}, requests: ownRequests = {} } = container.resources ?? {};
  const wanted = Object.keys(requests).filter((name) => ownRequests[name] === undefined);
  const limited = Object.keys(limits).filter((name) => ownLimits[name] === undefined);
  if (wanted.length === 0 && limited.length === 0) return [];
  container.resources = {
    ...container.resources,
    limits: { ...limits, ...ownLimits },
    requests: { ...requests, ...ownRequests },
  };
  const said = (names: readonly string[], kind: string) =>
    names.length === 0 ? [] : [`${[...names].sort().join(', ')} ${kind} for ${what} ${container.name}`];
  return [...said(wanted, 'request'), ...said(limited, 'limit')];
}

function podTexts(pod: Pod, item: LimitRangeItem): string[] {
  if (item.type === 'Pod') return rangeTexts(item, podRequestList(pod, TOTALS), podLimitList(pod, TOTALS));
  if (item.type !== 'Container') return [];
  const containers = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
  return containers.flatMap(({ resources }) => rangeTexts(item, resources?.requests ?? {}, resources?.limits ?? {}));
}

function claimTexts({ spec }: PersistentVolumeClaim, item: LimitRangeItem): string[] {
  if (item.type !== 'PersistentVolumeClaim') return [];
  const requests = spec?.resources?.requests ?? {};
  const least = rangeTexts({ ...item, max: undefined, maxLimitRequestRatio: undefined }, requests, {});
  const most = Object.entries(item.max ?? {}).flatMap(([name, max]) => {
    const rule = `maximum ${name} usage per ${item.type} is ${max}`;
    const request = requests[name];
    if (request === undefined) return [`${rule}.  No request is specified`];
    return isMore(request, max) ? [`${rule}, but request is ${request}`] : [];
  });
  return [...least, ...most];
}

function rangeTexts(
  { type, min, max, maxLimitRequestRatio }: LimitRangeItem,
  requests: ResourceList,
  limits: ResourceList,
): string[] {
  const texts: string[] = [];
  for (const [name, least] of Object.entries(min ?? {})) {
    const rule = `minimum ${name} usage per ${type} is ${least}`;
    const [request, limit] = [requests[name], limits[name]];
    if (request === undefined) texts.push(`${rule}.  No request is specified`);
    else if (isMore(least, request)) texts.push(`${rule}, but request is ${request}`);
    else if (limit !== undefined && isMore(least, limit)) texts.push(`${rule}, but limit is ${limit}`);
  }
  for (const [name, most] of Object.entries(max ?? {})) {
    const rule = `maximum ${name} usage per ${type} is ${most}`;
    const [request, limit] = [requests[name], limits[name]];
    if (limit === undefined) texts.push(`${rule}.  No limit is specified`);
    else if (isMore(limit, most)) texts.push(`${rule}, but limit is ${limit}`);
    else if (request !== undefined && isMore(request, most)) texts.push(`${rule}, but request is ${request}`);
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

function isMore(a: string, b: string): boolean {
  return compareQuantities(a, b) > 0;
}
