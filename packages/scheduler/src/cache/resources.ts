import { type Container, type Pod, quantityMilliValue, quantityValue } from '@keelson/api';

/** Amounts by resource name: milli-cores for cpu, whole units (bytes, counts) for everything else. */
export type Resources = Readonly<Record<string, number>>;

/** What a container that asks for nothing counts as when nodes are compared; upstream's numbers. */
const DEFAULT_MILLI_CPU = 100;
const DEFAULT_MEMORY = 200 * 1024 * 1024;

export function resourcesOf(quantities: Readonly<Record<string, string>> | undefined): Resources {
  const amounts: Record<string, number> = {};
  for (const [name, text] of Object.entries(quantities ?? {})) {
    amounts[name] = name === 'cpu' ? quantityMilliValue(text) : quantityValue(text);
  }
  return amounts;
}

export function add(a: Resources, b: Resources): Resources {
  const sum: Record<string, number> = { ...a };
  for (const [name, amount] of Object.entries(b)) sum[name] = (sum[name] ?? 0) + amount;
  return sum;
}

export function subtract(a: Resources, b: Resources): Resources {
  const rest: Record<string, number> = { ...a };
  for (const [name, amount] of Object.entries(b)) rest[name] = (rest[name] ?? 0) - amount;
  return rest;
}

function max(a: Resources, b: Resources): Resources {
  const larger: Record<string, number> = { ...a };
  for (const [name, amount] of Object.entries(b)) larger[name] = Math.max(larger[name] ?? 0, amount);
  return larger;
}

/**
 * What a pod asks of a node (component-helpers' PodRequests): its containers together, or the most that one of its
 * init containers needs beside the sidecars started before it; pod-level requests win; overhead comes on top.
 */
export function podRequests(pod: Pod, requestsOf: (container: Container) => Resources = containerRequests): Resources {
  let total: Resources = {};
  for (const container of pod.spec?.containers ?? []) total = add(total, requestsOf(container));
  let sidecars: Resources = {};
  let init: Resources = {};
  for (const container of pod.spec?.initContainers ?? []) {
    const requests = requestsOf(container);
    if (container.restartPolicy === 'Always') {
      sidecars = add(sidecars, requests);
      init = max(init, sidecars);
    } else init = max(init, add(requests, sidecars));
  }
  total = max(add(total, sidecars), init);
  total = { ...total, ...resourcesOf(pod.spec?.resources?.requests) };
  return add(total, resourcesOf(pod.spec?.overhead));
}

function containerRequests(container: Container): Resources {
  return resourcesOf(container.resources?.requests);
}

/** The same for comparing nodes: containers that ask for no cpu or memory count as a little of each. */
export function nonZeroRequests(pod: Pod): Resources {
  return podRequests(pod, (container) => ({
    cpu: DEFAULT_MILLI_CPU,
    memory: DEFAULT_MEMORY,
    ...containerRequests(container),
  }));
}
