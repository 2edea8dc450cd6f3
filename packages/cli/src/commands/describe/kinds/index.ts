import type { KubeObject } from '@keelson/api';
import type { Describer } from '../describer.js';
import { describeConfigMap, describeNamespace, describeSecret, describeServiceAccount } from './configuration.js';
import { describeGeneric } from './generic.js';
import { describeNode } from './node.js';
import { describePod } from './pod.js';
import { describeService } from './service.js';
import {
  describeDaemonSet,
  describeDeployment,
  describeJob,
  describeReplicaSet,
  describeStatefulSet,
} from './workloads.js';

const DESCRIBERS = {
  'v1/ConfigMap': describeConfigMap,
  'v1/Namespace': describeNamespace,
  'v1/Node': describeNode,
  'v1/Pod': describePod,
  'v1/Secret': describeSecret,
  'v1/Service': describeService,
  'v1/ServiceAccount': describeServiceAccount,
  'apps/v1/DaemonSet': describeDaemonSet,
  'apps/v1/Deployment': describeDeployment,
  'apps/v1/ReplicaSet': describeReplicaSet,
  'apps/v1/StatefulSet': describeStatefulSet,
  'batch/v1/Job': describeJob,
} as const;

/** The describer of the object's kind, else one that shows every field. */
export function describerOf({ apiVersion, kind }: KubeObject): Describer<KubeObject> {
  const own = (DESCRIBERS as unknown as Readonly<Record<string, Describer<KubeObject>>>)[`${apiVersion}/${kind}`];
  return own ?? describeGeneric;
}

/** Kinds of which events are not shown, as kubectl has it. */
export const WITHOUT_EVENTS: ReadonlySet<string> = new Set(['v1/Namespace', 'v1/Secret', 'v1/Event']);
