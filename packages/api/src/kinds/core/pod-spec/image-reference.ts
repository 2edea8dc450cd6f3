/** The names of images, as the distribution project's reference grammar has them. */

const PART = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const HOST_PART = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const HOST = `(?:${HOST_PART}(?:\\.${HOST_PART})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`;
const TAG = '[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}';
const DIGEST = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9A-Fa-f]{32,}';
const REFERENCE = new RegExp(`^(${HOST}/${PART}(?:/${PART})*)(?::(${TAG}))?(?:@(${DIGEST}))?$`);
const NAME_MAX = 255;
const IMAGE_ID = /^[a-f0-9]{64}$/;

/** The tag of an image: `latest` where it names neither a tag nor a digest; undefined where it is no image's name. */
export function imageTag(image: string): string | undefined {
  if (IMAGE_ID.test(image)) return undefined;
  const slash = image.indexOf('/');
  const first = slash < 0 ? '' : image.slice(0, slash);
  const hasHost = /[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase();
  const full = hasHost ? image : `docker.io/${slash < 0 ? 'library/' : ''}${image}`;
  const [, name = '', tag, digest] = REFERENCE.exec(full) ?? [];
  if (name === '' || name.length > NAME_MAX) return undefined;
  return tag ?? (digest === undefined ? 'latest' : '');
}
