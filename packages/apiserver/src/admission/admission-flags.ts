import type { FlagTable } from '@keelson/service';

/** What is admitted: kube-apiserver's names. */
export const admissionFlags = {
  'enable-admission-plugins': {
    type: 'string',
    description: 'Comma-separated admission plugins to use beside those that are used by default',
  },
  'disable-admission-plugins': {
    type: 'string',
    description: 'Comma-separated admission plugins not to use though they are by default',
  },
  'admission-control-config-file': {
    type: 'string',
    description: 'File with an AdmissionConfiguration: what plugins are configured by',
  },
  'default-not-ready-toleration-seconds': {
    type: 'number',
    default: 300,
    description: 'How long pods stay on a node that is not ready, unless they say',
  },
  'default-unreachable-toleration-seconds': {
    type: 'number',
    default: 300,
    description: 'How long pods stay on a node that is not heard of, unless they say',
  },
} as const satisfies FlagTable;
