import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MadeForms, type Maker } from './made-forms.js';

class FakeMaker implements Maker {
  readonly bytes: number;
  isMade = true;
  isUsed = false;

  constructor(bytes: number) {
    this.bytes = bytes;
  }

  wasUsed(): boolean {
    const was = this.isUsed;
    this.isUsed = false;
    return was;
  }

  forget(): void {
    this.isMade = false;
  }
}

test('what nobody asks for is forgotten first, and never more is kept than may be', () => {
  const made = new MadeForms(100);
  const all = Array.from({ length: 30 }, () => new FakeMaker(10));
  const [asked] = all;
  for (const maker of all) {
    asked!.isUsed = true;
    made.add(maker);
    assert.ok(all.slice(0, all.indexOf(maker) + 1).filter(({ isMade }) => isMade).length <= 10);
  }
  assert.equal(asked!.isMade, true);
  assert.equal(all.at(-1)!.isMade, true);
  asked!.isUsed = false;
  for (const maker of all.map(() => new FakeMaker(10))) made.add(maker);
  assert.equal(asked!.isMade, false);
});

test('one that alone is too much is not kept', () => {
  const made = new MadeForms(100);
  const large = new FakeMaker(101);
  made.add(large);
  assert.equal(large.isMade, false);
});

test('all of them asked for: the eldest goes', () => {
  const made = new MadeForms(20);
  const all = [1, 2, 3].map(() => new FakeMaker(10));
  for (const maker of all) {
    maker.isUsed = true;
    made.add(maker);
  }
  assert.deepEqual(
    all.map(({ isMade }) => isMade),
    [false, true, true],
  );
});
