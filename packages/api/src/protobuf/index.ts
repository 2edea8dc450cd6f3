export * from './codec.js';
export * from './envelope.js';
export { ProtobufError } from './wire.js';
