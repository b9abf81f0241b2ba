// A .pcm file says nothing of itself: its rate and channels are noted here, by name, so that it can be played.

/** What a .pcm file holds besides 16 bit samples. */
export type PcmFacts = { readonly sampleRate: number; readonly channels: number };

const KEY = 'roomtape.pcm';
const ENTRIES_MAX = 200;

/** Notes the facts of a file; other files are not touched. */
export function notePcm(filePath: string, facts: PcmFacts): void {
  if (!filePath.endsWith('.pcm')) return;
  const others = readNotes().filter(([name]) => name !== filePath);
  localStorage.setItem(KEY, JSON.stringify([...others, [filePath, facts]].slice(-ENTRIES_MAX)));
}

/** The facts of a file; mono at 48 kHz when nothing is known. */
export function pcmFacts(filePath: string): PcmFacts {
  return readNotes().find(([name]) => name === filePath)?.[1] ?? { sampleRate: 48_000, channels: 1 };
}

function readNotes(): [string, PcmFacts][] {
  try {
    const notes: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(notes) ? notes.filter(isNote) : [];
  } catch {
    return [];
  }
}

function isNote(entry: unknown): entry is [string, PcmFacts] {
  if (!Array.isArray(entry) || typeof entry[0] !== 'string') return false;
  const facts = entry[1] as Partial<PcmFacts> | null | undefined;
  return typeof facts?.sampleRate === 'number' && typeof facts.channels === 'number';
}
