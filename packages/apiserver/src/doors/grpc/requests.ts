import type { RequestOptions, RequestVerb, ResourcePath, ResourceRequest } from '@keelson/api';
import type { keelson } from '@keelson/protocol';

/** Translations of keelson.v1.Resources' messages to requests; empty fields are absent. */

const JSON_TYPE = 'application/json';

interface Target {
  readonly type: keelson.ResourceType | undefined;
  readonly namespace: string;
  readonly name?: string;
  readonly subresource?: string;
}

function pathOf({ type, namespace, name = '', subresource = '' }: Target): ResourcePath {
  const { group = '', version = '', resource = '' } = type ?? {};
  return { group, version, resource, namespace, name, subresource };
}

function text(value: string): string | undefined {
  return value === '' ? undefined : value;
}

function write(options: keelson.WriteOptions | undefined): RequestOptions {
  return {
    dryRun: options?.dryRun.length ? options.dryRun : undefined,
    fieldManager: text(options?.fieldManager ?? ''),
    fieldValidation: text(options?.fieldValidation ?? ''),
  };
}

function withBody(
  verb: RequestVerb,
  target: Target,
  options: RequestOptions,
  bytes: Buffer,
  mediaType = JSON_TYPE,
): ResourceRequest {
  return { verb, path: pathOf(target), options, body: { mediaType, bytes } };
}

export function getRequest(message: keelson.GetRequest): ResourceRequest {
  const options = {
    resourceVersion: text(message.resourceVersion),
    labelSelector: text(message.labelSelector),
    metricLabelSelector: text(message.metricLabelSelector),
  };
  return { verb: 'get', path: pathOf(message), options };
}

export function listRequest(message: keelson.ListRequest): ResourceRequest {
  return {
    verb: 'list',
    path: pathOf(message),
    options: selection(message),
  };
}

type Selection = 'resourceVersion' | 'resourceVersionMatch' | 'labelSelector' | 'fieldSelector';

function selection(message: Pick<keelson.ListRequest, Selection | 'limit' | 'continueToken'>): RequestOptions {
  return {
    resourceVersion: text(message.resourceVersion),
    resourceVersionMatch: text(message.resourceVersionMatch),
    labelSelector: text(message.labelSelector),
    fieldSelector: text(message.fieldSelector),
    limit: message.limit,
    continueToken: text(message.continueToken),
  };
}

export function watchRequest(message: keelson.WatchRequest): ResourceRequest {
  return {
    verb: 'watch',
    path: pathOf(message),
    options: {
      resourceVersion: text(message.resourceVersion),
      resourceVersionMatch: text(message.resourceVersionMatch),
      labelSelector: text(message.labelSelector),
      fieldSelector: text(message.fieldSelector),
      allowWatchBookmarks: message.allowWatchBookmarks,
      sendInitialEvents: message.sendInitialEvents,
      timeoutSeconds: message.timeoutSeconds || undefined,
    },
  };
}

export const createRequest = (message: keelson.CreateRequest): ResourceRequest =>
  withBody('create', message, write(message.options), message.object);

export const updateRequest = (message: keelson.UpdateRequest): ResourceRequest =>
  withBody('update', message, write(message.options), message.object);

export const patchRequest = (message: keelson.PatchRequest): ResourceRequest =>
  withBody('patch', message, { ...write(message.options), force: message.force }, message.patch, message.patchType);

export const deleteRequest = (message: keelson.DeleteRequest): ResourceRequest =>
  withBody('delete', message, {}, message.options);

export function deleteCollectionRequest(message: keelson.DeleteCollectionRequest): ResourceRequest {
  return withBody('deletecollection', message, selection(message), message.options);
}
