import type { Service } from '@keelson/api';
import { type AdmissionPlugin, isResource, refusal } from './admission.js';

/** No Service takes addresses that are not the cluster's to give; those that it has may stay. */
export const denyServiceExternalIps: AdmissionPlugin = {
  name: 'DenyServiceExternalIPs',
  validate(attributes) {
    const { operation, kind, object, old, subresource } = attributes;
    if (operation === 'DELETE' || subresource !== '' || !isResource(kind, '', 'services')) return;
    const before = new Set((old as Service | undefined)?.spec?.externalIPs);
    if (((object as Service).spec?.externalIPs ?? []).every((address) => before.has(address))) return;
    throw refusal(attributes, 'Use of external IPs is denied by admission control');
  },
};
