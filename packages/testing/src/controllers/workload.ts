import { isApiError, type KubeObject, type Pod, type PodTemplateSpec } from '@keelson/api';
import { type ApiClient, type Resource, resources } from '@keelson/client';
import type { Dice } from '../sim/dice.js';
import { OUTCOME } from './machines.js';

/** Something that a user does at some time. */
export interface Deed {
  readonly atMs: number;
  readonly text: string;
  run(client: ApiClient): Promise<void>;
}

export const NAMESPACE = 'default';
const IMAGES = ['one', 'two', 'three'] as const;

interface Workload {
  readonly resource: Resource;
  readonly name: string;
}

/** What users do in a run: the same for the same dice, however the controllers fare. */
export function deedsOf(dice: Dice, untilMs: number): Deed[] {
  const deeds: Deed[] = [];
  const at = (low: number, high: number) => Math.round(dice.between(low, high));
  const add = (atMs: number, text: string, run: Deed['run']) => deeds.push({ atMs, text, run });
  for (const [prefix, plan, most] of [
    ['deployment', deployment, 3],
    ['statefulset', statefulSet, 2],
    ['daemonset', daemonSet, 1],
    ['replicaset', replicaSet, 1],
    ['job', job, 4],
    ['cronjob', cronJob, 1],
  ] as const) {
    const count = dice.integer(most + 1);
    for (let n = 0; n < count; n += 1) {
      const object = plan(`${prefix}-${n}`, dice);
      const { resource } = object;
      const name = object.object.metadata.name ?? '';
      let last = at(0, untilMs / 4);
      add(
        last,
        `create ${resource.plural} ${name}`,
        async (client) => void (await client.create(resource, object.object)),
      );
      for (const change of changesOf({ resource, name }, dice)) {
        last += at(50, untilMs / 6);
        if (last > untilMs) break;
        add(last, `${change.text} of ${resource.plural} ${name}`, change.run);
      }
    }
  }
  return deeds.sort((a, b) => a.atMs - b.atMs);
}

type Change = Omit<Deed, 'atMs'>;

function changesOf(workload: Workload, dice: Dice): Change[] {
  const { resource, name } = workload;
  const key = { namespace: NAMESPACE, name };
  const patch = (text: string, change: object): Change => ({
    text,
    run: async (client) => void (await client.patch(resource, key, 'merge', change)),
  });
  const possible: (() => Change)[] = [];
  const { kind } = resource;
  if (kind === 'Deployment' || kind === 'StatefulSet' || kind === 'ReplicaSet')
    possible.push(() => {
      const replicas = dice.integer(8);
      return patch(`scale to ${replicas}`, { spec: { replicas } });
    });
  if (kind === 'Deployment' || kind === 'StatefulSet' || kind === 'DaemonSet')
    possible.push(() => {
      const image = dice.pick(IMAGES);
      return patch(`image ${image}`, { spec: { template: { spec: { containers: [{ name: 'c', image }] } } } });
    });
  if (kind === 'Deployment')
    possible.push(() => {
      const paused = dice.chance(0.3);
      return patch(paused ? 'pause' : 'resume', { spec: { paused } });
    });
  if (kind === 'Job')
    possible.push(() => {
      const suspend = dice.chance(0.4);
      return patch(suspend ? 'suspend' : 'go on', { spec: { suspend } });
    });
  else if (kind !== 'CronJob') possible.push(() => kill(workload, dice.float()));
  possible.push(() => ({
    text: 'delete',
    run: async (client) => {
      const propagationPolicy = 'Background';
      await client.delete(resource, key, { propagationPolicy });
    },
  }));
  const count = dice.integer(7);
  const changes = Array.from({ length: count }, () => {
    // Deleting ends the story: it comes seldom.
    const at = dice.chance(0.12) ? possible.length - 1 : dice.integer(Math.max(1, possible.length - 1));
    return possible[at]!();
  });
  const end = changes.findIndex(({ text }) => text === 'delete');
  const kept = end < 0 ? changes : changes.slice(0, end + 1);
  // What is paused or suspended in the end never comes to rest as anything: go on.
  if (end < 0 && kind === 'Job') kept.push(patch('go on', { spec: { suspend: false } }));
  if (end < 0 && kind === 'Deployment') kept.push(patch('resume', { spec: { paused: false } }));
  return kept;
}

/** One of its pods is deleted by somebody. */
function kill({ name }: Workload, fraction: number): Change {
  return {
    text: 'kill a pod',
    run: async (client) => {
      const { items } = await client.list(resources.pods, { namespace: NAMESPACE, labelSelector: `app=${name}` });
      const pod = items[Math.floor(fraction * items.length)] as Pod | undefined;
      if (pod === undefined) return;
      await client.delete(resources.pods, { namespace: NAMESPACE, name: pod.metadata.name ?? '' });
    },
  };
}

/** Users' wishes that come too late, for what is gone by now, are nothing to wonder about. */
export async function perform(deed: Deed, client: ApiClient): Promise<void> {
  try {
    await deed.run(client);
  } catch (error) {
    if (!isApiError(error, 'NotFound') && !isApiError(error, 'Conflict')) throw error;
  }
}

interface Planned {
  readonly resource: Resource;
  readonly object: KubeObject;
}

function template(name: string, dice: Dice, annotations?: Record<string, string>): PodTemplateSpec {
  return {
    metadata: { labels: { app: name }, ...(annotations === undefined ? {} : { annotations }) },
    spec: { containers: [{ name: 'c', image: dice.pick(IMAGES) }], terminationGracePeriodSeconds: 3 },
  };
}

const selector = (name: string) => ({ matchLabels: { app: name } });
const metadata = (name: string) => ({ name, namespace: NAMESPACE });

function deployment(name: string, dice: Dice): Planned {
  const rollingUpdate = { maxSurge: dice.integer(3), maxUnavailable: 1 + dice.integer(2) };
  const strategy = dice.chance(0.25) ? { type: 'Recreate' } : { type: 'RollingUpdate', rollingUpdate };
  const spec = {
    replicas: dice.integer(7),
    selector: selector(name),
    template: template(name, dice),
    strategy,
    minReadySeconds: dice.integer(3),
    progressDeadlineSeconds: 600,
    revisionHistoryLimit: 2,
  };
  return { resource: resources.deployments, object: { metadata: metadata(name), spec } as KubeObject };
}

function replicaSet(name: string, dice: Dice): Planned {
  const spec = { replicas: dice.integer(7), selector: selector(name), template: template(name, dice) };
  return { resource: resources.replicaSets, object: { metadata: metadata(name), spec } as KubeObject };
}

function statefulSet(name: string, dice: Dice): Planned {
  const spec = {
    replicas: dice.integer(5),
    serviceName: name,
    selector: selector(name),
    template: template(name, dice),
    podManagementPolicy: dice.chance(0.4) ? 'Parallel' : 'OrderedReady',
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
    revisionHistoryLimit: 2,
  };
  return { resource: resources.statefulSets, object: { metadata: metadata(name), spec } as KubeObject };
}

function daemonSet(name: string, dice: Dice): Planned {
  const rollingUpdate = dice.chance(0.5) ? { maxUnavailable: 1, maxSurge: 0 } : { maxSurge: 1, maxUnavailable: 0 };
  const spec = {
    selector: selector(name),
    template: template(name, dice),
    updateStrategy: { type: 'RollingUpdate', rollingUpdate },
    revisionHistoryLimit: 2,
  };
  return { resource: resources.daemonSets, object: { metadata: metadata(name), spec } as KubeObject };
}

function job(name: string, dice: Dice): Planned {
  const fails = dice.chance(0.2);
  const indexed = dice.chance(0.4);
  const completions = 1 + dice.integer(6);
  const spec = {
    completions,
    parallelism: 1 + dice.integer(4),
    completionMode: indexed ? 'Indexed' : 'NonIndexed',
    backoffLimit: fails ? 1 : 100,
    selector: selector(name),
    manualSelector: true,
    suspend: dice.chance(0.2),
    podReplacementPolicy: 'TerminatingOrFailed',
    template: withRestartPolicy(template(name, dice, { [OUTCOME]: fails ? 'fails' : 'succeeds' })),
  };
  return { resource: resources.jobs, object: { metadata: metadata(name), spec } as KubeObject };
}

function cronJob(name: string, dice: Dice): Planned {
  const spec = {
    schedule: '* * * * *',
    concurrencyPolicy: 'Allow',
    successfulJobsHistoryLimit: 1000,
    failedJobsHistoryLimit: 1000,
    jobTemplate: {
      spec: {
        completions: 1,
        parallelism: 1,
        completionMode: 'NonIndexed',
        backoffLimit: 6,
        // An API server would make one of its own.
        selector: selector(name),
        manualSelector: true,
        podReplacementPolicy: 'TerminatingOrFailed',
        template: withRestartPolicy(template(name, dice, { [OUTCOME]: 'succeeds' })),
      },
    },
  };
  return { resource: resources.cronJobs, object: { metadata: metadata(name), spec } as KubeObject };
}

function withRestartPolicy(of: PodTemplateSpec): PodTemplateSpec {
  return { ...of, spec: { ...of.spec!, restartPolicy: 'Never' } };
}
