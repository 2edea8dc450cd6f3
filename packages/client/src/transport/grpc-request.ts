import { PATCH_TYPES, type RequestOptions, type ResourcePath, type ResourceRequest } from '@keelson/api';
import type { Init, keelson } from '@keelson/protocol';

/** Translations of {@link ResourceRequest} to the messages of keelson.v1.Resources. */

function type(path: ResourcePath): Init<keelson.ResourceType> {
  return { group: path.group, version: path.version, resource: path.resource };
}

function write(options: RequestOptions): Init<keelson.WriteOptions> {
  return { dryRun: options.dryRun, fieldManager: options.fieldManager, fieldValidation: options.fieldValidation };
}

export function getRequest({ path, options }: ResourceRequest): Init<keelson.GetRequest> {
  const { namespace, name, subresource } = path;
  const { resourceVersion, labelSelector, metricLabelSelector } = options;
  return { type: type(path), namespace, name, subresource, resourceVersion, labelSelector, metricLabelSelector };
}

export function listRequest({ path, options }: ResourceRequest): Init<keelson.ListRequest> {
  return { type: type(path), namespace: path.namespace, ...options };
}

export function watchRequest({ path, options }: ResourceRequest): Init<keelson.WatchRequest> {
  return { type: type(path), namespace: path.namespace, ...options };
}

export function createRequest({ path, options, body }: ResourceRequest): Init<keelson.CreateRequest> {
  const { namespace, name, subresource } = path;
  return { type: type(path), namespace, name, subresource, object: body?.bytes, options: write(options) };
}

export function updateRequest({ path, options, body }: ResourceRequest): Init<keelson.UpdateRequest> {
  const { namespace, name, subresource } = path;
  return { type: type(path), namespace, name, subresource, object: body?.bytes, options: write(options) };
}

export function patchRequest({ path, options, body }: ResourceRequest): Init<keelson.PatchRequest> {
  const { namespace, name, subresource } = path;
  const patchType = body?.mediaType ?? PATCH_TYPES.merge;
  const rest = { patchType, patch: body?.bytes, options: write(options), force: options.force };
  return { type: type(path), namespace, name, subresource, ...rest };
}

export function deleteRequest({ path, body }: ResourceRequest): Init<keelson.DeleteRequest> {
  return { type: type(path), namespace: path.namespace, name: path.name, options: body?.bytes };
}

export function deleteCollectionRequest({
  path,
  options,
  body,
}: ResourceRequest): Init<keelson.DeleteCollectionRequest> {
  return { type: type(path), namespace: path.namespace, ...options, options: body?.bytes };
}
