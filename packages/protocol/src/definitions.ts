import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { PackageDefinition } from '@grpc/proto-loader';

const require = createRequire(import.meta.url);

/** The folder that every .proto import is relative to. */
export const protoRoot: string = fileURLToPath(new URL('../../../../proto', import.meta.url));

/**
 * proto-loader's view of some .proto files, as gRPC reflection serves it. Paths are relative to {@link protoRoot}. What
 * reads them is loaded when this is called: few processes ever do.
 */
export function loadDefinitions(files: readonly string[]): PackageDefinition {
  const { loadSync } = require('@grpc/proto-loader') as typeof import('@grpc/proto-loader');
  return loadSync([...files], { includeDirs: [protoRoot], keepCase: true, longs: String, enums: String });
}
