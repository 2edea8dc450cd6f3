export { type CriClient, criClient } from './cri/cri-client.js';
export { Kubelet, type KubeletDependencies, type KubeletOptions } from './kubelet.js';
export { computePodActions, type PodActions } from './pods/pod-actions.js';
export { podStatus } from './pods/pod-status.js';
