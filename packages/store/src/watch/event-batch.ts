import type { EncodedMessage } from '@keelson/service';
import { MessageWriter } from '../message-writer.js';
import { type Pace, type Steps, unitsOf } from '../steps.js';

/** The field of a WatchResponse in which its events are. */
const EVENTS = 11;
/** Putting one event into a response. */
const EVENT_UNITS = 0.1;

/** Events on their way to watchers: encoded once, however many get the same. */
export class EventBatch {
  readonly events: Buffer[] = [];
  bytes = 0;
  #fields: EncodedMessage | undefined;

  add(event: Buffer): void {
    this.events.push(event);
    this.bytes += event.length;
  }

  get isEmpty(): boolean {
    return this.events.length === 0;
  }

  /** Makes the events' fields beforehand, in steps: for a large batch that takes a while. */
  *prepare(pace: Pace): Steps<void> {
    if (this.#fields) return;
    const writer = new MessageWriter();
    for (const event of this.events) {
      writer.content(EVENTS, event);
      if (pace.spend(EVENT_UNITS * unitsOf(event.length))) yield;
    }
    this.#fields = writer.finish();
  }

  /** The events as fields of a WatchResponse. */
  get fields(): EncodedMessage {
    this.#fields ??= fieldsOf(this.events);
    return this.#fields;
  }

  /** The same in parts, which hold about so many bytes or a single event. */
  *parts(bytesMax: number): Generator<EncodedMessage> {
    if (this.bytes <= bytesMax) {
      yield this.fields;
      return;
    }
    let part: Buffer[] = [];
    let bytes = 0;
    for (const event of this.events) {
      if (bytes > 0 && bytes + event.length > bytesMax) {
        yield fieldsOf(part);
        [part, bytes] = [[], 0];
      }
      part.push(event);
      bytes += event.length;
    }
    yield fieldsOf(part);
  }
}

function fieldsOf(events: readonly Buffer[]): EncodedMessage {
  const writer = new MessageWriter();
  for (const event of events) writer.content(EVENTS, event);
  return writer.finish();
}
