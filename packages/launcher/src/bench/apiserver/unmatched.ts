import type { HttpCall } from '@keelson/service';
import type { Measured } from '../report.js';
import type { Contender } from './contender.js';
import { call, succeed } from './objects.js';

const GROUP = '/apis/admissionregistration.k8s.io/v1';
const POLICIES = 200;
const WEBHOOKS = 100;
/** Requests that are made side by side. */
const AT_ONCE = 8;

/** What a load is put beside. */
export const UNMATCHED = `${POLICIES} policies and ${WEBHOOKS} webhooks that match nothing`;

const rule = (at: number) => ({
  ...{ apiGroups: ['bench.example.com'], apiVersions: ['*'], operations: ['*'], resources: [`things${at}`] },
});

interface Made {
  readonly path: string;
  readonly body: (name: string, at: number) => object;
  readonly count: number;
}

const MADE: readonly Made[] = [
  {
    path: `${GROUP}/validatingadmissionpolicies`,
    count: POLICIES,
    body: (name, at) => ({
      metadata: { name },
      spec: {
        matchConstraints: { resourceRules: [rule(at)] },
        validations: [{ expression: 'object.spec.size < 10 && object.metadata.name.startsWith("a")' }],
      },
    }),
  },
  {
    path: `${GROUP}/validatingadmissionpolicybindings`,
    count: POLICIES,
    body: (name) => ({ metadata: { name }, spec: { policyName: name, validationActions: ['Deny'] } }),
  },
  ...['mutating', 'validating'].map((sort) => ({
    path: `${GROUP}/${sort}webhookconfigurations`,
    count: WEBHOOKS / 2,
    body: (name: string, at: number) => ({
      metadata: { name },
      webhooks: [
        {
          ...{ name: `${name}.bench.example.com`, sideEffects: 'None', admissionReviewVersions: ['v1'] },
          ...{ clientConfig: { url: 'https://127.0.0.1:1/' }, rules: [rule(at)] },
        },
      ],
    }),
  })),
];

/** How fast a load is beside them, and which share that is of how fast it is without, before and after. */
export async function besideUnmatched(
  contender: Contender,
  load: () => Promise<readonly Measured[]>,
): Promise<Measured[]> {
  const [before] = await load();
  await each(contender, ({ path, body }, at, name) => call('POST', path, body(name, at)));
  const [beside] = await load();
  await each(contender, ({ path }, _at, name) => call('DELETE', `${path}/${name}`));
  const [after] = await load();
  const without = (before!.value + after!.value) / 2;
  return [
    beside!,
    { value: (100 * beside!.value) / without, note: `${without.toFixed(0)}/s without; ${before!.note}` },
  ];
}

async function each(contender: Contender, request: (made: Made, at: number, name: string) => HttpCall): Promise<void> {
  const calls = MADE.flatMap((made) => Array.from({ length: made.count }, (_, at) => request(made, at, `bench-${at}`)));
  const callers = contender.open(AT_ONCE);
  const client = async (caller: (typeof callers)[number]) => {
    for (let next = calls.shift(); next !== undefined; next = calls.shift()) await succeed(caller, next);
  };
  try {
    await Promise.all(callers.map(client));
  } finally {
    for (const caller of callers) caller.close();
  }
}
