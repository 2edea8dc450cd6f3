import type { Kind } from '../kind.js';
import { configMap } from './core/config-map.js';
import { pod } from './core/pod.js';

/** Every built-in kind, in the order of discovery. */
export const allKinds: readonly Kind[] = [configMap, pod];
