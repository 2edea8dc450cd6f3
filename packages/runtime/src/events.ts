export interface EngineEvent {
  type: 'created' | 'started' | 'stopped' | 'deleted';
  containerId: string;
  sandboxId: string;
  /** Wall time in milliseconds. */
  at: number;
}

/** Tells whoever listens now what happens to containers. */
export class EventHub {
  readonly #listeners = new Set<(event: EngineEvent) => void>();

  listen(take: (event: EngineEvent) => void): () => void {
    this.#listeners.add(take);
    return () => this.#listeners.delete(take);
  }

  emit(event: EngineEvent): void {
    for (const take of this.#listeners) take(event);
  }
}
