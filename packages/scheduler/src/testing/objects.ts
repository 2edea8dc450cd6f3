import type { Container, Node, Pod, PodSpec, Taint } from '@keelson/api';
import { NodeInfo } from '../cache/node-info.js';

/** Objects for tests, in few words. */
export function testNode(
  name: string,
  allocatable: Record<string, string> = { cpu: '4', memory: '8Gi', pods: '110' },
  rest: { labels?: Record<string, string>; taints?: Taint[]; unschedulable?: boolean } = {},
): Node {
  const { labels = {}, ...spec } = rest;
  return { apiVersion: 'v1', kind: 'Node', metadata: { name, labels, uid: name }, spec, status: { allocatable } };
}

export function asking(requests: Record<string, string>, rest: Partial<Container> = {}): Container {
  return { name: 'c', image: 'i', resources: { requests }, ...rest };
}

export function testPod(name: string, spec: Partial<PodSpec> = {}, startTime?: string): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', uid: `uid-${name}` },
    spec: { containers: [{ name: 'c', image: 'i' }], ...spec },
    ...(startTime === undefined ? {} : { status: { startTime } }),
  };
}

export function infoOf(node: Node, ...pods: Pod[]): NodeInfo {
  return new NodeInfo(node, pods);
}
