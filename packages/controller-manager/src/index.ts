export { allControllers } from './controllers/index.js';
export type { Controller, ControllerContext } from './framework/controller.js';
export { ControllerMetrics } from './framework/metrics.js';
