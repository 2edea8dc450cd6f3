import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Deployment } from '@keelson/api';
import { ApiClient, RestTransport, resources } from '@keelson/client';
import { loadIdentity } from '@keelson/service';
import { adminFiles } from '../../pki/certificates.js';
import { type ContenderDependencies, startKeelson } from '../apiserver/contender.js';
import { processorSeconds, residentBytes } from '../processes.js';
import { type BenchReport, KEELSON, type Measured, rowsOf } from '../report.js';
import { Machines } from './machines.js';

export interface ControllersBenchOptions {
  readonly deployments: number;
  /** Of all Deployments together. */
  readonly pods: number;
  readonly stores: number;
  readonly directory: string;
  readonly say: (line: string) => void;
}

const NAMESPACE = 'default';
const IDLE_SECONDS = 30;
const LOOK_EVERY_MS = 100;
const GIVE_UP_MS = 30 * 60_000;

/** Creates, rolls and deletes Deployments under our controller manager, with machines that cost next to nothing. */
export async function benchControllers(
  options: ControllersBenchOptions,
  dependencies: ContenderDependencies,
): Promise<BenchReport> {
  const { deployments, pods, stores, say } = options;
  const { clock } = dependencies;
  const directory = mkdtempSync(join(options.directory, 'keelson-bench-'));
  const rows = new Map<string, Measured>();
  // The machines send no signs of life: nobody is to miss them.
  const manager = { role: 'controller-manager', flags: ['--controllers=*,-node-lifecycle'] } as const;
  const contender = await startKeelson(directory, { stores, apiservers: 1 }, dependencies, [manager]);
  try {
    const tls = loadIdentity(adminFiles(contender.target.pki), clock.now());
    const server = `https://${contender.target.addresses[0]}`;
    const client = new ApiClient(new RestTransport({ server, tls }, { clock }));
    const pid = contender.beside.get('controller-manager')!.pid!;
    const machines = new Machines(client, dependencies);
    await machines.start();
    const each = Math.ceil(pods / deployments);
    const names = Array.from({ length: deployments }, (_, at) => `web-${at}`);
    const isRolled = async () => {
      const { items } = await client.list(resources.deployments, { namespace: NAMESPACE });
      return (
        items.length === deployments &&
        items.every(({ metadata, status }) => {
          const { observedGeneration, availableReplicas = 0, updatedReplicas = 0, replicas = 0 } = status ?? {};
          return (
            observedGeneration === metadata.generation &&
            availableReplicas === each &&
            updatedReplicas === each &&
            replicas === each
          );
        })
      );
    };
    const until = async (what: string, done: () => Promise<boolean> | boolean) => {
      const begin = clock.monotonic();
      while (!(await done())) {
        if (clock.monotonic() - begin > GIVE_UP_MS)
          throw new Error(`${what}: not within ${GIVE_UP_MS / 60_000} minutes`);
        await clock.sleep(LOOK_EVERY_MS);
      }
      return (clock.monotonic() - begin) / 1000;
    };
    const total = each * deployments;
    const timed = async (
      name: string,
      count: number,
      act: () => Promise<unknown>,
      done: () => Promise<boolean> | boolean,
    ) => {
      say(name);
      const before = processorSeconds(pid);
      await act();
      const seconds = await until(name, done);
      const note = `${count} in ${seconds.toFixed(1)} s, ${(processorSeconds(pid) - before).toFixed(1)} s of processor time`;
      rows.set(`${name}|/s`, { value: count / seconds, note });
    };
    // Every kind's informer has listed by then.
    await until('the controllers start', async () => {
      const { items } = await client.list(resources.serviceAccounts, { namespace: NAMESPACE });
      return items.some(({ metadata }) => metadata.name === 'default');
    });
    const empty = residentBytes(pid);
    await timed(
      `pods of ${deployments} new Deployments`,
      total,
      () => Promise.all(names.map((name) => client.create(resources.deployments, deployment(name, each)))),
      isRolled,
    );
    const full = residentBytes(pid);
    rows.set('memory of the manager per pod|KiB', {
      value: (full - empty) / total / 1024,
      note: `${(empty / 2 ** 20).toFixed(0)} MiB without, ${(full / 2 ** 20).toFixed(0)} MiB with ${total}`,
    });
    const roll = { spec: { template: { spec: { containers: [{ name: 'c', image: 'two' }] } } } };
    await timed(
      'pods rolled to another image',
      total,
      () =>
        Promise.all(
          names.map((name) => client.patch(resources.deployments, { namespace: NAMESPACE, name }, 'strategic', roll)),
        ),
      isRolled,
    );
    say(`at rest for ${IDLE_SECONDS} s`);
    await clock.sleep(5_000);
    const before = processorSeconds(pid);
    await clock.sleep(IDLE_SECONDS * 1000);
    const idle = ((processorSeconds(pid) - before) / IDLE_SECONDS) * 100;
    rows.set('processor at rest with all pods| % of a core', { value: idle, note: `over ${IDLE_SECONDS} s` });
    await timed(
      'pods deleted with their Deployments',
      total,
      () =>
        Promise.all(
          names.map((name) =>
            client.delete(resources.deployments, { namespace: NAMESPACE, name }, { propagationPolicy: 'Background' }),
          ),
        ),
      () => machines.pods.length === 0,
    );
    machines.stop();
    client.close();
  } finally {
    await contender.stop();
    rmSync(directory, { recursive: true, force: true });
  }
  return {
    peer: undefined,
    rows: [...rows].flatMap(([title, measured]) => {
      const [name = '', unit = ''] = title.split('|');
      return rowsOf({ name, unit }, new Map([[KEELSON, [[measured]]]]));
    }),
  };
}

function deployment(name: string, replicas: number): Deployment {
  const labels = { app: name };
  return {
    metadata: { name, namespace: NAMESPACE },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: 'c', image: 'one' }], terminationGracePeriodSeconds: 1 },
      },
    },
  };
}
