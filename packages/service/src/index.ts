export { type Clock, rfc3339, rfc3339Micro, sleepOn, systemClock, type Timer } from './clock.js';
export { type Random, seededRandom, systemRandom } from './random.js';
