import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isTimeZone, parseSchedule, ScheduleError, TimeZones } from './index.js';

const zones = new TimeZones();
const scheduleOf = (text: string, zone = 'UTC') => parseSchedule(text, zones.get(zone)!, zones);
const after = (text: string, from: string, zone?: string, count = 1): string[] => {
  const schedule = scheduleOf(text, zone);
  const found: string[] = [];
  for (let at: number | undefined = Date.parse(from); found.length < count; ) {
    at = schedule.next(at);
    if (at === undefined) break;
    found.push(new Date(at).toISOString().slice(0, 19));
  }
  return found;
};
const problem = (text: string) => {
  try {
    scheduleOf(text);
    return undefined;
  } catch (error) {
    assert.ok(error instanceof ScheduleError);
    return error.message;
  }
};

describe('a schedule', () => {
  it('is five fields of numbers, names, ranges and steps', () => {
    assert.deepEqual(after('*/15 * * * *', '2026-01-01T00:01:30Z', 'UTC', 2), [
      '2026-01-01T00:15:00',
      '2026-01-01T00:30:00',
    ]);
    assert.deepEqual(after('5 4 * * sun', '2026-01-01T00:00:00Z'), ['2026-01-04T04:05:00']);
    assert.deepEqual(after('0 0 1 JAN-mar/2 ?', '2026-01-02T00:00:00Z', 'UTC', 2), [
      '2026-03-01T00:00:00',
      '2027-01-01T00:00:00',
    ]);
    assert.deepEqual(after('50/5 1 * * *', '2026-01-01T01:50:00Z', 'UTC', 2), [
      '2026-01-01T01:55:00',
      '2026-01-02T01:50:00',
    ]);
    assert.deepEqual(after('1,,+2 0 * * *', '2026-01-01T00:00:00Z', 'UTC', 2), [
      '2026-01-01T00:01:00',
      '2026-01-01T00:02:00',
    ]);
    assert.deepEqual(after('0 0 29 2 *', '2026-01-01T00:00:00Z'), ['2028-02-29T00:00:00']);
  });

  it('wants both days where one is open, either where both are told', () => {
    assert.deepEqual(after('0 0 * * 1', '2026-01-01T00:00:00Z'), ['2026-01-05T00:00:00']);
    assert.deepEqual(after('0 0 3 * 1', '2026-01-01T00:00:00Z', 'UTC', 2), [
      '2026-01-03T00:00:00',
      '2026-01-05T00:00:00',
    ]);
    // A step of more than one closes a star.
    assert.deepEqual(after('0 0 */2 * 5', '2026-01-01T00:00:00Z', 'UTC', 2), [
      '2026-01-02T00:00:00',
      '2026-01-03T00:00:00',
    ]);
  });

  it('may be a descriptor, an interval, or have a zone of its own', () => {
    assert.deepEqual(after('@hourly', '2026-01-01T00:00:00Z'), ['2026-01-01T01:00:00']);
    assert.deepEqual(after('@weekly', '2026-01-01T00:00:00Z'), ['2026-01-04T00:00:00']);
    assert.deepEqual(after('@every 1h30m1.9s', '2026-01-01T00:00:00.700Z'), ['2026-01-01T01:30:01']);
    assert.deepEqual(after('@every -5m', '2026-01-01T00:00:00Z'), ['2026-01-01T00:00:01']);
    assert.deepEqual(after('CRON_TZ=Asia/Tokyo 0 0 * * *', '2026-01-01T00:00:00Z'), ['2026-01-01T15:00:00']);
    assert.deepEqual(after('TZ= @daily', '2026-01-01T00:00:00Z', 'Asia/Tokyo'), ['2026-01-02T00:00:00']);
  });

  it('that never comes is no endless search', () => {
    for (const text of ['0 0 31 2 *', ', * * * *', '* , * * *', '* * * , *', '* * , * ,'])
      assert.equal(scheduleOf(text).next(0), undefined, text);
    // An empty day is open to the other one.
    assert.deepEqual(after('0 0 , * 1', '2026-01-01T00:00:00Z'), ['2026-01-05T00:00:00']);
  });

  it('that is none is refused in the words of the library that upstream has', () => {
    const cases: [string, string][] = [
      ['', 'empty spec string'],
      ['* * * *', 'expected exactly 5 fields, found 4: [* * * *]'],
      ['60 * * * *', 'end of range (60) above maximum (59): 60'],
      ['* * 0 * *', 'beginning of range (0) below minimum (1): 0'],
      ['5-1 * * * *', 'beginning of range (5) beyond end of range (1): 5-1'],
      ['*/0 * * * *', 'step of range should be a positive number: */0'],
      ['*/-1 * * * *', 'negative number (-1) not allowed: -1'],
      ['1-2-3 * * * *', 'too many hyphens: 1-2-3'],
      ['1/2/3 * * * *', 'too many slashes: 1/2/3'],
      ['x-y-z/1/2 * * * *', 'failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax'],
      [
        '99999999999999999999 * * * *',
        'failed to parse int from 99999999999999999999: strconv.Atoi: parsing "99999999999999999999": value out of range',
      ],
      ['* * * * mon-', 'failed to parse int from : strconv.Atoi: parsing "": invalid syntax'],
      ['@reboot', 'unrecognized descriptor: @reboot'],
      ['@every 1d', 'failed to parse duration @every 1d: time: unknown unit "d" in duration "1d"'],
      ['@every 5', 'failed to parse duration @every 5: time: missing unit in duration "5"'],
      ['@every .h', 'failed to parse duration @every .h: time: invalid duration ".h"'],
      ['TZ=Nowhere * * * * *', 'provided bad location Nowhere: unknown time zone Nowhere'],
      ['constructor', 'expected exactly 5 fields, found 1: [constructor]'],
    ];
    for (const [text, message] of cases) assert.equal(problem(text), message);
    assert.equal(problem('*-5 * * * *'), undefined);
  });
});

describe('a time zone', () => {
  it('has the names of the database, with their capital letters', () => {
    const good = [
      'UTC',
      'Etc/UTC',
      'Europe/Berlin',
      'Asia/Kolkata',
      'Asia/Calcutta',
      'EST5EDT',
      'Etc/GMT+1',
      'US/Pacific',
    ];
    for (const it of [...good, 'America/Port-au-Prince', 'America/Argentina/Buenos_Aires'])
      assert.ok(isTimeZone(it), it);
    const bad = [
      '',
      'europe/berlin',
      'Europe/berlin',
      'utc',
      '+01:00',
      '../UTC',
      'Local',
      'Europe/',
      'Mars/Olympus',
      'us/pacific',
    ];
    for (const it of bad) assert.ok(!isTimeZone(it), it);
  });

  it('skips what its clocks skip, and repeats what they show twice', () => {
    const spring = after('30 2 * * *', '2026-03-28T00:00:00Z', 'Europe/Berlin', 3);
    assert.deepEqual(spring, ['2026-03-28T01:30:00', '2026-03-30T00:30:00', '2026-03-31T00:30:00']);
    const autumn = after('30 2 * * *', '2026-10-24T12:00:00Z', 'Europe/Berlin', 3);
    assert.deepEqual(autumn, ['2026-10-25T00:30:00', '2026-10-25T01:30:00', '2026-10-26T01:30:00']);
    assert.deepEqual(after('0 12 * * *', '2026-03-28T00:00:00Z', 'Europe/Berlin', 2), [
      '2026-03-28T11:00:00',
      '2026-03-29T10:00:00',
    ]);
  });

  it('may have days without midnight, whose first hour is not missed', () => {
    // Until 2019 summer began at midnight in Brazil.
    assert.deepEqual(after('30 1 4 11 *', '2018-11-01T00:00:00Z', 'America/Sao_Paulo'), ['2018-11-04T03:30:00']);
    assert.deepEqual(after('0 0 4 11 *', '2018-11-01T00:00:00Z', 'America/Sao_Paulo'), ['2019-11-04T03:00:00']);
  });

  it('whose clocks skip half an hour loses a day there, as upstream does', () => {
    // From 2:00 to 2:30: the search begins its hour at 2:30, and meets the next midnight half an hour late.
    const found = after('0 0 * * *', '2026-10-03T15:30:00Z', 'Australia/Lord_Howe', 2);
    assert.deepEqual(found, ['2026-10-05T13:00:00', '2026-10-06T13:00:00']);
  });

  it('gives the first minute, after any time, whose clocks show what the fields allow', () => {
    const field = (min: number, max: number) =>
      fc.oneof(
        fc.constant('*'),
        fc.integer({ min, max }).map(String),
        fc
          .tuple(fc.integer({ min, max }), fc.integer({ min, max }))
          .map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
        fc.integer({ min: 2, max: 20 }).map((step) => `*/${step}`),
      );
    // Around the changes of clocks of zones whose clocks move by whole hours, and of one that keeps between two hours.
    const places = [
      ['Europe/Berlin', '2026-03-29T01:00Z'],
      ['Europe/Berlin', '2026-10-25T01:00Z'],
      ['America/New_York', '2026-03-08T07:00Z'],
      ['America/New_York', '2026-11-01T06:00Z'],
      ['Asia/Kolkata', '2026-06-01T00:00Z'],
    ] as const;
    const place = fc.constantFrom(...places);
    fc.assert(
      fc.property(
        field(0, 59),
        field(0, 23),
        place,
        fc.integer({ min: -2_880, max: 600 }),
        (minute, hour, [zone, change], shift) => {
          const begin = Date.parse(change) + shift * 60_000;
          const clock = zones.get(zone)!;
          const values = (text: string, min: number, max: number) => {
            const [span = '', step = '1'] = text.split('/');
            const [from, to] = span === '*' ? [min, max] : [Number(span.split('-')[0]), Number(span.split('-').at(-1))];
            return (value: number) => value >= from! && value <= to! && (value - from!) % Number(step) === 0;
          };
          const [fitsMinute, fitsHour] = [values(minute, 0, 59), values(hour, 0, 23)];
          const fits = (at: number) => fitsMinute(clock.civil(at).minute) && fitsHour(clock.civil(at).hour);
          let expected = begin + 60_000;
          while (!fits(expected) && expected < begin + 4 * 86_400_000) expected += 60_000;
          const schedule = scheduleOf(`${minute} ${hour} * * *`, zone);
          assert.equal(schedule.next(begin), expected);
          // The last one before a time is what going from one to the next leads to.
          const until = begin + 2 * 86_400_000;
          let last: number | undefined;
          for (let at = schedule.next(begin); at !== undefined && at <= until; at = schedule.next(at)) last = at;
          assert.equal(schedule.last(begin, until), last);
        },
      ),
      { numRuns: 150 },
    );
  });
});
