import { isApiError, type KubeObject, type Pod } from '@keelson/api';
import { type ApiClient, type EventRecorder, resources } from '@keelson/client';
import { isTerminating } from '../framework/runner.js';

/** Creates and deletes pods for their owners, and records events about it in upstream's words. */
export class PodControl {
  readonly #client: ApiClient;
  readonly #recorder: EventRecorder;

  constructor(dependencies: { client: ApiClient; recorder: EventRecorder }) {
    this.#client = dependencies.client;
    this.#recorder = dependencies.recorder;
  }

  async create(pod: Pod, owner: KubeObject): Promise<Pod> {
    try {
      const created = await this.#client.create(resources.pods, pod);
      this.#recorder.record(owner, 'Normal', 'SuccessfulCreate', `Created pod: ${created.metadata.name}`);
      return created;
    } catch (error) {
      // A namespace on its way out takes nothing new: not worth an event.
      if (!isTerminating(error))
        this.#recorder.record(owner, 'Warning', 'FailedCreate', `Error creating: ${(error as Error).message}`);
      throw error;
    }
  }

  /** Deletes a pod; one that is gone already is as good. */
  async delete(pod: Pod, owner: KubeObject): Promise<void> {
    const { namespace, name = '', uid } = pod.metadata;
    try {
      await this.#client.delete(resources.pods, { namespace, name }, { preconditions: { uid } });
      this.#recorder.record(owner, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
    } catch (error) {
      if (isApiError(error, 'NotFound') || isApiError(error, 'Conflict')) return;
      this.#recorder.record(owner, 'Warning', 'FailedDelete', `Error deleting: ${(error as Error).message}`);
      throw error;
    }
  }
}
