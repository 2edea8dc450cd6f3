/** What the approval of requests for certificates asks. */
export { stampConditions, validateChange } from './approval.js';
export { validateRequest } from './validate.js';
