import { areBothFamilies, parseRange } from '../../../addresses.js';
import {
  duplicate,
  type FieldError,
  forbidden,
  internal,
  invalid,
  notSupported,
  type Path,
  path,
  quote,
  required,
} from '../../../field-errors.js';
import type { Node, Taint } from '../../../gen/types.js';
import { internalForm } from '../../../internal-form.js';
import { validateLabelName } from '../../../meta.js';
import { labelValueErrors, maxLengthError } from '../../../names.js';
import { ipRange } from '../../addresses.js';
import { validateResourceQuantity } from '../resource-names.js';
import { validateConfigSource, validateConfigStatus } from './config-source.js';

const spec = path('spec');
const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];
const FEATURE = /^[A-Z][a-zA-Z0-9]*(\/[a-zA-Z][a-zA-Z0-9]*)*$/;
const FEATURE_BYTES_MAX = 253;
const NO_FEATURE =
  "must start with an UpperCamelCase segment, with subsequent segments separated by '/' (e.g., MyFeature or MyFeature/mySubFeature), and contain only alphanumeric characters and slashes";

export function validateNode(it: Node): FieldError[] {
  return [
    ...validateTaints(it.spec?.taints ?? []),
    ...validateResources(it),
    ...validateRanges(it.spec?.podCIDRs ?? []),
    ...validateFeatures(it.status?.declaredFeatures ?? []),
  ];
}

/** Of the whole object as of its status. */
export function validateChange(next: Node, old: Node): FieldError[] {
  const [now, before] = [next.spec ?? {}, old.spec ?? {}];
  const { providerID: provider = '', externalID: external = '' } = before;
  const config = next.status?.config;
  return [
    ...validateResources(next),
    ...validateAddresses(next),
    ...unchangedRanges(now.podCIDRs ?? [], before.podCIDRs ?? []),
    ...(provider !== '' && provider !== (now.providerID ?? '') ? [onlyOnce('providerID', 'providerID')] : []),
    ...(now.configSource === undefined ? [] : validateConfigSource(now.configSource, spec.child('configSource'))),
    ...(config === undefined ? [] : validateConfigStatus(config, path('status', 'config'))),
    ...validateTaints(now.taints ?? []),
    ...(external !== (now.externalID ?? '') ? [forbidden(spec.child('externalID'), 'may not be updated')] : []),
    ...validateFeatures(next.status?.declaredFeatures ?? []),
  ];
}

/** Upstream tells of them as if they were metadata. */
function validateTaints(taints: readonly Taint[]): FieldError[] {
  const seen = new Set<string>();
  return taints.flatMap((taint, index) => {
    const at = path('metadata', 'taints').index(index);
    const { key = '', value = '', effect = '' } = taint;
    const errors = validateLabelName(key, at.child('key'));
    const bad = labelValueErrors(value);
    if (bad.length > 0) errors.push(invalid(at.child('value'), value, bad.join(';')));
    if (effect === '') errors.push(required(at.child('effect')));
    else if (!EFFECTS.includes(effect)) errors.push(notSupported(at.child('effect'), effect, EFFECTS));
    const pair = `${key}/${effect}`;
    if (seen.has(pair)) {
      const shown = internalForm('io.k8s.api.core.v1.Taint', taint);
      errors.push({ ...duplicate(at, shown), detail: 'taints must be unique by key and effect pair' });
    }
    seen.add(pair);
    return errors;
  });
}

function validateResources(it: Node): FieldError[] {
  return (['capacity', 'allocatable'] as const).flatMap((field) =>
    Object.entries(it.status?.[field] ?? {}).flatMap(([name, value]) =>
      validateResourceQuantity(name, value, path('status', field, name)),
    ),
  );
}

function validateRanges(ranges: readonly string[]): FieldError[] {
  const at = spec.child('podCIDRs');
  const errors = ranges.flatMap((range, index) => ipRange(range, at.index(index)));
  if (ranges.length < 2) return errors;
  const parsed = ranges.map(parseRange);
  const bad = parsed.indexOf(undefined);
  if (bad >= 0) {
    const why = `invalid CIDR[${bad}]: <nil> (invalid CIDR address: ${ranges[bad]})`;
    errors.push(internal(at, `invalid PodCIDRs. failed to check with dual stack with error:${why}`));
  }
  if (bad >= 0 || ranges.length > 2 || !areBothFamilies(parsed.map((range) => range?.first)))
    errors.push(invalid(at, ranges, 'may specify no more than one CIDR for each IP family'));
  return errors;
}

function onlyOnce(field: string, name: string): FieldError {
  return forbidden(spec.child(field), `node updates may not change ${name} except from "" to valid`);
}

function unchangedRanges(now: readonly string[], before: readonly string[]): FieldError[] {
  if (before.length === 0) return [];
  if (before.length !== now.length) return [onlyOnce('podCIDRs', 'podCIDR')];
  return before.flatMap((range, index) => (range === now[index] ? [] : [onlyOnce('podCIDRs', 'podCIDR')]));
}

function validateAddresses(it: Node): FieldError[] {
  const seen = new Set<string>();
  return (it.status?.addresses ?? []).flatMap(({ type = '', address = '' }, index) => {
    const pair = JSON.stringify([type, address]);
    const isTwice = seen.has(pair);
    seen.add(pair);
    const at = path('status', 'addresses').index(index);
    return isTwice ? [duplicate(at, { Type: type, Address: address })] : [];
  });
}

/** What a kubelet says that it can do: names in order, each once. */
function validateFeatures(features: readonly string[]): FieldError[] {
  const at = path('status', 'declaredFeatures');
  return features.flatMap((name, index) => {
    const before = features[index - 1];
    const errors: FieldError[] = [];
    if (before === name) errors.push(duplicate(at.index(index), name));
    else if (before !== undefined && Buffer.compare(Buffer.from(before), Buffer.from(name)) > 0)
      errors.push(invalid(at.index(index), name, 'list must be sorted alphabetically'));
    return [...errors, ...validateFeature(name, at.index(index))];
  });
}

function validateFeature(name: string, at: Path): FieldError[] {
  const refuse = (text: string) => [invalid(at, name, `invalid feature name ${quote(name)}: ${text}`)];
  if (Buffer.byteLength(name) > FEATURE_BYTES_MAX) return refuse(maxLengthError(FEATURE_BYTES_MAX));
  return FEATURE.test(name) ? [] : refuse(NO_FEATURE);
}
