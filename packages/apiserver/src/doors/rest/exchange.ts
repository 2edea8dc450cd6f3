import type { Readable } from 'node:stream';
import type { WebRequest, WebResponse } from '@keelson/service/sockets';

/** A request and its answer, over HTTP/1.1 or HTTP/2. */
export type Request = WebRequest;
export type Response = WebResponse;

/** Whether nobody is there any more to be answered: what closed does not say so again. */
export function hasLeft(client: object): boolean {
  return (client as { readonly destroyed?: boolean }).destroyed === true;
}

/** When the client takes more, or has left. */
export function drained(response: Response): Promise<void> {
  if (hasLeft(response)) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.once('drain', done);
    response.once('close', done);
  });
}

/** Sends on what is read, as fast as the client takes it, and stops to read when that leaves. */
export async function sendOn(read: Readable, response: Response): Promise<void> {
  const leave = () => void read.destroy();
  response.once('close', leave);
  try {
    for await (const chunk of read as AsyncIterable<Buffer>) {
      if (hasLeft(response)) return;
      if (!response.write(chunk)) await drained(response);
    }
    response.end();
  } catch {
    response.destroy();
  } finally {
    response.off('close', leave);
  }
}
