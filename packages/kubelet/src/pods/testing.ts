import type { Container, Pod, PodSpec } from '@keelson/api';
import type { RuntimeContainer, RuntimePod, RuntimeSandbox } from '../cri/runtime-pod.js';
import { containerHash } from './pod-facts.js';

/** Builders for the tests of pure functions over pods. */

export function container(name: string, more: Partial<Container> = {}): Container {
  return { name, image: 'image', ...more };
}

export function podOf(spec: Partial<PodSpec> = {}, more: Partial<Pod> = {}): Pod {
  return {
    metadata: { name: 'web', namespace: 'default', uid: 'u1', generation: 2 },
    spec: { restartPolicy: 'Always', containers: [container('main')], ...spec },
    status: { phase: 'Pending' },
    ...more,
  };
}

export function sandbox(more: Partial<RuntimeSandbox> = {}): RuntimeSandbox {
  return { id: 's0', ready: true, attempt: 0, ip: '127.0.0.9', hostNetwork: false, createdAt: 1, ...more };
}

export function running(name: string, more: Partial<RuntimeContainer> = {}): RuntimeContainer {
  return {
    id: `${name}-0`,
    name,
    sandboxId: 's0',
    state: 'running',
    attempt: 0,
    hash: containerHash(container(name)),
    createdAt: 1_000,
    startedAt: 2_000,
    finishedAt: 0,
    exitCode: 0,
    reason: '',
    message: '',
    image: 'image',
    imageId: 'sha256:1',
    logPath: '/log',
    ...more,
  };
}

export function exited(name: string, exitCode: number, more: Partial<RuntimeContainer> = {}): RuntimeContainer {
  return running(name, { state: 'exited', exitCode, finishedAt: 9_000, ...more });
}

export function runtimePod(containers: RuntimeContainer[], sandboxes: RuntimeSandbox[] = [sandbox()]): RuntimePod {
  return { uid: 'u1', name: 'web', namespace: 'default', sandboxes, containers };
}
