import { statfsSync } from 'node:fs';
import type { cri, Handlers, Init } from '@keelson/protocol';
import { type Clock, writeTo } from '@keelson/service';
import type { ImageStore, StoredImage } from '../image-store.js';
import { nanoseconds } from './views.js';

/** CRI's ImageService over names: nothing is fetched, so pulling is always quick and takes no space. */
export function imageService(
  images: ImageStore,
  rootDir: string,
  clock: Clock,
): Handlers<typeof cri.ImageServiceService> {
  const list = (filter: cri.ImageFilter | undefined) => {
    const wanted = filter?.image?.image ?? '';
    return (wanted === '' ? images.list() : [images.find(wanted)].filter((it) => it !== undefined)).map(view);
  };
  return {
    listImages: ({ filter }) => ({ images: list(filter) }),
    streamImages: async (call) => {
      const found = list(call.request.filter);
      if (found.length > 0) await writeTo(call, { images: found });
      call.end();
    },
    imageStatus: ({ image }) => {
      const found = images.find(image?.image ?? '');
      return found === undefined ? {} : { image: view(found) };
    },
    pullImage: ({ image }) => ({ imageRef: images.pull(image?.image ?? '').id }),
    removeImage: ({ image }) => {
      images.remove(image?.image ?? '');
      return {};
    },
    imageFsInfo: () => {
      const { bsize, blocks, bfree, files, ffree } = statfsSync(rootDir);
      const usage = {
        timestamp: nanoseconds(clock.now()),
        fsId: { mountpoint: rootDir },
        usedBytes: { value: (blocks - bfree) * bsize },
        inodesUsed: { value: files - ffree },
      };
      return { imageFilesystems: [usage], containerFilesystems: [usage] };
    },
  };
}

/** CRI wants a size above zero; these images take none. */
const NO_SIZE = 1;

function view({ id, name }: StoredImage): Init<cri.Image> {
  return {
    id,
    repoTags: name.includes('@') ? [] : [name],
    repoDigests: name.includes('@') ? [name] : [],
    size: NO_SIZE,
    // An image stands for programs of the host, which run as the runtime does unless the pod names a user.
    uid: { value: process.getuid?.() ?? 0 },
    spec: { image: id },
  };
}
