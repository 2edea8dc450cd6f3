export * from './v2.js';
export * from './v3.js';
