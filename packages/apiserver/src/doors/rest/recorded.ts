import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { AuditRecord } from '../../audit/audit-record.js';
import type { Response } from './exchange.js';

/**
 * Tells a record of the head and the end of an answer, wherever that is written. The end is sent after it was recorded:
 * a client that has its answer can rely on that.
 */
export function recordAnswer(response: Response, record: AuditRecord): void {
  const out = response as ServerResponse; // whatever it is, it has these two
  const { writeHead, end } = out;
  out.writeHead = ((...args: Parameters<typeof writeHead>) => {
    record.started(args[0]);
    return writeHead.apply(out, args);
  }) as typeof writeHead;
  out.end = ((...args: Parameters<typeof end>) => {
    const kept = record.completed();
    if (kept === undefined) end.apply(out, args);
    else void kept.then(() => end.apply(out, args));
    return out;
  }) as typeof end;
  out.once('close', () => void record.completed());
}

const STATUS_LINE = /^HTTP\/1\.1 (\d{3})/;

/** The same of a connection that is used for something else than HTTP from its answer on. */
export function recordUpgrade(socket: Duplex, onHead: (code: number) => void): void {
  const { write } = socket;
  socket.write = ((...args: Parameters<typeof write>) => {
    socket.write = write;
    const chunk = args[0] as unknown;
    const head = typeof chunk === 'string' ? chunk : Buffer.from(chunk as Uint8Array).toString('latin1', 0, 16);
    onHead(Number(STATUS_LINE.exec(head)?.[1] ?? 101));
    return write.apply(socket, args);
  }) as typeof write;
}
