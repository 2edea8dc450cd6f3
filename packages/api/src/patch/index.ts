export * from './apply/index.js';
export * from './json.js';
export * from './merge.js';
export { patchedText } from './patched-text.js';
export * from './strategic.js';
export * from './three-way.js';
