import type { Clock, Logger, Random } from '@keelson/service';
import { ConfigError, readConfig } from '../../config/config-file.js';
import { followed } from '../../config/followed.js';
import { ReloadedFile } from '../../config/reloaded-file.js';
import { Encryption } from './encryption.js';
import { encryptionConfiguration } from './encryption-configuration.js';

const RELOAD_MS = 10_000;
/** For reads under way, before services that are not asked any more are let go. */
const RETIRE_MS = 60_000;

/** What `--encryption-provider-config` says, now; undefined: nothing is encrypted. Throws ConfigError. */
export function encryptionOf(
  flags: {
    readonly 'encryption-provider-config': string | undefined;
    readonly 'encryption-provider-config-automatic-reload': boolean;
  },
  dependencies: { clock: Clock; random: Random; logger: Logger },
): (() => Encryption) | undefined {
  const path = flags['encryption-provider-config'];
  if (path === undefined) return undefined;
  const read = (text: string) => readConfig(text, path, encryptionConfiguration);
  let file: ReloadedFile<ReturnType<typeof read>>;
  try {
    file = new ReloadedFile(path, read, dependencies);
  } catch (error) {
    throw new ConfigError(`--encryption-provider-config: ${(error as Error).message}`, { cause: error });
  }
  if (flags['encryption-provider-config-automatic-reload']) file.watch(RELOAD_MS);
  let current: Encryption | undefined;
  return followed(
    () => file.value,
    (config) => {
      const before = current;
      if (before !== undefined) dependencies.clock.after(RETIRE_MS, () => before.close());
      current = new Encryption(config, dependencies);
      return current;
    },
  );
}
