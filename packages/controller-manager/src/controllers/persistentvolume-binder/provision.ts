import type { PersistentVolume, PersistentVolumeClaim, StorageClass } from '@keelson/api';
import { resources } from '@keelson/client';
import { type Action, create, type Decision, type Elsewhere, patch, tell } from '../../framework/actions.js';
import {
  BETA_PROVISIONER,
  BOUND_BY_CONTROLLER,
  IN_TREE_FINALIZER,
  MIGRATED_TO,
  PROVISIONED_BY,
  PROVISIONER,
  SELECTED_NODE,
} from '../../volumes/annotations.js';
import { classOf } from '../../volumes/claims.js';
import { driverOf, IN_TREE } from '../../volumes/plugins.js';
import type { Made, Provisioner } from './directories.js';
import type { BinderView } from './view.js';

/** Has a volume made for a claim: here, or by whoever makes volumes of its class. */
export function provision(claim: PersistentVolumeClaim, view: BinderView): Decision {
  const name = classOf(claim);
  const storageClass = view.classes.get('', name);
  if (storageClass === undefined) return failed(`storageclass.storage.k8s.io "${name}" not found`);
  const { provisioner = '' } = storageClass;
  const driver = driverOf(provisioner);
  const plugin = driver === undefined ? view.provisioner(provisioner) : undefined;
  if (plugin !== undefined) return provisionHere(claim, storageClass, plugin);
  if (driver === undefined && provisioner.startsWith(IN_TREE))
    return failed(`no volume plugin matched name: ${provisioner}`);
  return waitForOthers(claim, driver ?? provisioner);
}

function failed(message: string): Decision {
  return { steps: [[tell('Warning', 'ProvisioningFailed', message)]] };
}

function waitForOthers(claim: PersistentVolumeClaim, provisioner: string): Decision {
  const message = `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`;
  return { steps: [nameProvisioner(claim, provisioner), [tell('Normal', 'ExternalProvisioning', message)]] };
}

/** External provisioners begin when the claim names them. */
function nameProvisioner(claim: PersistentVolumeClaim, provisioner: string): readonly Action[] {
  const { uid, resourceVersion, annotations = {} } = claim.metadata;
  if (annotations[PROVISIONER] === provisioner) return [];
  const migrated = annotations[MIGRATED_TO] === undefined ? {} : { [MIGRATED_TO]: null };
  const next = { [BETA_PROVISIONER]: provisioner, [PROVISIONER]: provisioner, ...migrated };
  const change = { metadata: { uid, resourceVersion, annotations: next } };
  return [patch(resources.persistentVolumeClaims, claim, 'merge', change)];
}

function provisionHere(claim: PersistentVolumeClaim, storageClass: StorageClass, plugin: Provisioner): Decision {
  const {
    metadata: { name: className },
    mountOptions = [],
  } = storageClass;
  if (claim.spec?.dataSource !== undefined || claim.spec?.dataSourceRef !== undefined)
    return failed(
      `plugin "${plugin.name}" is not a CSI plugin. Only CSI plugin can provision a claim with a datasource`,
    );
  const naming = nameProvisioner(claim, plugin.name);
  if (mountOptions.length > 0) {
    const text = `Mount options are not supported by the provisioner but StorageClass "${className}" has mount options [${mountOptions.join(' ')}]`;
    return { steps: [naming, [tell('Warning', 'ProvisioningFailed', text)]] };
  }
  // The name is the claim's: what was made before an answer was lost is found again.
  const volumeName = `pvc-${claim.metadata.uid}`;
  const why = (error: Error) => `Failed to provision volume with StorageClass "${className}": ${error.message}`;
  let made: Made;
  try {
    made = plugin.provision(volumeName, claim);
  } catch (error) {
    return { steps: [naming, [tell('Warning', 'ProvisioningFailed', (error as Error).message)]] };
  }
  const requires = { resource: resources.persistentVolumeClaims, object: claim };
  const first: Elsewhere = {
    run: () => made.make(),
    requires,
    failed: (error) => ({ type: 'Warning', reason: 'ProvisioningFailed', message: why(error) }),
  };
  const creating = create(resources.persistentVolumes, volumeOf(volumeName, claim, storageClass, plugin, made), {
    requires,
    taken: () => [],
    done: () => ({
      type: 'Normal',
      reason: 'ProvisioningSucceeded',
      message: `Successfully provisioned volume ${volumeName} using ${plugin.name}`,
    }),
  });
  return {
    first,
    steps: [naming, [creating]],
    afterwards: (failure) => (failure === undefined ? [] : chooseAnotherNode(claim)),
  };
}

/** The scheduler may know a node where it works. */
function chooseAnotherNode(claim: PersistentVolumeClaim): readonly Action[] {
  if (claim.metadata.annotations?.[SELECTED_NODE] === undefined) return [];
  const change = { metadata: { uid: claim.metadata.uid, annotations: { [SELECTED_NODE]: null } } };
  return [patch(resources.persistentVolumeClaims, claim, 'merge', change, { ignore: ['NotFound'] })];
}

function volumeOf(
  name: string,
  claim: PersistentVolumeClaim,
  { metadata, reclaimPolicy = 'Delete' }: StorageClass,
  plugin: Provisioner,
  { annotations, source }: Made,
): PersistentVolume {
  const { namespace, name: claimName, uid, resourceVersion } = claim.metadata;
  const accessModes = claim.spec?.accessModes ?? [];
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: {
      name,
      annotations: { ...annotations, [BOUND_BY_CONTROLLER]: 'yes', [PROVISIONED_BY]: plugin.name },
      ...(reclaimPolicy === 'Delete' ? { finalizers: [IN_TREE_FINALIZER] } : {}),
    },
    spec: {
      ...source,
      accessModes: accessModes.length > 0 ? [...accessModes] : ['ReadWriteOnce'],
      capacity: { storage: claim.spec?.resources?.requests?.['storage'] ?? '0' },
      claimRef: {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        namespace,
        name: claimName,
        uid,
        resourceVersion,
      },
      persistentVolumeReclaimPolicy: reclaimPolicy,
      storageClassName: metadata.name,
    },
  };
}
