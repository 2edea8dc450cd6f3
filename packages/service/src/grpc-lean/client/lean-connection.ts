import { status } from '@grpc/grpc-js';
import type { CallSettings, Connection, Service, ServiceClient } from '@keelson/protocol';
import { Deadlines } from '../deadlines.js';
import { type CallStatus, serviceError } from '../status.js';
import { CallerStream, type CallerStreamCodec } from './caller-stream.js';
import { Channel, type ChannelDependencies, type ChannelOptions } from './channel.js';
import { Outgoing, type OutgoingEvents } from './outgoing.js';

interface AnyMethod {
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  readonly requestSerialize: (message: unknown) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => unknown;
}

/**
 * A connection for many small calls, with the same service clients as grpc-js' at a fraction of the work a call. Calls
 * wait while it is being made and fail at once while it cannot be; it is made again when the next call needs it.
 */
export class LeanConnection implements Connection {
  readonly #channel: Channel;
  readonly #deadlines: Deadlines;

  /** Of `CallSettings`, `metadata`, `signal` and `timeout` are honoured. */
  constructor(address: string, dependencies: ChannelDependencies, options: Partial<ChannelOptions> = {}) {
    this.#channel = new Channel(address, dependencies, options);
    this.#deadlines = new Deadlines(dependencies.clock);
  }

  service<S extends Service>(service: S): ServiceClient<S> {
    const callers = Object.entries(service).map(([name, method]) => [
      name,
      this.#caller(method as unknown as AnyMethod),
    ]);
    return Object.fromEntries(callers) as ServiceClient<S>;
  }

  #caller(method: AnyMethod): unknown {
    if (method.requestStream && method.responseStream)
      return (settings?: CallSettings) => this.#duplex(method, settings);
    if (method.responseStream) {
      return (request: unknown, settings?: CallSettings) => {
        const stream = this.#duplex(method, settings);
        stream.end(request);
        return stream;
      };
    }
    if (method.requestStream) return (settings?: CallSettings) => this.#upload(method, settings);
    return (request: unknown, settings?: CallSettings) => this.#unary(method, request, settings);
  }

  #unary(method: AnyMethod, request: unknown, settings: CallSettings = {}): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const bytes = method.requestSerialize(request);
      const take = oneAnswer(method, resolve, reject);
      const outgoing = this.#start(method, settings, {
        message: take.message,
        hungry: () => true,
        writable: () => undefined,
        ended: take.ended,
      });
      outgoing.write(bytes, true);
    });
  }

  #duplex(method: AnyMethod, settings: CallSettings = {}): CallerStream {
    const stream = new CallerStream(codecOf(method));
    const outgoing = this.#start(method, settings, {
      message: (bytes) => stream.message(bytes),
      hungry: () => stream.hungry,
      writable: () => stream.takesMore(),
      // Not before whoever called has had the chance to listen.
      ended: (result) => queueMicrotask(() => stream.ended(result)),
    });
    stream.begin(outgoing);
    return stream;
  }

  #upload(method: AnyMethod, settings: CallSettings = {}): { stream: CallerStream; response: Promise<unknown> } {
    const stream = new CallerStream(codecOf(method));
    stream.on('error', () => undefined);
    const response = new Promise((resolve, reject) => {
      const take = oneAnswer(method, resolve, reject);
      const outgoing = this.#start(method, settings, {
        message: take.message,
        hungry: () => true,
        writable: () => stream.takesMore(),
        ended: (result) => {
          take.ended(result);
          queueMicrotask(() => stream.ended(result));
        },
      });
      stream.begin(outgoing);
    });
    return { stream, response };
  }

  #start(method: AnyMethod, settings: CallSettings, events: OutgoingEvents): Outgoing {
    const { metadata, signal, timeout } = settings;
    const cancel = () => outgoing.interrupt({ code: status.CANCELLED, details: 'Cancelled on client' });
    const ended = (result: CallStatus) => {
      // A channel may refuse before the call is at hand.
      queueMicrotask(() => this.#deadlines.remove(outgoing));
      signal?.removeEventListener('abort', cancel);
      events.ended(result);
    };
    const head = { path: method.path, metadata, timeoutMs: timeout };
    const outgoing: Outgoing = new Outgoing(this.#channel, head, { ...events, ended });
    if (outgoing.ended) return outgoing;
    if (timeout !== undefined) this.#deadlines.add(outgoing, timeout);
    if (signal?.aborted) cancel();
    else signal?.addEventListener('abort', cancel, { once: true });
    return outgoing;
  }

  close(): void {
    this.#channel.close();
    this.#deadlines.close();
  }
}

function codecOf(method: AnyMethod): CallerStreamCodec {
  return { encode: method.requestSerialize, decode: method.responseDeserialize };
}

function oneAnswer(method: AnyMethod, resolve: (value: unknown) => void, reject: (error: unknown) => void) {
  let answer: Buffer | undefined;
  return {
    message: (bytes: Buffer) => {
      answer = bytes;
    },
    ended: (result: CallStatus) => {
      if (result.code !== status.OK) reject(serviceError(result));
      else if (!answer) reject(serviceError({ code: status.UNIMPLEMENTED, details: 'the server sent no response' }));
      else {
        try {
          resolve(method.responseDeserialize(answer));
        } catch (error) {
          reject(
            serviceError({ code: status.INTERNAL, details: `cannot read the response: ${(error as Error).message}` }),
          );
        }
      }
    },
  };
}
