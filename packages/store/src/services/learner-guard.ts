import type { ServiceError, UntypedServiceImplementation } from '@grpc/grpc-js';
import { etcd, type Service } from '@keelson/protocol';
import type { GrpcDoor } from '@keelson/service';
import { errors } from '../errors.js';
import type { DoorContext, Raw } from './door.js';

type Registrar = Pick<GrpcDoor, 'add' | 'addRaw'>;
type Handler = (first: unknown, second?: unknown) => unknown;

/** A stream as far as a refusal goes. */
interface RefusableCall {
  readonly request?: unknown;
  emit(event: 'error', error: Partial<ServiceError>): unknown;
}

/**
 * Puts services on a door so that a learner refuses what etcd's refuses: everything but serializable reads, its status
 * and a snapshot (server/etcdserver/api/v3rpc/interceptor.go).
 */
export function learnerGuard(door: Registrar, context: DoorContext): Registrar {
  const isLearner = () => context.replica.machine.membership.get(context.memberId)?.isLearner === true;
  const refuses = (path: string, request: unknown) => isLearner() && !isServed(path, request);

  return {
    add: (service, handlers, translate) => {
      door.add(
        service,
        wrap(service, handlers, (handler, { path, requestStream, responseStream }) => {
          if (requestStream || responseStream) return streaming(handler, (call) => refuses(path, call.request));
          return (request, call) => {
            if (refuses(path, request)) throw errors.notForLearner();
            return handler(request, call);
          };
        }),
        translate,
      );
    },
    addRaw: (service, implementation) => {
      door.addRaw(
        service,
        wrap(service, implementation as object, (handler, { path, requestStream, responseStream }) => {
          if (requestStream || responseStream) return streaming(handler, (call) => refuses(path, call.request));
          return (call, callback) => {
            const { request } = (call as { request: Raw<unknown> }).request;
            if (!refuses(path, request)) return handler(call, callback);
            const { code, details } = errors.notForLearner();
            return (callback as (error: Partial<ServiceError>) => void)({ code, details });
          };
        }) as unknown as UntypedServiceImplementation,
      );
    },
  };
}

function isServed(path: string, request: unknown): boolean {
  const { range } = etcd.KVService;
  const { status, snapshot } = etcd.MaintenanceService;
  if (path === range.path) return (request as etcd.RangeRequest).serializable;
  return path === status.path || path === snapshot.path;
}

function streaming(handler: Handler, refuses: (call: RefusableCall) => boolean): Handler {
  return (call) => {
    if (!refuses(call as RefusableCall)) return handler(call);
    const { code, details } = errors.notForLearner();
    return (call as RefusableCall).emit('error', { code, details });
  };
}

/** Each handler that the service has, wrapped. */
function wrap<H extends object>(
  service: Service,
  handlers: H,
  around: (handler: Handler, method: Service[string]) => Handler,
): H {
  const wrapped = Object.entries(service).map(([name, method]) => {
    const handler = (handlers as Record<string, Handler>)[name]!;
    return [name, around(handler.bind(handlers), method)];
  });
  return Object.fromEntries(wrapped) as H;
}
