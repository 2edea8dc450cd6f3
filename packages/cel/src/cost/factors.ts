/** Cost of a code point that is looked at. */
export const TRAVERSAL = 0.1;
/** Cost of a code point of a pattern. */
export const REGEX = 0.25;
/** Cost of an authorization check: two fit into one expression. */
export const AUTHORIZATION = 350_000;
export const LIST_CREATE = 10;
export const STRUCT_CREATE = 40;

/** An authorization selector is a list of requirements, each of them a list in a struct; two characters make one. */
export const SELECTOR_REQUIREMENT = LIST_CREATE + STRUCT_CREATE;
export const REQUIREMENTS_PER_POINT = 0.5;
