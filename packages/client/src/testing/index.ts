export { type Intercept, MemoryTransport } from './memory-transport.js';
export { until } from './until.js';
