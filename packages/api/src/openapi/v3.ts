/** OpenAPI v3: an index, and a document for each group and version. */
import type { Kind } from '../kind.js';
import { typeNameOf, typeNames } from '../schema.js';
import { customSchemas, schemaNameOf } from './custom.js';
import { basePath, type Operation, type PathItem, pathsOf } from './paths.js';
import { type Json, OPENAPI_INFO, OPENAPI_V3, schemasFrom } from './schemas.js';

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const PATCH_TYPES = [
  ...['application/apply-patch+yaml', 'application/json-patch+json'],
  ...['application/merge-patch+json', 'application/strategic-merge-patch+json'],
];
const RESPONSE_TYPES = [
  ...['application/json', 'application/vnd.kubernetes.protobuf', 'application/yaml'],
  ...['application/json;stream=watch', 'application/vnd.kubernetes.protobuf;stream=watch'],
];

/** Such as `api/v1` or `apis/apps/v1`. */
export function documentPath(group: string, version: string): string {
  return basePath(group, version).slice(1);
}

/** The document of one group and version, of all of its kinds. */
export function v3Document(kinds: readonly Kind[]): object {
  const items = kinds.flatMap((kind) => pathsOf(kind).map((item) => [item.path, pathBody(kind, item)] as const));
  return {
    openapi: '3.0.0',
    info: OPENAPI_INFO,
    paths: Object.fromEntries([...items].sort(([a], [b]) => (a < b ? -1 : 1))),
    components: {
      schemas: schemasOf(kinds),
      securitySchemes: { BearerToken: { type: 'apiKey', in: 'header', name: 'authorization' } },
    },
  };
}

function schemasOf(kinds: readonly Kind[]): Json {
  const wanted = kinds.flatMap((kind) => [
    ...known(typeNameOf(kind.group, kind.version, kind.kind)),
    ...known(typeNameOf(kind.group, kind.version, kind.listKind)),
    ...kind.subresources.flatMap(({ gvk }) => known(typeNameOf(gvk.group, gvk.version, gvk.kind))),
  ]);
  const shared = ['DeleteOptions', 'Status', 'ObjectMeta', 'ListMeta'].map((name) => `${META}.${name}`);
  const custom = kinds.flatMap((kind) => customSchemas(kind, OPENAPI_V3));
  return { ...schemasFrom([...wanted, ...shared, ...patchType()], OPENAPI_V3), ...Object.fromEntries(custom) };
}

function patchType(): string[] {
  return typeNames().filter((name) => name === `${META}.Patch`);
}

function known(name: string | undefined): string[] {
  return name === undefined ? [] : [name];
}

function pathBody(kind: Kind, { pathParameters, operations }: PathItem): Json {
  const parameters = pathParameters.map((name) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string', uniqueItems: true },
  }));
  const bodies = operations.map((operation) => [operation.method, operationBody(kind, operation)]);
  return { ...Object.fromEntries(bodies), ...(parameters.length === 0 ? {} : { parameters }) };
}

function operationBody(kind: Kind, operation: Operation): Json {
  const { gvk } = operation;
  const tag = `${kind.group === '' ? 'core' : (kind.group.split('.')[0] ?? '')}_${kind.version}`;
  return {
    tags: [tag],
    description: operation.description,
    operationId: operation.operationId,
    parameters: operation.queries.map(({ name, type }) => ({
      name,
      in: 'query',
      schema: { type, uniqueItems: true },
    })),
    ...(operation.sendsBody ? { requestBody: requestBody(kind, operation) } : {}),
    responses: responses(kind, operation),
    'x-kubernetes-action': operation.action,
    'x-kubernetes-group-version-kind': { group: gvk.group, version: gvk.version, kind: gvk.kind },
  };
}

function schemaRef(kind: Kind, group: string, version: string, name: string): Json {
  const type = schemaNameOf(kind, group, version, name);
  return type === undefined ? { type: 'string' } : { $ref: `#/components/schemas/${type}` };
}

function requestBody(kind: Kind, { action, gvk }: Operation): Json {
  if (action === 'patch') {
    const schema = { $ref: `#/components/schemas/${META}.Patch` };
    const types = kind.patchTypes ?? PATCH_TYPES;
    return { content: Object.fromEntries(types.map((type) => [type, { schema }])), required: true };
  }
  if (action === 'delete' || action === 'deletecollection') {
    return { content: { '*/*': { schema: { $ref: `#/components/schemas/${META}.DeleteOptions` } } } };
  }
  const schema = schemaRef(kind, gvk.group, gvk.version, gvk.kind);
  return { content: { '*/*': { schema } }, required: true };
}

function responses(kind: Kind, { action, gvk, returnsList }: Operation): Json {
  const isDeletion = action === 'delete' || action === 'deletecollection';
  const schema = isDeletion
    ? { $ref: `#/components/schemas/${META}.Status` }
    : schemaRef(kind, gvk.group, gvk.version, returnsList ? kind.listKind : gvk.kind);
  const types = returnsList ? RESPONSE_TYPES : RESPONSE_TYPES.slice(0, 3);
  const ok = { description: 'OK', content: Object.fromEntries(types.map((type) => [type, { schema }])) };
  return {
    '200': ok,
    ...(action === 'post' || action === 'put' || action === 'patch'
      ? { '201': { ...ok, description: 'Created' } }
      : {}),
    '401': { description: 'Unauthorized' },
  };
}
