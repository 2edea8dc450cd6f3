import { type FieldError, forbidden, invalid, type Path, path, required, tooLong } from '../../field-errors.js';
import type { VolumeAttachment, VolumeAttachmentSource, VolumeAttachmentStatus, VolumeError } from '../../gen/types.js';
import { internalForm } from '../../internal-form.js';
import { defineKind, status } from '../../kind.js';
import { FIELD_IMMUTABLE } from '../../meta.js';
import { equalInForm } from '../../object.js';
import { ageColumn, nameColumn } from '../columns.js';
import { roundList } from '../core/pod-spec/defaults.js';
import { defaultVolumeSource } from '../core/volumes/defaults.js';
import { validateInlineSpec } from '../core/volumes/persistent-spec.js';
import { driverName } from '../core/volumes/source-rules.js';
import { dnsSubdomain } from '../rules.js';

const spec = path('spec');
const SPEC_TYPE = 'io.k8s.api.storage.v1.VolumeAttachmentSpec';
const METADATA_BYTES_MAX = 256 * 1024;
const MESSAGE_BYTES_MAX = 1024;
const CODE_MAX = 2 ** 31 - 1;

export const volumeAttachment = defineKind<VolumeAttachment>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttachment',
  plural: 'volumeattachments',
  scope: 'Cluster',
  updateMetadata: 'create',
  strategy: { allowUnconditionalUpdate: false },
  subresources: [status],
  columns: [
    nameColumn(),
    { name: 'Attacher', type: 'string', format: 'name', value: (it) => it.spec?.attacher ?? '' },
    { name: 'PV', type: 'string', value: (it) => it.spec?.source?.persistentVolumeName ?? '' },
    { name: 'Node', type: 'string', value: (it) => it.spec?.nodeName ?? '' },
    { name: 'Attached', type: 'boolean', value: (it) => it.status?.attached ?? false },
    ageColumn(),
  ],
  defaults(it) {
    const inline = it.spec?.source?.inlineVolumeSpec;
    if (inline === undefined) return;
    roundList(inline.capacity);
    defaultVolumeSource(inline);
  },
  validate: (it, old) => validateAttachment(it, old === undefined),
  validateUpdate: (next, old) =>
    equalInForm(next.spec, old.spec) ? [] : [invalid(spec, internalForm(SPEC_TYPE, next.spec), FIELD_IMMUTABLE)],
  validateStatusUpdate: (next) => validateAttachment(next, false),
});

function validateAttachment({ spec: own = {}, status: now = {} }: VolumeAttachment, isNew: boolean): FieldError[] {
  const at = path('status');
  const { persistentVolumeName = '' } = own.source ?? {};
  return [
    ...driverName(own.attacher, spec.child('attacher')),
    ...validateSource(own.source ?? {}, spec.child('source')),
    ...dnsSubdomain(own.nodeName ?? '', spec.child('nodeName')),
    ...validateMetadata(now, at.child('attachmentMetadata')),
    ...validateError(now.attachError, at.child('attachError')),
    ...validateError(now.detachError, at.child('detachError')),
    ...(isNew && persistentVolumeName !== ''
      ? dnsSubdomain(persistentVolumeName, spec.child('source', 'persistentVolumeName'))
      : []),
  ];
}

function validateSource({ inlineVolumeSpec, persistentVolumeName }: VolumeAttachmentSource, at: Path): FieldError[] {
  const text = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName';
  if (inlineVolumeSpec === undefined && persistentVolumeName === undefined) return [required(at, text)];
  if (inlineVolumeSpec !== undefined && persistentVolumeName !== undefined) return [forbidden(at, text)];
  if (inlineVolumeSpec !== undefined) return validateInlineSpec(inlineVolumeSpec, at.child('inlineVolumeSpec'));
  if (persistentVolumeName !== '') return [];
  return [required(at.child('persistentVolumeName'), 'must specify non empty persistentVolumeName')];
}

function validateMetadata({ attachmentMetadata = {} }: VolumeAttachmentStatus, at: Path): FieldError[] {
  const size = Object.entries(attachmentMetadata).reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value),
    0,
  );
  return size > METADATA_BYTES_MAX ? [tooLong(at, METADATA_BYTES_MAX)] : [];
}

/** Upstream names the wrong limit for a message. */
function validateError(error: VolumeError | undefined, at: Path): FieldError[] {
  const { message = '', errorCode = 0 } = error ?? {};
  return [
    ...(Buffer.byteLength(message) > MESSAGE_BYTES_MAX ? [tooLong(at.child('message'), METADATA_BYTES_MAX)] : []),
    ...(errorCode < 0
      ? [invalid(at.child('errorCode'), errorCode, `must be between 0 and ${CODE_MAX}, inclusive`)]
      : []),
  ];
}
