import { type AdmissionPlugin, refusal } from './admission.js';

export const alwaysAdmit: AdmissionPlugin = { name: 'AlwaysAdmit' };

/** For tests of what becomes of refused writes. */
export const alwaysDeny: AdmissionPlugin = {
  name: 'AlwaysDeny',
  validate(attributes) {
    throw refusal(attributes, 'admission control is denying all modifications');
  },
};
