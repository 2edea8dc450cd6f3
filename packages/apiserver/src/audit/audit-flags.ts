import type { FlagTable } from '@keelson/service';

const MODES = ['batch', 'blocking', 'blocking-strict'] as const;
const VERSIONS = ['audit.k8s.io/v1'] as const;

const mode = (fallback: (typeof MODES)[number]) =>
  ({
    type: 'string',
    choices: MODES,
    default: fallback,
    description:
      'batch: requests do not wait for events to be kept; blocking: they do; blocking-strict: one whose first event cannot be kept is refused',
  }) as const;
const number = (fallback: number, description: string) => ({ type: 'number', default: fallback, description }) as const;
const boolean = (fallback: boolean, description: string) =>
  ({ type: 'boolean', default: fallback, description }) as const;
const time = (fallback: string, description: string) => ({ type: 'string', default: fallback, description }) as const;
const version = {
  type: 'string',
  choices: VERSIONS,
  default: 'audit.k8s.io/v1',
  description: 'Version in which events are written',
} as const;

/** What is recorded of requests, and where: kube-apiserver's names. */
export const auditFlags = {
  'audit-policy-file': { type: 'string', description: 'File with an audit Policy: what is recorded of which requests' },
  'audit-log-path': { type: 'string', description: 'File that events are written to, a line each; -: standard output' },
  'audit-log-format': {
    type: 'string',
    choices: ['json', 'legacy'],
    default: 'json',
    description: 'Form of the lines',
  },
  'audit-log-version': version,
  'audit-log-maxsize': number(100, 'Megabytes at which the file is put aside; 0: never'),
  'audit-log-maxbackup': number(100, 'Files put aside that are kept; 0: all'),
  'audit-log-maxage': number(366, 'Days for which they are kept; 0: for ever'),
  'audit-log-compress': boolean(false, 'Whether files put aside are compressed'),
  'audit-log-mode': mode('blocking'),
  'audit-log-batch-buffer-size': number(10_000, 'Events that may wait; more are lost'),
  'audit-log-batch-max-size': number(1, 'Events in a batch'),
  'audit-log-batch-max-wait': time('0s', 'How long an event waits for others at the most'),
  'audit-log-batch-throttle-enable': boolean(false, 'Whether batches are limited to a rate'),
  'audit-log-batch-throttle-qps': number(0, 'Batches a second'),
  'audit-log-batch-throttle-burst': number(0, 'Batches at once after a rest'),
  'audit-log-truncate-enabled': boolean(false, 'Whether large events and batches are made smaller'),
  'audit-log-truncate-max-event-size': number(
    100 * 1024,
    'Bytes of an event; of a larger one the objects are left out',
  ),
  'audit-log-truncate-max-batch-size': number(10 * 1024 * 1024, 'Bytes of a batch; a larger one is split'),
  'audit-webhook-config-file': {
    type: 'string',
    description: 'File in the form of a kubeconfig of a webhook that events are sent to',
  },
  'audit-webhook-version': version,
  'audit-webhook-initial-backoff': time('10s', 'How long it rests before a batch is sent a second time'),
  'audit-webhook-mode': mode('batch'),
  'audit-webhook-batch-buffer-size': number(10_000, 'Events that may wait; more are lost'),
  'audit-webhook-batch-max-size': number(400, 'Events in a batch'),
  'audit-webhook-batch-max-wait': time('30s', 'How long an event waits for others at the most'),
  'audit-webhook-batch-throttle-enable': boolean(true, 'Whether batches are limited to a rate'),
  'audit-webhook-batch-throttle-qps': number(10, 'Batches a second'),
  'audit-webhook-batch-throttle-burst': number(15, 'Batches at once after a rest'),
  'audit-webhook-truncate-enabled': boolean(false, 'Whether large events and batches are made smaller'),
  'audit-webhook-truncate-max-event-size': number(
    100 * 1024,
    'Bytes of an event; of a larger one the objects are left out',
  ),
  'audit-webhook-truncate-max-batch-size': number(10 * 1024 * 1024, 'Bytes of a batch; a larger one is split'),
} as const satisfies FlagTable;
