export { OpenApiDocuments, type V2Form } from './documents.js';
export { V2_MEDIA_TYPE } from './v2.js';
