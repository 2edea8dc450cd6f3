export type { Io } from './command/context.js';
export { run } from './run.js';
