export { allControllers } from './controllers/index.js';
export { type AnyController, defaultsOf, makeControllers } from './framework/configured.js';
export type { Controller, ControllerContext } from './framework/controller.js';
export { ControllerMetrics } from './framework/metrics.js';
export { ServedKinds } from './framework/served-kinds.js';
