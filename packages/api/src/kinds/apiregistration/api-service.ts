import { path } from '../../field-errors.js';
import type { APIService } from '../../gen/types.js';
import { defineKind, status } from '../../kind.js';
import { pathSegmentName } from '../../meta.js';
import { ageColumn, nameColumn } from '../columns.js';
import { inRange, requiredString } from '../rules.js';

const spec = path('spec');

export const apiService = defineKind<APIService>({
  group: 'apiregistration.k8s.io',
  version: 'v1',
  kind: 'APIService',
  plural: 'apiservices',
  categories: ['api-extensions'],
  scope: 'Cluster',
  updateMetadata: 'both',
  plainFinalizers: true,
  nameRule: pathSegmentName,
  strategy: { allowUnconditionalUpdate: false },
  subresources: [status],
  columns: [
    nameColumn(),
    {
      name: 'Service',
      type: 'string',
      value: ({ spec: own }) => (own?.service === undefined ? 'Local' : `${own.service.namespace}/${own.service.name}`),
    },
    { name: 'Available', type: 'string', value: availableText },
    ageColumn(),
  ],
  defaults(it) {
    if (it.spec?.service !== undefined) it.spec.service.port ??= 443;
  },
  validate: ({ spec: own = {} }) => [
    ...requiredString(own.version, spec.child('version')),
    ...inRange(own.groupPriorityMinimum ?? 0, 1, 20_000, spec.child('groupPriorityMinimum')),
    ...inRange(own.versionPriority ?? 0, 1, 1000, spec.child('versionPriority')),
  ],
});

function availableText({ status: state = {} }: APIService): string {
  const available = state.conditions?.find((condition) => condition.type === 'Available');
  if (available === undefined) return 'Unknown';
  return available.status === 'True' ? 'True' : `${available.status} (${available.reason})`;
}
