import type { Container, Pod } from '@keelson/api';
import { containersOf, initContainersOf, isSidecar, nameOf } from './pod-facts.js';

/**
 * Who of a pod's running containers ends after whom: sidecars when all main containers are gone, and of the sidecars
 * the last that was started first.
 */
export class TerminationOrder {
  readonly #before = new Map<string, Promise<void>[]>();
  readonly #ended = new Map<string, { resolve: () => void; reject: (error: unknown) => void }>();

  /** `running` are the names of the containers that are to be ended. */
  constructor(pod: Pod | undefined, running: Iterable<string>) {
    const ends = new Map<string, Promise<void>>();
    for (const name of running) {
      const end = new Promise<void>((resolve, reject) => this.#ended.set(name, { resolve, reject }));
      // Nobody may be waiting for it.
      end.catch(() => {});
      ends.set(name, end);
    }
    if (pod === undefined) return;
    const before: Promise<void>[] = [];
    const add = (container: Container) => {
      const end = ends.get(nameOf(container));
      if (end !== undefined) before.push(end);
    };
    containersOf(pod).forEach(add);
    for (const sidecar of initContainersOf(pod).filter(isSidecar).reverse()) {
      this.#before.set(nameOf(sidecar), [...before]);
      add(sidecar);
    }
  }

  /** Resolves when those are gone that end before it; rejects if one of them could not be ended. */
  async turnOf(name: string): Promise<void> {
    await Promise.all(this.#before.get(name) ?? []);
  }

  hasToWait(name: string): boolean {
    return (this.#before.get(name) ?? []).length > 0;
  }

  ended(name: string): void {
    this.#ended.get(name)?.resolve();
  }

  failed(name: string, error: unknown): void {
    this.#ended.get(name)?.reject(error);
  }
}
