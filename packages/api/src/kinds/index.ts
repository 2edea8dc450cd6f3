import { anyKind } from '../registry.js';
import { configMap } from './core/config-map.js';

/** Every built-in kind, in the order of discovery. */
export const allKinds = [anyKind(configMap)];
