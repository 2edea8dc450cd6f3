import { apiErrors, type Container, fieldErrors, Path, type Pod } from '@keelson/api';
import { type AdmissionAttributes, type AdmissionPlugin, isResource, refusal } from './admission.js';

const ALWAYS = 'Always';
const LISTS = ['containers', 'initContainers', 'ephemeralContainers'] as const;

/** Who starts a pod must be allowed to pull its images: none is taken from what a node has already. */
export const alwaysPullImages: AdmissionPlugin = {
  name: 'AlwaysPullImages',
  mutate(attributes) {
    if (!bringsImages(attributes)) return;
    const { spec } = attributes.object as Pod;
    for (const list of LISTS) for (const container of spec?.[list] ?? []) container.imagePullPolicy = ALWAYS;
    for (const { image } of spec?.volumes ?? []) if (image != null) image.pullPolicy = ALWAYS;
  },
  validate(attributes) {
    if (!bringsImages(attributes)) return;
    const { spec } = attributes.object as Pod;
    const root = new Path('spec');
    const wrong = (at: Path, policy: string | undefined) =>
      policy === ALWAYS ? [] : [fieldErrors.notSupported(at, policy ?? '', [ALWAYS])];
    const errors = [
      ...LISTS.flatMap((list) =>
        (spec?.[list] ?? []).flatMap((it: Pick<Container, 'imagePullPolicy'>, index) =>
          wrong(root.child(list).index(index).child('imagePullPolicy'), it.imagePullPolicy),
        ),
      ),
      ...(spec?.volumes ?? []).flatMap(({ image }, index) =>
        image == null ? [] : wrong(root.child('volumes').index(index).child('image', 'pullPolicy'), image.pullPolicy),
      ),
    ];
    if (errors.length > 0) throw refusal(attributes, apiErrors.aggregateText(errors.map(fieldErrors.errorText)));
  },
};

/** Not where an update leaves all images as they are. */
function bringsImages({ operation, kind, object, old, subresource }: AdmissionAttributes): boolean {
  if (operation === 'DELETE' || subresource !== '' || !isResource(kind, '', 'pods')) return false;
  if (operation === 'CREATE') return true;
  const imagesOf = (pod: Pod) => LISTS.flatMap((list) => (pod.spec?.[list] ?? []).map(({ image }) => image));
  const known = new Set(imagesOf(old as Pod));
  return imagesOf(object as Pod).some((image) => !known.has(image));
}
