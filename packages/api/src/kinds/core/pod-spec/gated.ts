import type { PodSpec } from '../../../gen/types.js';

/** Takes out what upstream's default gates do not let into pods. */
export function dropGatedPodFields(spec: PodSpec | undefined): void {
  if (spec === undefined) return;
  delete spec.schedulingGroup;
  const { containers = [], initContainers = [], ephemeralContainers = [] } = spec;
  for (const container of [...containers, ...initContainers, ...ephemeralContainers]) {
    const { lifecycle } = container;
    if (lifecycle?.stopSignal === undefined) continue;
    delete lifecycle.stopSignal;
    if (lifecycle.postStart === undefined && lifecycle.preStop === undefined) delete container.lifecycle;
  }
}
