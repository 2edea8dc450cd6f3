import type { DaemonSet, Deployment, KubeObject, StatefulSet } from '@keelson/api';
import { CliError } from '../../errors.js';

export interface RolloutState {
  readonly message: string;
  readonly isDone: boolean;
}

/** How far a rollout has come, in kubectl's words. Throws CliError when it will not get further. */
export function rolloutState(object: KubeObject, plural: string): RolloutState {
  switch (plural) {
    case 'deployments':
      return deploymentState(object as Deployment);
    case 'daemonsets':
      return daemonSetState(object as DaemonSet);
    case 'statefulsets':
      return statefulSetState(object as StatefulSet);
    default:
      throw new CliError(`no status viewer has been implemented for ${plural}`);
  }
}

const waiting = (message: string): RolloutState => ({ message, isDone: false });
const done = (message: string): RolloutState => ({ message, isDone: true });
const isStale = (it: Deployment | DaemonSet | StatefulSet) =>
  (it.metadata.generation ?? 0) > (it.status?.observedGeneration ?? 0);

function deploymentState(it: Deployment): RolloutState {
  const name = it.metadata.name ?? '';
  if (isStale(it)) return waiting('Waiting for deployment spec update to be observed...');
  const progressing = it.status?.conditions?.find((condition) => condition.type === 'Progressing');
  if (progressing?.reason === 'ProgressDeadlineExceeded')
    throw new CliError(`deployment "${name}" exceeded its progress deadline`);
  const { replicas = 0, updatedReplicas = 0, availableReplicas = 0 } = it.status ?? {};
  const wanted = it.spec?.replicas ?? 1;
  const prefix = `Waiting for deployment "${name}" rollout to finish:`;
  if (updatedReplicas < wanted)
    return waiting(`${prefix} ${updatedReplicas} out of ${wanted} new replicas have been updated...`);
  if (replicas > updatedReplicas)
    return waiting(`${prefix} ${replicas - updatedReplicas} old replicas are pending termination...`);
  if (availableReplicas < updatedReplicas) {
    return waiting(`${prefix} ${availableReplicas} of ${updatedReplicas} updated replicas are available...`);
  }
  return done(`deployment "${name}" successfully rolled out`);
}

function daemonSetState(it: DaemonSet): RolloutState {
  const name = it.metadata.name ?? '';
  if (it.spec?.updateStrategy?.type === 'OnDelete') {
    throw new CliError('rollout status is only available for RollingUpdate strategy type');
  }
  if (isStale(it)) return waiting('Waiting for daemon set spec update to be observed...');
  const { updatedNumberScheduled = 0, desiredNumberScheduled = 0, numberAvailable = 0 } = it.status ?? {};
  const prefix = `Waiting for daemon set "${name}" rollout to finish:`;
  if (updatedNumberScheduled < desiredNumberScheduled) {
    return waiting(
      `${prefix} ${updatedNumberScheduled} out of ${desiredNumberScheduled} new pods have been updated...`,
    );
  }
  if (numberAvailable < desiredNumberScheduled) {
    return waiting(`${prefix} ${numberAvailable} of ${desiredNumberScheduled} updated pods are available...`);
  }
  return done(`daemon set "${name}" successfully rolled out`);
}

function statefulSetState(it: StatefulSet): RolloutState {
  if (it.spec?.updateStrategy?.type === 'OnDelete') {
    throw new CliError('rollout status is only available for RollingUpdate strategy type');
  }
  if (isStale(it)) return waiting('Waiting for statefulset spec update to be observed...');
  const {
    readyReplicas = 0,
    updatedReplicas = 0,
    updateRevision,
    currentRevision,
    currentReplicas = 0,
  } = it.status ?? {};
  const wanted = it.spec?.replicas ?? 1;
  if (readyReplicas < wanted) return waiting(`Waiting for ${wanted - readyReplicas} pods to be ready...`);
  const partition = it.spec?.updateStrategy?.rollingUpdate?.partition ?? 0;
  if (partition > 0) {
    const updated = wanted - partition;
    if (updatedReplicas < updated) {
      return waiting(
        `Waiting for partitioned roll out to finish: ${updatedReplicas} out of ${updated} new pods have been updated...`,
      );
    }
    return done(`partitioned roll out complete: ${updatedReplicas} new pods have been updated...`);
  }
  if (updateRevision !== currentRevision) {
    return waiting(
      `waiting for statefulset rolling update to complete ${updatedReplicas} pods at revision ${updateRevision}...`,
    );
  }
  return done(`statefulset rolling update complete ${currentReplicas} pods at revision ${currentRevision}...`);
}
