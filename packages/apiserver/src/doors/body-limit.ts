/** Upstream's limit for request bodies. */
export const BODY_BYTES_MAX = 3 * 1024 * 1024;
