import { deletionBody, objectBody, patchBody } from './bodies.js';
import { type Chooser, hostileString } from './hostile.js';
import { kindFor } from './rest-requests.js';

export interface GrpcRequest {
  readonly call: 'get' | 'list' | 'create' | 'update' | 'patch' | 'delete' | 'deleteCollection' | 'watch';
  readonly message: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, string>>;
}

const CALLS = ['get', 'list', 'create', 'update', 'patch', 'delete', 'deleteCollection', 'watch'] as const;

export function grpcRequest(namespace: string, choose: Chooser): GrpcRequest {
  const kind = kindFor(choose);
  const call = choose.of(CALLS);
  const text = (usual: string) => (choose.chance(0.9) ? usual : wellFormed(hostileString(choose)));
  const name = text(choose.of(['a', 'b']));
  const options = {
    dryRun: choose.chance(0.1) ? [text('All')] : [],
    fieldManager: text('me'),
    fieldValidation: choose.chance(0.2) ? text('Strict') : '',
  };
  const body = objectBody(kind, namespace, name, choose).bytes;
  const patch = patchBody(kind, namespace, name, choose);
  const message = {
    type: choose.chance(0.02)
      ? undefined
      : { group: text(kind.group), version: text(kind.version), resource: text(kind.plural) },
    namespace: (kind.scope === 'Namespaced') === choose.chance(0.97) ? text(namespace) : '',
    name: call === 'create' ? '' : name,
    subresource: choose.chance(0.1) ? text('status') : '',
    resourceVersion: choose.chance(0.2) ? text('1') : '',
    resourceVersionMatch: choose.chance(0.1) ? text('Exact') : '',
    labelSelector: choose.chance(0.2) ? wellFormed(hostileString(choose)) : '',
    fieldSelector: choose.chance(0.2) ? wellFormed(hostileString(choose)) : '',
    limit: choose.chance(0.2) ? choose.of([0, 1, -1, 2 ** 40]) : 0,
    continueToken: choose.chance(0.1) ? text('x') : '',
    timeoutSeconds: 1,
    allowWatchBookmarks: choose.chance(0.5),
    sendInitialEvents: choose.chance(0.2),
    table: choose.chance(0.2),
    includeObject: choose.chance(0.1) ? text('None') : '',
    object: body,
    patch: patch.bytes,
    patchType: patch.mediaType,
    force: choose.chance(0.3),
    options: call.startsWith('delete') ? (deletionBody(choose)?.bytes ?? Buffer.alloc(0)) : options,
  };
  const metadata: Record<string, string> = {};
  if (choose.chance(0.03)) metadata['impersonate-user'] = choose.of(['tom', 'system:node:a']);
  if (choose.chance(0.03)) metadata['authorization'] = choose.of(['Bearer x', 'x']);
  return { call, message, metadata };
}

/** Protobuf's strings are well-formed. */
function wellFormed(text: string): string {
  return Buffer.from(text).toString();
}
