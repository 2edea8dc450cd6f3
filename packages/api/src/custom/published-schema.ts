/** The schema of a custom resource as OpenAPI documents show it. */
import type { JsonSchema } from '../structural/json-schema.js';
import type { CustomVersion } from './version.js';

type Json = Record<string, unknown>;

export interface PublishedDialect {
  readonly refPrefix: string;
  /** Whether `oneOf` and the like are known. */
  readonly unions: boolean;
}

export function publishedSchema({ schema }: CustomVersion, { refPrefix }: PublishedDialect): Json {
  const { properties, ...rest } = schema as JsonSchema & Json;
  return {
    ...rest,
    type: 'object',
    properties: {
      ...(properties as Json | undefined),
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { $ref: `${refPrefix}io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta` },
    },
  };
}
