import type { PersistentVolumeClaim } from '../gen/types.js';
import { compareQuantities, formatQuantity, parseQuantity } from '../quantity.js';
import { countName, matchesNames, type QuotaEvaluator } from './evaluator.js';

const COUNT = countName('', 'persistentvolumeclaims');
const CLAIMS = 'persistentvolumeclaims';
const STORAGE = 'requests.storage';
const NAMES: ReadonlySet<string> = new Set([COUNT, CLAIMS, STORAGE]);
/** Between a storage class and what is limited of it. */
const OF_CLASS = '.storageclass.storage.k8s.io/';
const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';

export const volumeClaims: QuotaEvaluator = {
  handles({ operation, subresource, object, old }) {
    if (subresource === 'status' && operation === 'UPDATE')
      return usesOtherwise(object as PersistentVolumeClaim, old as PersistentVolumeClaim);
    return subresource === '' && operation !== 'DELETE';
  },
  matching: (names) =>
    names.filter((it) => NAMES.has(it) || it.endsWith(`${OF_CLASS}${CLAIMS}`) || it.endsWith(`${OF_CLASS}${STORAGE}`)),
  isInScope: (scope, object) =>
    scope.scopeName === 'VolumeAttributesClass' &&
    matchesNames(scope, attributeClasses(object as PersistentVolumeClaim)),
  usage(object) {
    const claim = object as PersistentVolumeClaim;
    const storageClass = claim.metadata.annotations?.[CLASS_ANNOTATION] ?? claim.spec?.storageClassName ?? '';
    const storage = storageOf(claim);
    const usage: Record<string, string> = { [CLAIMS]: '1', [COUNT]: '1' };
    if (storageClass !== '') usage[`${storageClass}${OF_CLASS}${CLAIMS}`] = '1';
    if (storage === undefined) return usage;
    usage[STORAGE] = storage;
    if (storageClass !== '') usage[`${storageClass}${OF_CLASS}${STORAGE}`] = storage;
    return usage;
  },
};

/** What is asked for, or more where more is there already; whole bytes. */
function storageOf({ spec, status }: PersistentVolumeClaim): string | undefined {
  const asked = spec?.resources?.requests?.['storage'];
  const allocated = status?.allocatedResources?.['storage'];
  if (asked === undefined) return undefined;
  return wholeBytes(allocated !== undefined && compareQuantities(allocated, asked) > 0 ? allocated : asked);
}

const NANO = 1_000_000_000n;

function wholeBytes(text: string): string {
  const { nanos, format } = parseQuantity(text);
  return nanos % NANO === 0n ? text : formatQuantity({ nanos: (nanos / NANO + 1n) * NANO, format });
}

function attributeClasses({ spec, status }: PersistentVolumeClaim): string[] {
  const names = [
    ...[spec?.volumeAttributesClassName, status?.currentVolumeAttributesClassName],
    status?.modifyVolumeStatus?.targetVolumeAttributesClassName,
  ];
  return [...new Set(names.filter((name) => !!name) as string[])];
}

function usesOtherwise(next: PersistentVolumeClaim, old: PersistentVolumeClaim): boolean {
  if (next.status?.allocatedResources?.['storage'] !== old.status?.allocatedResources?.['storage']) return true;
  return attributeClasses(next).sort().join() !== attributeClasses(old).sort().join();
}
