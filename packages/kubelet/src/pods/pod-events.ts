import type { Container, ObjectReference, Pod } from '@keelson/api';
import type { EventRecorder, EventType } from '@keelson/client';
import { ephemeralContainersOf, initContainersOf, nameOf } from './pod-facts.js';

/** Events about pods and, by field path, about their containers, as `kubectl describe` shows them. */
export class PodEvents {
  readonly #recorder: Pick<EventRecorder, 'record'>;

  constructor(recorder: Pick<EventRecorder, 'record'>) {
    this.#recorder = recorder;
  }

  pod(pod: Pod, type: EventType, reason: string, message: string): void {
    this.#recorder.record(reference(pod), type, reason, message);
  }

  container(pod: Pod, container: Container, type: EventType, reason: string, message: string): void {
    const list = listOf(pod, container);
    const fieldPath = `spec.${list}{${nameOf(container)}}`;
    this.#recorder.record({ ...reference(pod), fieldPath }, type, reason, message);
  }
}

function listOf(pod: Pod, container: Container): string {
  if (initContainersOf(pod).includes(container)) return 'initContainers';
  return ephemeralContainersOf(pod).includes(container) ? 'ephemeralContainers' : 'containers';
}

function reference({ metadata }: Pod): ObjectReference {
  const { name, namespace, uid, resourceVersion } = metadata;
  return { kind: 'Pod', apiVersion: 'v1', name, namespace, uid, resourceVersion };
}
