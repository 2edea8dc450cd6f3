import type { Connection, Init, Method, Service } from '@keelson/protocol';
import type { Caller, CallOptions } from './caller.js';

/** The unary methods of a service, as calls with failover. */
export type UnaryClient<S> = {
  readonly [K in keyof S as S[K] extends Method<infer _Q, infer _R, false, false> ? K : never]: S[K] extends Method<
    infer Q,
    infer R,
    false,
    false
  >
    ? (request: Init<Q>, options?: CallOptions & { readonly endpoint?: string }) => Promise<R>
    : never;
};

type AnyUnary = (request: unknown, settings: object) => Promise<unknown>;

/** Each method as a call that is repeated only if it was certainly not sent; to one endpoint, once, if one is given. */
export function unaryClient<S extends Service>(service: S, caller: Caller): UnaryClient<S> {
  const methods = Object.entries(service).filter(([, method]) => !method.requestStream && !method.responseStream);
  const calls = methods.map(([name]) => {
    const call = (request: unknown, options: CallOptions & { readonly endpoint?: string } = {}) => {
      const send = (connection: Connection, settings: object) =>
        (connection.service(service) as unknown as Record<string, AnyUnary>)[name]!(request, settings);
      return options.endpoint === undefined
        ? caller.write(send, options)
        : caller.once(options.endpoint, send, options);
    };
    return [name, call];
  });
  return Object.fromEntries(calls) as UnaryClient<S>;
}
