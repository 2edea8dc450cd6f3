import { isApiError, type Node, type Pod } from '@keelson/api';
import { type ApiClient, type EventRecorder, type InformerFactory, resources } from '@keelson/client';
import { type Clock, type Logger, type Random, rfc3339 } from '@keelson/service';
import { SchedulerCache } from './cache/scheduler-cache.js';
import { nodeEvents } from './cluster-events.js';
import { refusalMessage } from './framework/fit-error.js';
import { Framework, type Refusal } from './framework/framework.js';
import type { Plugin } from './framework/plugin.js';
import type { SchedulerMetrics } from './metrics.js';
import { findPreemption } from './preemption/preemption.js';
import { type QueuedPod, SchedulingQueue, type SchedulingQueueOptions } from './queue/scheduling-queue.js';

export interface SchedulerOptions extends SchedulingQueueOptions {
  /** Pods whose spec.schedulerName is this are ours. */
  schedulerName?: string;
  /** Bindings on their way to the API server at once. */
  bindingsMax?: number;
}

export interface SchedulerDependencies {
  client: ApiClient;
  informers: InformerFactory;
  recorder: EventRecorder;
  plugins: readonly Plugin[];
  metrics: SchedulerMetrics;
  clock: Clock;
  random: Random;
  logger: Logger;
}

/** Gives each pod that has no node one: one pod at a time, binding beside the search for the next. */
export class Scheduler {
  readonly #options: { schedulerName: string; bindingsMax: number };
  readonly #deps: SchedulerDependencies;
  readonly #cache = new SchedulerCache();
  readonly #queue: SchedulingQueue;
  readonly #framework: Framework;
  readonly #bindings = new Set<Promise<void>>();

  constructor(options: SchedulerOptions, dependencies: SchedulerDependencies) {
    const { schedulerName = 'default-scheduler', bindingsMax = 128, ...queue } = options;
    this.#options = { schedulerName, bindingsMax };
    this.#deps = dependencies;
    const { plugins, clock } = dependencies;
    const helps = new Map(plugins.map((plugin) => [plugin.name, new Set(plugin.retryAfter)]));
    this.#queue = new SchedulingQueue(queue, {
      clock,
      helps: (plugin, event) => helps.get(plugin)?.has(event) ?? true,
    });
    this.#framework = new Framework(plugins, dependencies);
    dependencies.metrics.observeQueue(() => this.#queue.counts);
  }

  /** Runs until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { informers } = this.#deps;
    informers.for(resources.nodes).addHandler({
      onAdd: (node) => {
        this.#cache.setNode(node);
        this.#queue.moved('NodeAdd');
      },
      onUpdate: (node, old) => this.#nodeChanged(node, old),
      onDelete: (node) => this.#cache.deleteNode(node.metadata.name ?? ''),
    });
    informers.for(resources.pods).addHandler({
      onAdd: (pod) => this.#podSeen(pod, undefined),
      onUpdate: (pod, old) => this.#podSeen(pod, old),
      onDelete: (pod) => this.#podGone(pod),
    });
    await informers.start(signal);
    signal.addEventListener('abort', () => this.#queue.close(), { once: true });
    for (let item = await this.#queue.next(); item !== undefined; item = await this.#queue.next()) {
      await this.#scheduleOne(item);
    }
    await Promise.allSettled(this.#bindings);
  }

  #nodeChanged(node: Node, old: Node): void {
    this.#cache.setNode(node);
    for (const event of nodeEvents(node, old)) this.#queue.moved(event);
  }

  #podSeen(pod: Pod, old: Pod | undefined): void {
    const uid = pod.metadata.uid ?? '';
    if (isDone(pod)) {
      this.#podGone(pod);
      return;
    }
    if (pod.spec?.nodeName) {
      this.#queue.delete(uid);
      this.#cache.setPod(pod);
      this.#queue.moved(old?.spec?.nodeName ? 'AssignedPodUpdate' : 'AssignedPodAdd');
    } else if (this.#isOurs(pod) && !this.#cache.isAssumed(uid)) this.#queue.set(pod);
    else this.#queue.delete(uid);
  }

  #podGone(pod: Pod): void {
    const uid = pod.metadata.uid ?? '';
    this.#queue.delete(uid);
    this.#cache.deletePod(uid);
    if (pod.spec?.nodeName) this.#queue.moved('AssignedPodDelete');
  }

  #isOurs({ metadata, spec }: Pod): boolean {
    if (metadata.deletionTimestamp !== undefined) return false;
    if ((spec?.schedulingGates ?? []).length > 0) return false;
    return (spec?.schedulerName || 'default-scheduler') === this.#options.schedulerName;
  }

  async #scheduleOne(item: QueuedPod): Promise<void> {
    const { metrics, clock } = this.#deps;
    const started = clock.monotonic();
    const nodes = this.#cache.nodes();
    const placement = this.#framework.place(item.pod, nodes);
    const seconds = (clock.monotonic() - started) / 1000;
    if (placement.node === undefined) {
      metrics.attempt('unschedulable', seconds);
      await this.#failed(item, placement.refusals);
      return;
    }
    metrics.attempt('scheduled', seconds);
    this.#cache.assume(item.pod, placement.node);
    const binding: Promise<void> = this.#bind(item, placement.node).finally(() => this.#bindings.delete(binding));
    this.#bindings.add(binding);
    if (this.#bindings.size >= this.#options.bindingsMax) await Promise.race(this.#bindings);
  }

  async #bind(item: QueuedPod, node: string): Promise<void> {
    const { client, recorder, logger, metrics, clock } = this.#deps;
    const { namespace = '', name = '', uid = '' } = item.pod.metadata;
    try {
      const binding = {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { namespace, name, uid },
        target: { kind: 'Node', name: node },
      };
      await client.create(resources.pods, binding as Pod, { subresource: 'binding' });
      metrics.podScheduled((clock.monotonic() - item.since) / 1000, item.attempts + 1);
      recorder.record(item.pod, 'Normal', 'Scheduled', `Successfully assigned ${namespace}/${name} to ${node}`);
    } catch (error) {
      this.#cache.forget(uid);
      this.#queue.moved('AssignedPodDelete');
      if (isApiError(error) && (error.code === 404 || error.code === 409)) {
        logger.debug({ pod: name, reason: error.message }, 'pod not bound: it changed meanwhile');
        return;
      }
      logger.warn({ pod: name, node, reason: (error as Error).message }, 'binding failed, trying again');
      metrics.attempt('error', 0);
      this.#queue.putBack(item);
    }
  }

  async #failed(item: QueuedPod, refusals: readonly Refusal[]): Promise<void> {
    const { recorder, logger } = this.#deps;
    const nodes = this.#cache.nodes();
    const { pod } = item;
    let message = 'no nodes available to schedule pods';
    let nominated = '';
    let victims: readonly Pod[] = [];
    if (nodes.length > 0) {
      const preemption = findPreemption(this.#framework, pod, nodes, refusals);
      message = refusalMessage(nodes.length, refusals);
      if (preemption.candidate !== undefined) {
        nominated = preemption.candidate.node;
        victims = preemption.candidate.victims;
      } else message += ` no new claims to deallocate, preemption: ${preemption.message}`;
    }
    this.#queue.putUnschedulable(item, new Set(refusals.map((it) => it.plugin)));
    recorder.record(pod, 'Warning', 'FailedScheduling', message);
    try {
      await this.#preempt(pod, nominated, victims);
      await this.#report(pod, message, nominated);
    } catch (error) {
      logger.debug({ pod: pod.metadata.name, reason: (error as Error).message }, 'condition not written');
    }
  }

  async #preempt(pod: Pod, node: string, victims: readonly Pod[]): Promise<void> {
    const { client, recorder, clock } = this.#deps;
    for (const victim of victims) {
      const { namespace, name = '', uid } = victim.metadata;
      const condition = {
        type: 'DisruptionTarget',
        status: 'True',
        reason: 'PreemptionByScheduler',
        message: `${this.#options.schedulerName}: preempting to accommodate a higher priority pod`,
        lastTransitionTime: rfc3339(clock.now()),
      };
      const status = { status: { conditions: [condition] } };
      try {
        await client.patch(resources.pods, { namespace, name }, 'strategic', status, { subresource: 'status' });
        await client.delete(resources.pods, { namespace, name }, { preconditions: { uid } });
        recorder.record(victim, 'Normal', 'Preempted', `Preempted by pod ${pod.metadata.uid} on node ${node}`);
      } catch (error) {
        if (!isApiError(error, 'NotFound')) throw error;
      }
    }
  }

  /** Says in the pod's status why it waits. */
  async #report(pod: Pod, message: string, nominatedNodeName: string): Promise<void> {
    const known = pod.status?.conditions?.find((it) => it.type === 'PodScheduled');
    const nominated = pod.status?.nominatedNodeName ?? '';
    if (known?.status === 'False' && known.message === message && nominated === nominatedNodeName) return;
    const { client, clock } = this.#deps;
    const condition = {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message,
      lastProbeTime: null,
      lastTransitionTime: known?.status === 'False' ? known.lastTransitionTime : rfc3339(clock.now()),
    };
    const { namespace, name = '' } = pod.metadata;
    const status = { conditions: [condition], nominatedNodeName: nominatedNodeName || null };
    await client.patch(resources.pods, { namespace, name }, 'strategic', { status }, { subresource: 'status' });
  }
}

function isDone({ status }: Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}
