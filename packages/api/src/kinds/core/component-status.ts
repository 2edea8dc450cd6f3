import type { ComponentStatus } from '../../gen/types.js';
import { defineKind } from '../../kind.js';
import { nameColumn } from '../columns.js';

/** Made when asked for and never kept: what the parts that the server knows of say of themselves. */
export const componentStatus = defineKind<ComponentStatus>({
  group: '',
  version: 'v1',
  kind: 'ComponentStatus',
  plural: 'componentstatuses',
  singular: 'componentstatus',
  shortNames: ['cs'],
  scope: 'Cluster',
  deprecation: 'v1 ComponentStatus is deprecated in v1.19+',
  verbs: ['get', 'list'],
  columns: [
    nameColumn(),
    { name: 'Status', type: 'string', value: (it) => healthOf(it).word },
    { name: 'Message', type: 'string', value: (it) => healthOf(it).message },
    { name: 'Error', type: 'string', value: (it) => healthOf(it).error },
  ],
});

function healthOf(it: ComponentStatus): { word: string; message: string; error: string } {
  const healthy = it.conditions?.find((condition) => condition.type === 'Healthy');
  const word = healthy?.status === 'True' ? 'Healthy' : healthy?.status === 'False' ? 'Unhealthy' : 'Unknown';
  return { word, message: healthy?.message ?? '', error: healthy?.error ?? '' };
}
