import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { cri } from '@keelson/protocol';
import { projectedPayload } from '../volumes/payload.js';
import { commonUserOf, verifyRunAsNonRoot } from './run-as.js';
import { container, podOf } from './testing.js';

const image = (more: Partial<cri.Image>) => ({ id: 'i', username: '', ...more }) as cri.Image;
const root = image({ uid: { value: 0 } });

function refusal(pod: ReturnType<typeof podOf>, of: cri.Image | undefined): string | undefined {
  try {
    verifyRunAsNonRoot(pod, pod.spec?.containers?.[0] ?? {}, of);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

test('a container that must not run as root does not, whoever would have made it so', () => {
  const where = '(pod: "web_default(u1)", container: main)';
  const nonRoot = podOf({ securityContext: { runAsNonRoot: true } });
  assert.equal(refusal(nonRoot, root), `container has runAsNonRoot and image will run as root ${where}`);
  assert.equal(refusal(nonRoot, image({})), `container has runAsNonRoot and image will run as root ${where}`);
  assert.equal(
    refusal(nonRoot, image({ username: 'nobody' })),
    `container has runAsNonRoot and image has non-numeric user (nobody), cannot verify user is non-root ${where}`,
  );
  assert.equal(refusal(nonRoot, image({ uid: { value: 1000 } })), undefined);
  const asRoot = podOf({ securityContext: { runAsNonRoot: true, runAsUser: 0 } });
  assert.equal(refusal(asRoot, image({ uid: { value: 5 } })), `container's runAsUser breaks non-root policy ${where}`);
  assert.equal(refusal(podOf({ securityContext: { runAsNonRoot: true, runAsUser: 7 } }), root), undefined);
  assert.equal(refusal(podOf(), root), undefined);
});

test('the container’s word goes before the pod’s', () => {
  const main = container('main', { securityContext: { runAsNonRoot: false } });
  assert.equal(refusal(podOf({ securityContext: { runAsNonRoot: true }, containers: [main] }), root), undefined);
  const strict = container('main', { securityContext: { runAsNonRoot: true, runAsUser: 0 } });
  assert.match(
    refusal(podOf({ securityContext: { runAsUser: 7 }, containers: [strict] }), root) ?? '',
    /^container's runAsUser breaks/,
  );
});

const as = (name: string, runAsUser?: number) =>
  container(name, runAsUser === undefined ? {} : { securityContext: { runAsUser } });

test('a pod has a user if all its containers have the same', () => {
  assert.equal(commonUserOf(podOf()), undefined);
  assert.equal(commonUserOf(podOf({ securityContext: { runAsUser: 5 } })), 5);
  assert.equal(commonUserOf(podOf({ containers: [as('a', 5), as('b', 5)], initContainers: [as('i', 5)] })), 5);
  assert.equal(commonUserOf(podOf({ containers: [as('a', 5), as('b', 6)] })), undefined);
  assert.equal(commonUserOf(podOf({ containers: [as('a', 5), as('b')] })), undefined);
  assert.equal(commonUserOf(podOf({ containers: [as('a', 5)], initContainers: [as('i', 6)] })), undefined);
});

test('a token is readable by who must read it, and by no more than need be', async () => {
  const tokenOf = async (spec: object) => {
    const sources = { pod: podOf(spec), token: async () => 'secret' } as never;
    const payload = await projectedPayload([{ serviceAccountToken: { path: 'token' } }], 0o644, sources);
    const { mode = 0, uid } = payload.get('token') ?? {};
    return [mode.toString(8), uid];
  };
  assert.deepEqual(await tokenOf({}), ['644', undefined]);
  assert.deepEqual(await tokenOf({ securityContext: { runAsUser: 5 } }), ['600', 5]);
  assert.deepEqual(await tokenOf({ containers: [as('a', 5), as('b', 6)] }), ['644', undefined]);
  assert.deepEqual(await tokenOf({ securityContext: { fsGroup: 9 } }), ['600', undefined]);
  assert.deepEqual(await tokenOf({ securityContext: { fsGroup: 9, runAsUser: 5 } }), ['600', 5]);
});
