import { join } from 'node:path';
import { ApiClient } from '@keelson/client';
import { type Clock, createLogger, Registry, seededRandom } from '@keelson/service';
import type { CriClient } from '../src/cri/cri-client.js';
import { Kubelet, type KubeletOptions } from '../src/kubelet.js';
import type { FakeApi } from './fake-api.js';

/** The kubelet of node-1 on any runtime, quick where upstream takes its time; not started. */
export function newKubelet(
  node: { readonly directory: string; readonly api: FakeApi; readonly cri: CriClient; readonly clock: Clock },
  options: Partial<KubeletOptions> = {},
): Kubelet {
  return new Kubelet(
    {
      nodeName: 'node-1',
      hostname: 'node-1',
      hostIP: '127.0.0.1',
      rootDir: join(node.directory, 'kubelet'),
      labels: {},
      taints: [],
      resources: { maxPods: 110, override: { cpu: '4', memory: '8Gi' }, memoryReserveBytes: 0, diskReserveShare: 0 },
      address: '127.0.0.1:0',
      allowedUsers: undefined,
      nodeStatusUpdateMs: 1_000,
      nodeStatusReportMs: 60_000,
      leaseDurationSeconds: 40,
      relistMs: 200,
      podResyncMs: 1_000,
      referencedTtlMs: 100,
      containerLogMaxBytes: 1e7,
      containerLogMaxFiles: 5,
      restartBackoff: { baseMs: 300, capMs: 5_000 },
      simulate: false,
      version: 'v1.36.0-test',
      ...options,
    },
    {
      client: new ApiClient(node.api),
      cri: node.cri,
      clock: node.clock,
      random: seededRandom(1),
      registry: new Registry(),
      logger: createLogger('kubelet', { level: (process.env['LOG'] ?? 'error') as 'error' }),
    },
  );
}
