/** What Status reports: clients choose by it which features to use. */
export const ETCD_VERSION = '3.6.0';
