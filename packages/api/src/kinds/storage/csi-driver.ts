import { duplicate, type FieldError, invalid, type Path, path } from '../../field-errors.js';
import type { CSIDriver, StorageV1TokenRequest } from '../../gen/types.js';
import { oneMore } from '../../int64.js';
import { defineKind } from '../../kind.js';
import { immutableField } from '../../meta.js';
import { deepEqual } from '../../object.js';
import { ageColumn, nameColumn } from '../columns.js';
import { isSpecSame } from '../core/pod-spec/warnings.js';
import { tokenSeconds } from '../core/volumes/projected.js';
import { oneOf, oneOfOrAbsent } from '../rules.js';

const spec = path('spec');

/** What is behind a feature gate that is off. */
function dropGated(it: CSIDriver): void {
  delete it.spec?.preventPodSchedulingIfMissing;
}

const TOKENS_IN_ATTRIBUTES =
  'spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent possible logging of tokens in volume attributes';

export const csiDriver = defineKind<CSIDriver>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIDriver',
  plural: 'csidrivers',
  scope: 'Cluster',
  strategy: {
    allowUnconditionalUpdate: false,
    warnings(it, old) {
      const { tokenRequests = [], serviceAccountTokenInSecrets } = it.spec ?? {};
      if (isSpecSame(it, old) || tokenRequests.length === 0) return [];
      return serviceAccountTokenInSecrets === undefined ? [TOKENS_IN_ATTRIBUTES] : [];
    },
    prepareForCreate: dropGated,
    prepareForUpdate(next, old) {
      if (old.spec?.preventPodSchedulingIfMissing === undefined) dropGated(next);
      if (!deepEqual(next.spec, old.spec)) next.metadata.generation = oneMore(old.metadata.generation ?? 0);
    },
  },
  columns: [
    nameColumn(),
    { name: 'AttachRequired', type: 'boolean', value: (it) => it.spec?.attachRequired ?? true },
    { name: 'PodInfoOnMount', type: 'boolean', value: (it) => it.spec?.podInfoOnMount ?? false },
    { name: 'StorageCapacity', type: 'boolean', value: (it) => it.spec?.storageCapacity ?? false },
    {
      name: 'TokenRequests',
      type: 'string',
      value: ({ spec: own }) => own?.tokenRequests?.map(({ audience = '' }) => audience).join(',') ?? '<unset>',
    },
    { name: 'RequiresRepublish', type: 'boolean', value: (it) => it.spec?.requiresRepublish ?? false },
    { name: 'Modes', type: 'string', value: (it) => (it.spec?.volumeLifecycleModes ?? []).join(',') || '<none>' },
    ageColumn(),
  ],
  defaults(it) {
    it.spec ??= {};
    it.spec.attachRequired ??= true;
    it.spec.podInfoOnMount ??= false;
    it.spec.storageCapacity ??= false;
    it.spec.fsGroupPolicy ??= 'ReadWriteOnceWithFSType';
    it.spec.volumeLifecycleModes ??= ['Persistent'];
    it.spec.requiresRepublish ??= false;
    it.spec.seLinuxMount ??= false;
  },
  validate: ({ spec: own = {} }) => [
    ...oneOfOrAbsent(own.fsGroupPolicy, ['File', 'None', 'ReadWriteOnceWithFSType'], spec.child('fsGroupPolicy')),
    ...validateTokenRequests(own.tokenRequests ?? [], spec.child('tokenRequests')),
    ...(own.volumeLifecycleModes ?? []).flatMap((mode) =>
      oneOf(mode, ['Persistent', 'Ephemeral'], spec.child('volumeLifecycleModes')),
    ),
    ...validatePeriod(own.nodeAllocatableUpdatePeriodSeconds, spec.child('nodeAllocatableUpdatePeriodSeconds')),
    ...(own.serviceAccountTokenInSecrets !== undefined && (own.tokenRequests ?? []).length === 0
      ? [invalid(spec.child('serviceAccountTokenInSecrets'), own.serviceAccountTokenInSecrets, NO_TOKENS)]
      : []),
  ],
  // Upstream's own spelling.
  validateUpdate: ({ spec: next = {} }, { spec: old = {} }) => [
    ...immutableField(next.attachRequired, old.attachRequired, spec.child('attachedRequired')),
    ...immutableField(next.volumeLifecycleModes, old.volumeLifecycleModes, spec.child('volumeLifecycleModes')),
  ],
});

const NO_TOKENS = 'serviceAccountTokenInSecrets is set but no tokenRequests are specified';

/** Of two requests for one audience the first counts, and only that is looked at. */
function validateTokenRequests(requests: readonly StorageV1TokenRequest[], at: Path): FieldError[] {
  const seen = new Set<string>();
  return requests.flatMap(({ audience = '', expirationSeconds }, index) => {
    const here = at.index(index);
    if (seen.has(audience)) return [duplicate(here.child('audience'), audience)];
    seen.add(audience);
    return tokenSeconds(expirationSeconds, here.child('expirationSeconds'));
  });
}

function validatePeriod(seconds: number | undefined, at: Path): FieldError[] {
  return seconds !== undefined && seconds < 10
    ? [invalid(at, seconds, 'must be greater than or equal to 10 seconds')]
    : [];
}
