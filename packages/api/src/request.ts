/** The API's verbs as data: what a client asks and every door of the API server translates to. */

/** Where a request points. Empty strings stand for what is not named; `resource` is the plural. */
export interface ResourcePath {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly subresource: string;
}

/** A body as it came: its bytes and what they are. */
export interface RequestBody {
  readonly mediaType: string;
  readonly bytes: Uint8Array;
  /** What a YAML body says, or what is wrong with it, where it was read ahead. */
  readonly yaml?: { readonly json: string; readonly duplicates: string } | { readonly error: string };
}

/** metav1.GetOptions, ListOptions, CreateOptions, UpdateOptions and PatchOptions in one; what a verb does not know is absent. */
export interface RequestOptions {
  readonly resourceVersion?: string | undefined;
  readonly resourceVersionMatch?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** Of custom metrics: which of one name. */
  readonly metricLabelSelector?: string | undefined;
  readonly limit?: number | undefined;
  readonly continueToken?: string | undefined;
  readonly allowWatchBookmarks?: boolean | undefined;
  readonly sendInitialEvents?: boolean | undefined;
  readonly timeoutSeconds?: number | undefined;
  readonly dryRun?: readonly string[] | undefined;
  readonly fieldManager?: string | undefined;
  readonly fieldValidation?: string | undefined;
  readonly force?: boolean | undefined;
}

export type RequestVerb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

/** What each is in HTTP. */
export const HTTP_METHODS: Readonly<Record<RequestVerb, string>> = {
  get: 'GET',
  list: 'GET',
  watch: 'GET',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  deletecollection: 'DELETE',
};

export interface ResourceRequest {
  readonly verb: RequestVerb;
  readonly path: ResourcePath;
  readonly options: RequestOptions;
  readonly body?: RequestBody | undefined;
}

export const PATCH_TYPES = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;

export type PatchType = keyof typeof PATCH_TYPES;

export type WatchEventType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
