export { MetricsServer, type MetricsServerDependencies, type MetricsServerOptions } from './metrics-server.js';
