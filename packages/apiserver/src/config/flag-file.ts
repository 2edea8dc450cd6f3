import { ConfigError } from './config-file.js';

/** What goes wrong with a flag's file names the flag. */
export function ofFlag<T>(flag: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new ConfigError(`--${flag}: ${(error as Error).message}`, { cause: error });
  }
}
