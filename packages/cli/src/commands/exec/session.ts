import type { Status } from '@keelson/api';
import type { ExecKind, ExecSession } from '@keelson/client';
import type { Cluster } from '../../cluster/cluster.js';
import type { Context, Io } from '../../command/context.js';
import { CliError } from '../../errors.js';

export interface SessionRequest {
  readonly kind: ExecKind;
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly command: readonly string[];
  readonly stdin: boolean;
  readonly tty: boolean;
}

/** Joins this terminal to a command in a container until the command ends; resolves to its exit code. */
export async function runSession(context: Context, cluster: Cluster, request: SessionRequest): Promise<number> {
  const { io } = context;
  const { kind, tty, ...start } = request;
  const isRaw = tty && request.stdin && io.stdin.isTTY === true && io.stdin.setRawMode !== undefined;
  const session = await cluster.pods.exec(
    kind,
    { ...start, tty, stdout: true, stderr: !tty },
    { signal: context.signal },
  );
  const stopResizing = tty ? followSize(io, session) : () => {};
  if (isRaw) io.stdin.setRawMode?.(true);
  try {
    if (request.stdin) void sendInput(io, session);
    const status = await session.run((stream, data) => write(io[stream], data));
    return exitCode(status);
  } finally {
    stopResizing();
    if (isRaw) io.stdin.setRawMode?.(false);
    io.stdin.pause();
  }
}

async function sendInput({ stdin }: Io, session: ExecSession): Promise<void> {
  try {
    for await (const data of stdin) await session.write(Buffer.from(data as Uint8Array));
    await session.closeStdin();
  } catch {
    // The command ended before its input did.
  }
}

function write(stream: Io['stdout'] | Io['stderr'], data: Buffer): Promise<void> {
  if (stream.write(data)) return Promise.resolve();
  return new Promise((resolve) => stream.once('drain', () => resolve()));
}

/** Tells the command the size of the terminal, now and when it changes. */
function followSize({ stdout }: Io, session: ExecSession): () => void {
  if (stdout.isTTY !== true) return () => {};
  const send = () => session.resize(stdout.columns ?? 80, stdout.rows ?? 24);
  send();
  stdout.on('resize', send);
  return () => stdout.off('resize', send);
}

/** The exit code that the Status of an ended command tells. Throws when it did not run at all. */
export function exitCode(status: Status | undefined): number {
  if (status === undefined || status.status === 'Success') return 0;
  if (status.reason === 'NonZeroExitCode') {
    const cause = status.details?.causes?.find((it) => it.reason === 'ExitCode');
    const code = Number(cause?.message ?? 1);
    throw new CliError(`command terminated with exit code ${code}`, { code });
  }
  throw new CliError(status.message ?? 'the command failed to run');
}
