export interface Http2Options {
  readonly role: 'server' | 'client';
  /** Streams that a client may have open at once. */
  readonly streamsMax: number;
  /** Bytes that the peer may send ahead, on one stream and on all. */
  readonly streamWindowBytes: number;
  readonly connectionWindowBytes: number;
  readonly headerListBytesMax: number;
  /** Bytes in the socket's queue above which no more data is added. */
  readonly socketBytesMax: number;
  /**
   * Streams that the peer may open for nothing at once, and from then on in a second, before it is sent away: more than
   * it may have open, and such as it resets in their first moments, before anything was answered.
   */
  readonly resetsBurst: number;
  readonly resetsPerSecond: number;
  /** How long those first moments last. */
  readonly resetsYoungMs: number;
}

export const HTTP2_DEFAULTS: Omit<Http2Options, 'role'> = {
  /** Ten times what a client of a busy kube-apiserver has: its watches share a few streams. */
  streamsMax: 10_000,
  streamWindowBytes: 1024 * 1024,
  connectionWindowBytes: 16 * 1024 * 1024,
  headerListBytesMax: 64 * 1024,
  socketBytesMax: 1024 * 1024,
  resetsBurst: 1000,
  resetsPerSecond: 33,
  resetsYoungMs: 1_000,
};
