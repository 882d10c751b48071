import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ReplyShelf, type ShelfOwner } from './reply-shelf.ts';

function owner(): ShelfOwner & { unshelved: string | undefined } {
  return {
    unshelved: undefined,
    unshelve(bytes) {
      this.unshelved = Buffer.from(bytes).toString();
    },
  };
}

describe('the shelf of replies', () => {
  test('gives a reply back to whom it belongs, once', () => {
    const shelf = new ReplyShelf(16);
    const [first, second] = [owner(), owner()];
    shelf.put(first, Buffer.from('one'));
    assert.equal(shelf.take(second), undefined);
    const taken = shelf.take(first);
    assert.equal(taken?.bytes.toString('latin1', 0, taken.length), 'one');
    assert.equal(shelf.take(first), undefined);
  });

  test('hands a reply to its owner before another takes its place', () => {
    const shelf = new ReplyShelf(16);
    const [first, second] = [owner(), owner()];
    shelf.put(first, Buffer.from('longer'));
    shelf.put(second, Buffer.from('two'));
    assert.equal(first.unshelved, 'longer');
    assert.equal(shelf.take(first), undefined);
    const taken = shelf.take(second);
    assert.equal(taken?.bytes.toString('latin1', 0, taken.length), 'two');
    assert.equal(second.unshelved, undefined);
  });
});
