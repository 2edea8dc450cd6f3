import type { ServerHttp2Session } from 'node:http2';
import type { Clock } from '../clock.js';

/** How often a client is asked whether it is there, and how long it may take to answer. */
const ASK_MS = 30_000;
const ANSWER_MS = 30_000;

/**
 * Ends a session of HTTP/2 whose client does not answer any more. Node.js stops to read a connection on which the
 * protocol was broken, and so never learns that the client is gone: without this it would be open for ever.
 */
export function endWhenSilent(session: ServerHttp2Session, clock: Clock): void {
  const asking = clock.every(ASK_MS, () => {
    const late = clock.after(ANSWER_MS, () => session.destroy());
    try {
      if (session.ping(() => late.cancel())) return;
    } catch {
      // It is being ended.
    }
    late.cancel();
    session.destroy();
  });
  session.once('close', () => asking.cancel());
}
