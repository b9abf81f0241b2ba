// Prints any tape as text, one line per entry: the first debugging tool and the form of golden tests. Times
// are seconds since the tape's first entry; the text is for people and may change between versions.

import { type TrackId, toRfc3339, type UnixUs } from '@roomtape/media';
import type { FrameEntry, SequencedEntry, TapeEntry } from './entry.ts';
import type { TapeFilesystem } from './filesystem.ts';
import { chunkName } from './format.ts';
import { openTapeReader, type SkippedRange } from './tape-reader.ts';
import { timeOf } from './tape-state.ts';

/** Prints a tape as far as it is written: an entry or a note of damage (`!!`) per line, without line ends. */
export function* inspectTape(
  directory: string,
  options: { readonly fromSequence?: number; readonly filesystem?: TapeFilesystem } = {},
): Iterable<string> {
  const reader = openTapeReader(directory, options);
  const printer = new EntryPrinter();
  try {
    for (;;) {
      const { entries, skipped, atEnd, sealed } = reader.readBatch();
      const notes = [...skipped];
      for (const item of entries) {
        while (notes[0] !== undefined && notes[0].nextSequence <= item.sequence) yield printNote(notes.shift());
        yield printer.print(item);
      }
      for (const note of notes) yield printNote(note);
      if (!atEnd) continue;
      if (!sealed) yield '-- not sealed';
      return;
    }
  } finally {
    reader.close();
  }
}

class EntryPrinter {
  readonly #labels = new Map<TrackId, string>();
  #startAt: UnixUs | undefined;

  print({ sequence, entry }: SequencedEntry): string {
    this.#startAt ??= timeOf(entry);
    if (entry.kind === 'track-added') {
      this.#labels.set(entry.trackId, `${entry.mediaKind === 'video' ? 'v' : 'a'}${entry.trackId}`);
    }
    const details = entry.kind === 'frame' ? this.#frame(entry) : this.#fields(entry);
    return `#${sequence} ${entry.kind} ${details}`.trimEnd();
  }

  #frame(frame: FrameEntry): string {
    const dts = frame.dts === frame.pts ? '' : ` dts=${frame.dts}`;
    const label = this.#label(frame.trackId);
    return `${label} ${frame.type} pts=${frame.pts}${dts} ${this.#time(frame.arrivedAt)} ${size(frame.data.length)}`;
  }

  #fields(entry: Exclude<TapeEntry, FrameEntry>): string {
    const parts: string[] = [];
    for (const [name, value] of Object.entries(entry)) {
      if (name === 'kind' || value === undefined) continue;
      if (name === 'trackId') parts.unshift(this.#label(Number(value)));
      else parts.push(this.#field({ name, value, opening: entry.kind === 'tape-opened' }));
    }
    return parts.join(' ');
  }

  #field(field: { name: string; value: unknown; opening: boolean }): string {
    const { name, value, opening } = field;
    if (value instanceof Uint8Array) return `${name}=${size(value.length)}`;
    if (name === 'at' && opening) return toRfc3339(Number(value) as UnixUs);
    if (name === 'at') return this.#time(Number(value));
    // The sender's own clock has nothing to do with ours: relative to our start it would mislead.
    if (name === 'senderAt') return `senderAt=${value}`;
    if (name.endsWith('At')) return `${name.slice(0, -2)}=${this.#time(Number(value))}`;
    return `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`;
  }

  #label(trackId: TrackId): string {
    return this.#labels.get(trackId) ?? `t${trackId}`;
  }

  #time(at: number): string {
    const us = at - (this.#startAt ?? at);
    return `${us < 0 ? '-' : '+'}${(Math.abs(us) / 1e6).toFixed(3)}`;
  }
}

function printNote(note: SkippedRange | undefined): string {
  if (note === undefined) return '';
  const { reason, chunkNumber, offset, bytes, entriesLost, kind } = note;
  const what = kind === undefined ? reason : `${reason} ${kind}`;
  return `!! ${what} ${chunkName(chunkNumber)}@${offset} ${size(bytes)} lost=${entriesLost}`;
}

function size(bytes: number): string {
  return bytes < 1000 ? `${bytes}B` : `${(bytes / 1000).toFixed(1)}kB`;
}
