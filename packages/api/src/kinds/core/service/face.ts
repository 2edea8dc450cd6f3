/** What those need to know of services who give them addresses. */
export { familyOf, validateClusterIps } from './cluster-ips.js';
export { isHeadless, NO_ADDRESS, needsClusterIp, needsHealthCheck, needsNodePorts, sameList } from './needs.js';
