import type { JsonEndpoint } from '../../webhooks/json-endpoint.js';
import { AUDIT_VERSION, type AuditEvent } from '../audit-event.js';
import type { AuditBackend, Lost } from '../backend.js';

/** Another process that is sent lists of events. */
export class WebhookBackend implements AuditBackend {
  readonly #deps: { endpoint: JsonEndpoint; lost: Lost };
  readonly #closing = new AbortController();

  constructor(dependencies: { endpoint: JsonEndpoint; lost: Lost }) {
    this.#deps = dependencies;
  }

  async process(events: readonly AuditEvent[]): Promise<boolean> {
    const { endpoint, lost } = this.#deps;
    const items = events.map((event) => event.json).join(',');
    try {
      await endpoint.tell(
        `{"kind":"EventList","apiVersion":"${AUDIT_VERSION}","metadata":{},"items":[${items}]}`,
        this.#closing.signal,
      );
      return true;
    } catch (error) {
      lost('webhook', error as Error, events.length);
      return false;
    }
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error('the API server is stopping'));
    this.#deps.endpoint.close();
  }
}
