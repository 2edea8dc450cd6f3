export const STORAGE_CLASS = 'volume.beta.kubernetes.io/storage-class';

/** Claims and volumes once said their class in an annotation. */
export function oldStorageClass(annotations: Readonly<Record<string, string>> | undefined): string[] {
  if (annotations?.[STORAGE_CLASS] === undefined) return [];
  const instead = 'deprecated since v1.8; use "storageClassName" attribute instead';
  return [`metadata.annotations[${STORAGE_CLASS}]: ${instead}`];
}
