import type { RequestBody } from '@keelson/api';

/** Bodies below this are worked on in one turn. */
const LARGE_BYTES = 64 * 1024;

/** Lets others have the event loop between two steps of a request whose body is large. */
export type Pause = () => Promise<void>;

const immediately: Pause = async () => {};
const afterOthers: Pause = () => new Promise((resolve) => setImmediate(resolve));

export function pauseFor(body: RequestBody | undefined): Pause {
  return (body?.bytes.length ?? 0) < LARGE_BYTES ? immediately : afterOthers;
}
