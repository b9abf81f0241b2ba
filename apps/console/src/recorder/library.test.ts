import type { StoredRecording } from '@roomtape/sdk';
import { describe, expect, it } from 'vitest';
import { Library, type RecordingShelf } from './library.ts';

function stored(id: string, container: string, durationMs?: number): StoredRecording {
  const facts = { id, filePath: `${id}.${container}`, startedAt: '2026-01-01T00:00:00Z', durationMs, bytes: 1 };
  return { ...facts, container } as StoredRecording;
}

class FakeShelf implements RecordingShelf {
  finished = [stored('a', 'mp4', 1000), stored('b', 'flv', 2000)];
  unfinished = [stored('c', 'mp4')];
  failure: Error | undefined;

  listRecordings = async (): Promise<StoredRecording[]> => this.#answer(this.finished);
  listUnfinishedRecordings = async (): Promise<StoredRecording[]> => this.unfinished;
  openRecording = async (id: string): Promise<File> => this.#answer(new File([], id));

  async recoverRecording(id: string): Promise<File> {
    this.unfinished = this.unfinished.filter((each) => each.id !== id);
    this.finished = [...this.finished, stored(id, 'mp4', 500)];
    return new File([], id);
  }

  async deleteRecording(id: string): Promise<void> {
    this.finished = this.finished.filter((each) => each.id !== id);
  }

  #answer<T>(value: T): T {
    if (this.failure !== undefined) throw this.failure;
    return value;
  }
}

describe('the library', () => {
  it('moves a recovered recording to the finished ones', async () => {
    const library = new Library(new FakeShelf());
    await library.refresh();

    await library.recover('c');

    const { finished, unfinished, busyIds } = library.store.value;
    expect([finished.map(({ id }) => id), unfinished, [...busyIds]]).toEqual([['a', 'b', 'c'], [], []]);
  });

  it('shows only the containers it is asked for', async () => {
    const library = new Library(new FakeShelf(), ['flv']);

    await library.refresh();

    expect(library.store.value.finished.map(({ id }) => id)).toEqual(['b']);
    expect(library.store.value.unfinished).toEqual([]);
  });

  it('marks a recording as busy until its button has done its work', async () => {
    const library = new Library(new FakeShelf());
    await library.refresh();

    const deleted = library.delete('a');

    expect([...library.store.value.busyIds]).toEqual(['a']);
    await deleted;
    expect(library.store.value.busyIds.size).toBe(0);
  });

  it('tells a failure in words and goes on', async () => {
    const shelf = new FakeShelf();
    shelf.failure = new DOMException('no', 'NotFoundError');
    const library = new Library(shelf);

    await library.refresh();
    const file = await library.open('a');

    expect(library.store.value).toMatchObject({ isLoaded: true, finished: [] });
    expect(library.store.value.problem?.message).not.toBe('');
    expect(file).toBeUndefined();
  });
});
