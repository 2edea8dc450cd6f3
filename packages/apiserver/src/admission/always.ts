import { type AdmissionAttributes, type AdmissionPlugin, type Connection, refusal } from './admission.js';

export const alwaysAdmit: AdmissionPlugin = { name: 'AlwaysAdmit' };

/** For tests of what becomes of refused writes. */
export const alwaysDeny: AdmissionPlugin = { name: 'AlwaysDeny', validate: deny, validateConnection: deny };

function deny(attributes: AdmissionAttributes | Connection): never {
  throw refusal(attributes, 'admission control is denying all modifications');
}
