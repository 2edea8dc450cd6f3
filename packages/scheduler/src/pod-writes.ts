import { isApiError, type Pod } from '@keelson/api';
import { type ApiClient, type EventRecorder, resources } from '@keelson/client';
import { type Clock, rfc3339 } from '@keelson/service';

/** What the scheduler writes about pods. */
export class PodWrites {
  readonly #deps: { client: ApiClient; recorder: EventRecorder; clock: Clock };
  readonly #schedulerName: string;

  constructor(schedulerName: string, dependencies: { client: ApiClient; recorder: EventRecorder; clock: Clock }) {
    this.#schedulerName = schedulerName;
    this.#deps = dependencies;
  }

  async bind(pod: Pod, node: string): Promise<void> {
    const { namespace = '', name = '', uid = '' } = pod.metadata;
    const binding = {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { namespace, name, uid },
      target: { kind: 'Node', name: node },
    };
    await this.#deps.client.create(resources.pods, binding as Pod, { subresource: 'binding' });
    this.#deps.recorder.record(pod, 'Normal', 'Scheduled', `Successfully assigned ${namespace}/${name} to ${node}`);
  }

  /** Takes the victims away, to make room for `pod` on the node. */
  async evict(victims: readonly Pod[], pod: Pod, node: string): Promise<void> {
    const { client, recorder, clock } = this.#deps;
    for (const victim of victims) {
      const { namespace, name = '', uid } = victim.metadata;
      const condition = {
        type: 'DisruptionTarget',
        status: 'True',
        reason: 'PreemptionByScheduler',
        message: `${this.#schedulerName}: preempting to accommodate a higher priority pod`,
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

  /** Says in the pod's status why it waits, and which node it was promised; undefined leaves what is said of that. */
  async explain(pod: Pod, message: string, promised: string | undefined): Promise<void> {
    const known = pod.status?.conditions?.find((it) => it.type === 'PodScheduled');
    const condition = {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message,
      lastProbeTime: null,
      lastTransitionTime: known?.status === 'False' ? known.lastTransitionTime : rfc3339(this.#deps.clock.now()),
    };
    const nomination = promised === undefined ? {} : { nominatedNodeName: promised || null };
    await this.#patchStatus(pod, { conditions: [condition], ...nomination });
  }

  async takeBackPromise(pod: Pod): Promise<void> {
    await this.#patchStatus(pod, { nominatedNodeName: null });
  }

  async #patchStatus({ metadata: { namespace, name = '' } }: Pod, status: object): Promise<void> {
    const options = { subresource: 'status' };
    await this.#deps.client.patch(resources.pods, { namespace, name }, 'strategic', { status }, options);
  }
}
