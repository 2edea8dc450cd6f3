/**
 * Text as a scalar of YAML, in the style that Go's yaml.v2 chooses: plain where no reader of YAML 1.1 takes it for
 * anything else, a literal block where it has lines, in single quotes where it holds what means something to YAML,
 * in double quotes where characters have to be escaped. Lines are folded at the first space after column 80.
 */
import { isOfOtherType } from './other-types.js';

/** Where a scalar stands: the column that it starts in, and the indent of the lines that it continues on. */
export interface Place {
  readonly column: number;
  readonly indent: number;
}

const BEST_WIDTH = 80;
/** A longer key does not stand on one line with its value; in bytes of UTF-8. */
const LONGEST_SIMPLE_KEY = 128;

/** Most names, words and paths: but for a few words nothing in them means anything to YAML. */
const HARMLESS = /^[A-Za-z_/][\w./-]*$/;
const BREAK = /[\n\r\u0085\u2028\u2029]/;
/** Characters that stand in no scalar as they are. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNPRINTABLE = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\ud800-\udfff\ufeff\ufffe\uffff]/;
const INDICATOR =
  /^[#,[\]{}&*!|>'"%@`]|^[?:-](?=[\n\r\u0085\u2028\u2029 \t]|$)|^---|^\.\.\.|[\s\S]:(?=[\n\r\u0085\u2028\u2029 \t]|$)|[\n\r\u0085\u2028\u2029 \t]#/;
const SPACE_AROUND_BREAK = / [\u2028\u2029]|[\u2028\u2029] /;

/** A value of a field or a list; the break that ends its line is there only if a literal block has it. */
export function scalarText(text: string, place: Place): string {
  if (HARMLESS.test(text)) return isOfOtherType(text) ? `"${text}"` : text;
  if (text.includes('\n')) {
    const isBlock = !UNPRINTABLE.test(text.replaceAll('\n', '')) && !/ (?:[\n\u2028\u2029]|$)/.test(text);
    return isBlock ? literal(text, place.indent) : doubleQuoted(text, place);
  }
  if (UNPRINTABLE.test(text) || isOfOtherType(text)) return doubleQuoted(text, place);
  const isPlain = !text.startsWith(' ') && !text.endsWith(' ') && !BREAK.test(text) && !INDICATOR.test(text);
  if (isPlain) return folded(text, place, 0);
  return SPACE_AROUND_BREAK.test(text) ? doubleQuoted(text, place) : singleQuoted(text, place);
}

/** A key that stands on one line with its value; undefined where it has to stand on lines of its own. */
export function keyText(text: string): string | undefined {
  if (text.length > LONGEST_SIMPLE_KEY || Buffer.byteLength(text) > LONGEST_SIMPLE_KEY) return undefined;
  return BREAK.test(text) ? undefined : scalarText(text, UNFOLDED);
}

const UNFOLDED: Place = { column: Number.NEGATIVE_INFINITY, indent: 0 };

function literal(text: string, indent: number): string {
  const isIndented = text.startsWith(' ') || BREAK.test(text.charAt(0));
  const isEnded = BREAK.test(text.slice(-1));
  const keepsBreaks = isEnded && (text.length === 1 || BREAK.test(text.slice(-2, -1)));
  const margin = ' '.repeat(indent);
  const body = text.replace(/(^|[\n\u2028\u2029])(?=[^\n\u2028\u2029])/g, `$1${margin}`);
  return `|${isIndented ? '2' : ''}${keepsBreaks ? '+' : isEnded ? '' : '-'}\n${body}`;
}

/** Breaks that Unicode adds stay as they are; what follows them is indented. */
function singleQuoted(text: string, place: Place): string {
  const inner = text.replace(/[\u2028\u2029](?=[^\u2028\u2029])/g, `$&${' '.repeat(place.indent)}`);
  return folded(`'${inner.replaceAll("'", "''")}'`, place, 2);
}

function doubleQuoted(text: string, place: Place): string {
  // A text that starts with a byte order mark has all its characters escaped, as yaml.v2 has it.
  const what = text.startsWith('\ufeff') ? ESCAPED_AFTER_MARK : ESCAPED;
  return folded(`"${text.replace(what, escaped)}"`, place, 2, true);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is escaped
const ESCAPED = /["\\\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff\u{10000}-\u{10ffff}\ud800-\udfff]/gu;
const ESCAPED_AFTER_MARK = /[\s\S]/gu;

const SHORT: Readonly<Record<string, string>> = {
  ...{ '\0': '0', '\x07': 'a', '\b': 'b', '\t': 't', '\n': 'n', '\v': 'v', '\f': 'f', '\r': 'r', '\x1b': 'e' },
  ...{ '"': '"', '\\': '\\', '\u0085': 'N', '\u00a0': '_', '\u2028': 'L', '\u2029': 'P' },
};

function escaped(char: string): string {
  const short = SHORT[char];
  if (short !== undefined) return `\\${short}`;
  const code = char.codePointAt(0) ?? 0;
  const [letter, width] = code <= 0xff ? ['x', 2] : code <= 0xffff ? ['u', 4] : ['U', 8];
  return `\\${letter}${code.toString(16).toUpperCase().padStart(width, '0')}`;
}

/**
 * A line that goes on after the best width is broken at a space. `quotes` is how many characters of `text` are
 * quotes: in quotes the first and the last character are never a place to break; in double quotes a break may come
 * before further spaces, with a backslash to keep them.
 */
function folded(text: string, { column, indent }: Place, quotes: 0 | 2, isEscaped = false): string {
  if (!(column + text.length > BEST_WIDTH)) return text;
  const [first, last] = quotes === 0 ? [0, text.length - 1] : [2, text.length - 3];
  const margin = `\n${' '.repeat(indent)}`;
  let result = '';
  let [start, lineStart] = [0, -column];
  for (let at = text.indexOf(' '); at !== -1; at = text.indexOf(' ', at + 1)) {
    const isFirstSpace = text[at - 1] !== ' ';
    const isBeforeSpace = text[at + 1] === ' ';
    if (at - lineStart <= BEST_WIDTH || !isFirstSpace || at < first || at > last) continue;
    if (isBeforeSpace && !isEscaped) continue;
    result += text.slice(start, at) + margin + (isBeforeSpace ? '\\' : '');
    start = at + 1;
    lineStart = start - indent - (isBeforeSpace ? 1 : 0);
  }
  return result + text.slice(start);
}
