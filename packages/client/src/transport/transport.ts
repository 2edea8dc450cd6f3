import type { IncludeObject, ResourceRequest, WatchEventType } from '@keelson/api';
import type { Discovered } from '../discovery.js';

/** An event as it travels: `object` is an API object, or a Status when the type is ERROR. */
export interface RawWatchEvent {
  readonly type: WatchEventType;
  readonly object: unknown;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** Ask for a Table in place of objects, whose rows carry this much of them. */
  readonly table?: IncludeObject | undefined;
  /** No more than the metadata of objects is wanted, and whole ones are as good: their kind may be PartialObjectMetadata. */
  readonly metadataOnly?: boolean | undefined;
}

/**
 * How requests reach an API server. All methods fail with ApiError: the server's own, or one with code 503 or 504
 * when it could not be reached or did not answer in time.
 */
export interface Transport {
  /** The answer's JSON value and the texts of its warnings. */
  call(request: ResourceRequest, options: CallOptions): Promise<{ object: unknown; warnings: readonly string[] }>;
  /** Ends when the server ends the watch. */
  watch(request: ResourceRequest, options: CallOptions): AsyncIterable<RawWatchEvent>;
  /** All that the server serves. */
  discover(options: Pick<CallOptions, 'signal'>): Promise<Discovered>;
  close(): void;
}
