import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Pod } from '@keelson/api';
import { seededRandom } from '@keelson/service';
import { admitted, written } from '../../../test/admission.js';
import { world } from '../../../test/world.js';
import { Admission } from '../admission.js';
import { serviceAccount } from './service-account.js';

const namespace = 'default';

describe('the service accounts of pods', () => {
  let cluster: Awaited<ReturnType<typeof world>>;
  let accounts: ReturnType<typeof cluster.collection>;
  let admission: Admission;

  const make = async (name: string, more: object = {}, annotations: object = {}) => {
    await cluster.make('serviceaccounts', '', { metadata: { name, annotations }, ...more });
    await cluster.cache.fresh();
  };

  before(async () => {
    cluster = await world();
    accounts = cluster.collection('serviceaccounts');
    admission = new Admission([serviceAccount(accounts, { random: seededRandom(1), clock: cluster.clock })]);
    const named = { secrets: [{ name: 'own' }], imagePullSecrets: [{ name: 'pull' }] };
    await make(
      'strict',
      { ...named, automountServiceAccountToken: false },
      { 'kubernetes.io/enforce-mountable-secrets': 'T' },
    );
    await make('lax', named, { 'kubernetes.io/enforce-mountable-secrets': 'yes' });
  });
  after(() => cluster.close());

  async function admit(
    spec: object,
    more: { old?: object; subresource?: string; annotations?: object } = {},
  ): Promise<Pod> {
    const { annotations = {}, ...asked } = more;
    const object = { metadata: { name: 'p', namespace, annotations }, spec };
    return (await admitted(admission, written(cluster.pods.kind, object, asked))) as Pod;
  }
  const env = (name: string) => [{ name: 'E', valueFrom: { secretKeyRef: { name, key: 'k' } } }];
  const container = (more: object = {}) => ({ name: 'c', image: 'i', ...more });

  it('waits some time for the default one, and for no other', async () => {
    const late = admit({ containers: [container()] });
    for (let step = 0; step < 5; step++) await cluster.clock.advanceAsync(100);
    await make('default');
    for (let step = 0; step < 5; step++) await cluster.clock.advanceAsync(100);
    const { spec } = await late;
    assert.equal(spec?.serviceAccountName, 'default');
    assert.match(spec?.containers?.[0]?.volumeMounts?.[0]?.name ?? '', /^kube-api-access-.{5}$/);
    await assert.rejects(
      admit({ serviceAccountName: 'none', containers: [] }),
      /^ApiError: pods "p" is forbidden: error looking up service account default\/none: serviceaccount "none" not found$/,
    );
    await assert.rejects(
      admit({ serviceAccountName: 'a/b', containers: [] }),
      /: error looking up service account default\/a\/b: invalid resource name "a\/b": \[may not contain '\/']$/,
    );
  });

  it('keeps pods to the secrets that the account names, where it says so', async () => {
    const reference = 'is not allowed because service account strict does not reference that';
    const cases: [object, string | undefined][] = [
      [{ volumes: [{ name: 'v', secret: { secretName: 'own' } }] }, undefined],
      [
        { volumes: [{ name: 'v', secret: { secretName: 'x' } }] },
        `volume with secret.secretName="x" ${reference} secret`,
      ],
      [{ containers: [container({ env: env('own'), envFrom: [{ secretRef: { name: 'own' } }] })] }, undefined],
      [
        { containers: [container({ env: env('x') })] },
        `container c with envVar E referencing secret.secretName="x" ${reference} secret`,
      ],
      [
        { containers: [container({ envFrom: [{ secretRef: { name: 'x' } }] })] },
        `container c with envFrom referencing secret.secretName="x" ${reference} secret`,
      ],
      [
        { initContainers: [container({ env: env('x') })], containers: [container({ env: env('y') })] },
        `init container c with envVar E referencing secret.secretName="x" ${reference} secret`,
      ],
      [{ imagePullSecrets: [{ name: 'pull' }] }, undefined],
      [
        { imagePullSecrets: [{ name: 'pull' }, { name: 'x' }] },
        `imagePullSecrets[1].name="x" ${reference} imagePullSecret`,
      ],
      // Only these are looked at.
      [{ volumes: [{ name: 'v', projected: { sources: [{ secret: { name: 'x' } }] } }] }, undefined],
    ];
    for (const [spec, text] of cases) {
      const admitted = admit({ containers: [container()], serviceAccountName: 'strict', ...spec });
      if (text === undefined) await admitted;
      else await assert.rejects(admitted, { code: 403, message: `pods "p" is forbidden: ${text}` });
      await admit({ containers: [container()], serviceAccountName: 'lax', ...spec });
    }
  });

  it('looks at containers that come later too', async () => {
    const come = (serviceAccountName: string | undefined, secret: string) => {
      const spec = {
        serviceAccountName,
        containers: [container()],
        ephemeralContainers: [container({ env: env(secret) })],
      };
      return admit(spec, { old: { metadata: {}, spec: {} }, subresource: 'ephemeralcontainers' });
    };
    await come('strict', 'own');
    await come('lax', 'x');
    await assert.rejects(come('strict', 'x'), {
      code: 500,
      message:
        'ephemeral container c with envVar E referencing secret.secretName="x" is not allowed because service account strict does not reference that secret',
    });
    await assert.rejects(come(undefined, 'x'), /no service account specified for pod default\/p/);
  });

  it('gives a mirror pod nothing and lets it name nothing', async () => {
    const annotations = { 'kubernetes.io/config.mirror': 'x' };
    const { spec } = await admit({ containers: [container()] }, { annotations });
    assert.equal(spec?.serviceAccountName, undefined);
    await assert.rejects(
      admit({ containers: [container({ env: env('own') })] }, { annotations }),
      /a mirror pod may not reference secrets/,
    );
    await assert.rejects(
      admit({ serviceAccountName: 'strict', containers: [] }, { annotations }),
      /a mirror pod may not reference service accounts/,
    );
  });
});
