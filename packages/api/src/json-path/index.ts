export { JsonPath, valueText } from './evaluate.js';
export { JsonPathError, relaxedTemplate } from './parse.js';
