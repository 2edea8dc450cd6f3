import {
  isApiError,
  type KubeObject,
  objectKey,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type VolumeAttributesClass,
} from '@keelson/api';
import { type Resource, resources } from '@keelson/client';
import { type Controller, type ControllerContext, KeyedLoop, splitKey } from '../../framework/controller.js';
import { claimsOf, PODS_BY_CLAIM, podsByClaim } from '../../volumes/claims.js';
import { classesOf, uses } from './users.js';

const { persistentVolumeClaims: claims, persistentVolumes: volumes, volumeAttributesClasses: classes } = resources;

/** A claim stays while a pod that is on a node has it, whatever has become of that pod's containers. */
export const claimProtection: Controller = {
  name: 'persistentvolumeclaim-protection-controller',
  setUp(context) {
    const { informers, client } = context;
    const pods = informers.for(resources.pods, podsByClaim);
    const loop = new KeyedLoop(this.name, context);
    loop.feed(informers.for(claims), (it) => [objectKey(it)]);
    loop.feed(pods, (pod, old) => [...claimsOf(pod), ...(old === undefined ? [] : claimsOf(old))]);
    const isUsed = async (claim: PersistentVolumeClaim, key: string) => {
      if (pods.indexer.byIndex(PODS_BY_CLAIM, key).some((pod) => uses(pod, claim))) return true;
      // The cache may not know the newest pod yet, and what is forgotten is gone.
      const { namespace } = splitKey(key);
      return (await client.list(resources.pods, { namespace })).items.some((pod) => uses(pod, claim));
    };
    return () => protect(context, loop, claims, 'kubernetes.io/pvc-protection', isUsed);
  },
};

/** A volume stays while it is bound. */
export const volumeProtection: Controller = {
  name: 'persistentvolume-protection-controller',
  setUp(context) {
    const loop = new KeyedLoop(this.name, context);
    loop.feed(context.informers.for(volumes), (it) => [objectKey(it)]);
    const isUsed = async ({ status }: PersistentVolume) => status?.phase === 'Bound';
    return () => protect(context, loop, volumes, 'kubernetes.io/pv-protection', isUsed);
  },
};

/** A class of volume attributes stays while a claim or a volume names it. */
export const attributesClassProtection: Controller = {
  name: 'volumeattributesclass-protection-controller',
  setUp(context) {
    const { informers } = context;
    const [ofClaims, ofVolumes] = [informers.for(claims), informers.for(volumes)];
    const loop = new KeyedLoop(this.name, context);
    loop.feed(informers.for(classes), (it) => [objectKey(it)]);
    for (const informer of [ofClaims, ofVolumes])
      loop.feed<PersistentVolumeClaim | PersistentVolume>(informer as never, (it, old) => [
        ...classesOf(it),
        ...(old === undefined ? [] : classesOf(old)),
      ]);
    const isUsed = async (_: VolumeAttributesClass, key: string) =>
      [...ofClaims.list(), ...ofVolumes.list()].some((it) => classesOf(it).includes(key));
    return () => protect(context, loop, classes, 'kubernetes.io/vac-protection', isUsed);
  },
};

/** Gives objects their finalizer, and takes it away from those that are being deleted and that nothing uses. */
function protect<T extends KubeObject>(
  { informers, client }: ControllerContext,
  loop: KeyedLoop,
  resource: Resource<T>,
  finalizer: string,
  isUsed: (object: T, key: string) => Promise<boolean>,
): Promise<void> {
  const informer = informers.for(resource);
  return loop.run(1, async (key) => {
    const { namespace, name } = splitKey(key);
    const object = informer.get(namespace, name);
    if (object === undefined) return undefined;
    const { finalizers = [], deletionTimestamp } = object.metadata;
    const has = finalizers.includes(finalizer);
    if (deletionTimestamp === undefined ? has : !has || (await isUsed(object, key))) return undefined;
    const next =
      deletionTimestamp === undefined ? [...finalizers, finalizer] : finalizers.filter((it) => it !== finalizer);
    try {
      await client.update(resource, { ...object, metadata: { ...object.metadata, finalizers: next } });
    } catch (error) {
      if (!isApiError(error, 'NotFound')) throw error;
    }
    return undefined;
  });
}
