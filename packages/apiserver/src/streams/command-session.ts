import type { Init, keelson } from '@keelson/protocol';

export type CommandInput = Init<keelson.ExecRequest>;
export type CommandOutput = 'stdout' | 'stderr' | 'status';

/** A client of exec or attach, whatever it speaks. */
export interface CommandSession {
  /** Hands on what the client sends; resolves when nothing more can come from it. */
  receive(take: (input: CommandInput) => Promise<void>): Promise<void>;
  /** Resolves once the bytes are handed on, so that a slow client slows its container's output. */
  send(output: CommandOutput, bytes: Uint8Array): Promise<void>;
  close(): void;
}

export interface CommandOptions {
  readonly command: readonly string[];
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}
