/** OpenAPI v2, for clients that do not know v3: as JSON, and as the protobuf message that kubectl asks for. */
import type { Kind } from '../kind.js';
import { typeNameOf } from '../schema.js';
import { customSchemas, schemaNameOf } from './custom.js';
import { type Operation, pathsOf } from './paths.js';
import { type Json, OPENAPI_INFO, OPENAPI_V2, schemasFrom } from './schemas.js';

/** What the protobuf document is served as. Clients ask for `…spec.v2@v1.0+protobuf`, which no MIME parser reads. */
export const V2_MEDIA_TYPE = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

const PATCH_TYPES = [
  ...['application/json-patch+json', 'application/merge-patch+json'],
  ...['application/strategic-merge-patch+json', 'application/apply-patch+yaml'],
];
const SHARED_TYPES = ['DeleteOptions', 'Patch', 'Status', 'ObjectMeta', 'ListMeta'];
const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';

export const V2_HEAD = { swagger: '2.0', info: OPENAPI_INFO } as const;

/** The paths of a kind's operations, by name. */
export function v2Paths(kind: Kind): [string, Json][] {
  return pathsOf(kind).map((item) => [item.path, pathBody(kind, item)]);
}

/** The schemas of a kind that has no type, by name. */
export function v2Definitions(kind: Kind): [string, Json][] {
  return customSchemas(kind, OPENAPI_V2);
}

/** The schemas of all types that the kinds speak of, by name. */
export function v2Types(kinds: readonly Kind[]): [string, Json][] {
  const names = [...kinds.flatMap(typesOf), ...SHARED_TYPES.map((name) => `${META}.${name}`)];
  return Object.entries(schemasFrom(names, OPENAPI_V2)) as [string, Json][];
}

/** Names of types that a kind's operations speak of. */
export function typesOf(kind: Kind): string[] {
  const others = kind.subresources.map(({ gvk }) => gvk);
  const names = [kind, { ...kind, kind: kind.listKind }, ...others].map((it) =>
    typeNameOf(it.group, it.version, it.kind),
  );
  return names.filter((name) => name !== undefined);
}

function pathBody(kind: Kind, item: { pathParameters: readonly string[]; operations: readonly Operation[] }): Json {
  const parameters = item.pathParameters.map((name) => ({
    name,
    in: 'path',
    required: true,
    type: 'string',
    uniqueItems: true,
  }));
  const bodies = item.operations.map((operation) => [operation.method, operationBody(kind, operation)]);
  return { ...Object.fromEntries(bodies), ...(parameters.length === 0 ? {} : { parameters }) };
}

function operationBody(kind: Kind, operation: Operation): Json {
  const { action, gvk, returnsList } = operation;
  const isDeletion = action.startsWith('delete');
  const name = isDeletion
    ? `${META}.Status`
    : schemaNameOf(kind, gvk.group, gvk.version, returnsList ? kind.listKind : gvk.kind);
  return {
    description: operation.description,
    operationId: operation.operationId,
    consumes: action === 'patch' ? (kind.patchTypes ?? PATCH_TYPES) : ['*/*'],
    produces: ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'],
    parameters: [
      ...bodyParameter(kind, operation),
      ...operation.queries.map((query) => ({ ...query, in: 'query', uniqueItems: true })),
    ],
    responses: {
      '200': { description: 'OK', ...(name === undefined ? {} : { schema: { $ref: `#/definitions/${name}` } }) },
      '401': { description: 'Unauthorized' },
    },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': gvk,
  };
}

function bodyParameter(kind: Kind, { sendsBody, action, gvk }: Operation): Json[] {
  if (!sendsBody) return [];
  const isDeletion = action.startsWith('delete');
  const own = schemaNameOf(kind, gvk.group, gvk.version, gvk.kind);
  const name = action === 'patch' ? `${META}.Patch` : isDeletion ? `${META}.DeleteOptions` : own;
  if (name === undefined) return [];
  return [{ name: 'body', in: 'body', required: !isDeletion, schema: { $ref: `#/definitions/${name}` } }];
}
