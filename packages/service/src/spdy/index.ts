export { SpdyConnection, type SpdyOptions } from './connection.js';
export { controlFrame, dataFrame, FrameReader, SpdyError, words } from './frames.js';
export { type Headers, SPDY_DICTIONARY } from './header-block.js';
export type { SpdyStream } from './stream.js';
