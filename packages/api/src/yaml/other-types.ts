/** What readers of YAML 1.1 take for something else than text when it stands without quotes: the rules of yaml.v2. */

const WORDS: ReadonlySet<string> = new Set([
  ...['y', 'yes', 'true', 'on', 'n', 'no', 'false', 'off', 'null'].flatMap((word) => [
    word,
    word.toUpperCase(),
    word.slice(0, 1).toUpperCase() + word.slice(1),
  ]),
  ...['', '~', '.nan', '.NaN', '.NAN'],
  ...['.inf', '.Inf', '.INF'].flatMap((word) => [word, `+${word}`, `-${word}`]),
]);

const INTEGER = /^[-+]?(?:0[xX][\da-fA-F]+|0[oO]?[0-7]+|0[bB][01]+|0|[1-9]\d*)$/;
const FLOAT = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/;
const BASE_60 = /^[-+]?\d[\d_]*(?::[0-5]?\d)+(?:\.[\d_]*)?$/;
const TIME = /^(\d{4})-(\d\d?)-(\d\d?)(?:([Tt ])(\d\d?):(\d\d?):(\d\d?)(?:[.,]\d+)?(Z|[-+]\d\d:\d\d)?)?$/;

export function isOfOtherType(text: string): boolean {
  if (WORDS.has(text)) return true;
  const first = text.charCodeAt(0);
  const isDigitOrSign = (first >= 0x30 && first <= 0x39) || first === 0x2b || first === 0x2d;
  if (first === 0x2e) return isFloat(text);
  if (!isDigitOrSign) return false;
  const digits = text.replaceAll('_', '');
  return INTEGER.test(digits) || isFloat(digits) || BASE_60.test(text) || isTime(text);
}

/** A number beyond what 64 bits hold is text. */
function isFloat(text: string): boolean {
  return FLOAT.test(text) && Number.isFinite(Number(text));
}

function isTime(text: string): boolean {
  const [, year, month, day, between, hour = '0', minute = '0', second = '0', zone] = TIME.exec(text) ?? [];
  if (year === undefined || (between === undefined ? false : (between === ' ') !== (zone === undefined))) return false;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59 || Number(month) < 1 || Number(month) > 12)
    return false;
  const lastDay = new Date(Date.UTC(2000 + (Number(year) % 400), Number(month), 0)).getUTCDate();
  return Number(day) >= 1 && Number(day) <= lastDay;
}
