import { Gauge, type Registry } from '@keelson/service';
import type { PodCache } from './cri/pod-cache.js';

/** Upstream's metrics of what runs on the node, read when they are asked for. */
export function registerMetrics(registry: Registry, cache: PodCache): void {
  new Gauge({
    name: 'kubelet_running_pods',
    help: 'Number of pods that have a running pod sandbox',
    registers: [registry],
    collect() {
      this.set(cache.list().filter(({ sandboxes }) => sandboxes.some(({ ready }) => ready)).length);
    },
  });
  new Gauge({
    name: 'kubelet_running_containers',
    help: 'Number of containers by state',
    labelNames: ['container_state'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { containers } of cache.list()) {
        for (const { state } of containers) this.inc({ container_state: state });
      }
    },
  });
}
