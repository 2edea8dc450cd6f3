export { Framework } from './framework/framework.js';
export type { ClusterEvent, Cycle, Plugin } from './framework/plugin.js';
export { defaultPlugins } from './plugins/index.js';
export { Scheduler, type SchedulerDependencies, type SchedulerOptions } from './scheduler.js';
