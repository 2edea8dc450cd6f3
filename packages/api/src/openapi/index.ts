export { OpenApiDocuments, type V2Form } from './documents.js';
export { type ForeignDocuments, type ForeignV2, foreignV2 } from './foreign.js';
export { V2_MEDIA_TYPE } from './v2.js';
