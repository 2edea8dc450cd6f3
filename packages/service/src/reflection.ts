import { createRequire } from 'node:module';
import type {
  MethodDefinition,
  ServerDuplexStream,
  ServiceDefinition,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { loadDefinitions } from '@keelson/protocol';

const require = createRequire(import.meta.url);

/** What takes a service and its methods. */
interface Registrar {
  addService(service: ServiceDefinition, handlers: UntypedServiceImplementation): void;
}

/**
 * Adds gRPC's reflection of some .proto files. Reading them takes a while, as does the code for it, and hardly anybody
 * asks: both are read only when this is called.
 */
export function addReflection(protoFiles: readonly string[], registrar: Registrar): void {
  const { ReflectionService } = require('@grpc/reflection') as typeof import('@grpc/reflection');
  new ReflectionService(loadDefinitions(protoFiles)).addToServer(registrar as never);
}

type Call = ServerDuplexStream<unknown, unknown>;
type Reflected = MethodDefinition<unknown, unknown> & { readonly handle: (call: Call) => void };

const VERSIONS = ['v1', 'v1alpha'];
const METHOD = 'ServerReflectionInfo';
const raw = (bytes: Buffer) => bytes;

/** The same for a server that has to know its methods before anybody calls them. */
export function addReflectionLater(protoFiles: readonly string[], registrar: Registrar): void {
  let methods: ReadonlyMap<string, Reflected> | undefined;
  for (const version of VERSIONS) {
    const path = `/grpc.reflection.${version}.ServerReflection/${METHOD}`;
    const codec = { requestSerialize: raw, requestDeserialize: raw, responseSerialize: raw, responseDeserialize: raw };
    registrar.addService(
      { [METHOD]: { path, requestStream: true, responseStream: true, ...codec } },
      {
        [METHOD]: (call: ServerDuplexStream<Buffer, Buffer>) => {
          methods ??= methodsOf(protoFiles);
          const { handle, requestDeserialize: decode, responseSerialize: encode } = methods.get(path)!;
          handle(decoded(call, decode, encode));
        },
      },
    );
  }
}

function methodsOf(protoFiles: readonly string[]): ReadonlyMap<string, Reflected> {
  const methods = new Map<string, Reflected>();
  addReflection(protoFiles, {
    addService: (service, handlers) => {
      for (const [name, method] of Object.entries(service))
        methods.set(method.path, { ...method, handle: handlers[name] as Reflected['handle'] });
    },
  });
  return methods;
}

/** As much of a call as reflection uses, in messages instead of bytes. */
function decoded(
  call: ServerDuplexStream<Buffer, Buffer>,
  decode: (bytes: Buffer) => unknown,
  encode: (message: unknown) => Buffer,
): Call {
  const messages = {
    on: (event: string, listener: (message?: unknown) => void) =>
      event === 'data' ? call.on(event, (bytes: Buffer) => listener(decode(bytes))) : call.on(event, listener),
    write: (message: unknown) => call.write(encode(message)),
    end: () => call.end(),
  };
  return messages as unknown as Call;
}
