import { fileURLToPath } from 'node:url';
import { loadSync, type PackageDefinition } from '@grpc/proto-loader';

/** The folder that every .proto import is relative to. */
export const protoRoot: string = fileURLToPath(new URL('../../../../proto', import.meta.url));

/** proto-loader's view of some .proto files, as gRPC reflection serves it. Paths are relative to {@link protoRoot}. */
export function loadDefinitions(files: readonly string[]): PackageDefinition {
  return loadSync([...files], { includeDirs: [protoRoot], keepCase: true, longs: String, enums: String });
}
