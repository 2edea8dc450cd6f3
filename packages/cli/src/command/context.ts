import type { Readable, Writable } from 'node:stream';
import type { Clock } from '@keelson/service';
import type { Cluster } from '../cluster/cluster.js';
import type { KubeconfigSource } from '../kubeconfig/load.js';
import type { Style } from '../print/style.js';
import type { Command } from './command.js';

/** The process' streams and surroundings, so that tests can give their own. */
export interface Io {
  readonly stdin: Readable & { readonly isTTY?: boolean; setRawMode?(raw: boolean): unknown };
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number };
  readonly stderr: Writable & { readonly isTTY?: boolean };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/** What a running command has to work with. */
export interface Context {
  readonly io: Io;
  readonly clock: Clock;
  /** How words look on standard output and on standard error. */
  readonly style: Style;
  readonly errorStyle: Style;
  /** Aborts on SIGINT. */
  readonly signal: AbortSignal;
  /** All of keelctl's commands. */
  readonly commands: readonly Command[];
  readonly kubeconfig: KubeconfigSource;
  /** The namespace of requests that name none. */
  namespace(): string;
  /** Whether -n was given. */
  readonly namespaceIsGiven: boolean;
  /** Connects at the first call. */
  cluster(): Promise<Cluster>;
  /** Writes a line to standard output. */
  print(line: string): void;
  /** Writes a line to standard error. */
  warn(line: string): void;
}
