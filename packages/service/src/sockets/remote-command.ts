/** Kubernetes' remote command channels: the first byte of each message of a WebSocket. */
export const Channel = { STDIN: 0, STDOUT: 1, STDERR: 2, ERROR: 3, RESIZE: 4, CLOSE: 255 } as const;

/** The sub-protocols that are understood, newest first; v5 can close a channel. */
export const CHANNEL_PROTOCOLS = ['v5.channel.k8s.io', 'v4.channel.k8s.io'] as const;

/** What may wait in a socket before its source is held back. */
export const BACKLOG_BYTES_MAX = 256 * 1024;

export interface TerminalSize {
  readonly width: number;
  readonly height: number;
}

const SIDE_MAX = 65_535;

export function channelFrame(channel: number, payload: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([channel]), payload]);
}

/** The size that a RESIZE message asks for; undefined for anything else, which upstream passes over too. */
export function terminalSizeIn(payload: Uint8Array): TerminalSize | undefined {
  let size: { Width?: unknown; Height?: unknown } | null;
  try {
    size = JSON.parse(Buffer.from(payload).toString());
  } catch {
    return undefined;
  }
  const [width, height] = [size?.Width, size?.Height];
  return isSide(width) && isSide(height) ? { width, height } : undefined;
}

export function resizePayload({ width, height }: TerminalSize): Buffer {
  return Buffer.from(JSON.stringify({ Width: width, Height: height }));
}

function isSide(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0 && (value as number) <= SIDE_MAX;
}
