import type { Recording, RecordingFile } from '@roomtape/api';
import { type Analysis, analyseRecording } from '@roomtape/testkit';
import { describe, expect, it } from 'vitest';
import { demoTable } from './demo-table.ts';

const RECORDING = { problems: [] } as unknown as Recording;

function row(userId: string, changes: Partial<Analysis>) {
  const facts = { name: 'a.mp4', container: 'mp4', bytes: 1024 * 1024, durationUs: 15_000_000 };
  const analysis = { ...analyseRecording(facts), faults: [], isGood: true, ...changes };
  return { file: { userId } as RecordingFile, path: `/data/${userId}.mp4`, analysis };
}

describe('demo table', () => {
  it('has a row for every file and says where they are', () => {
    const offset = { count: 15, meanMs: 0.1, minMs: -0.2, maxMs: 0.4, driftMsPer10Min: 0, driftErrorMsPer10Min: 0 };

    const text = demoTable(RECORDING, [row('ada', { offset }), row('grace', {})]);

    expect(text).toMatch(/ada +15\.00 s +1\.00 MB +mp4: .*\+0\.1 ms \(−0\.2 … \+0\.4\) +0 s +✔/);
    expect(text).toMatch(/grace .*not measurable.*✔/);
    expect(text).toContain('/data/grace.mp4');
    expect(text).not.toContain('✘');
  });

  it('names each fault and its place', () => {
    const faults = [{ code: 'BEEP_MISSING', message: 'no beep in this second', atMs: 7040 }] as const;

    const text = demoTable(RECORDING, [row('ada', { faults, isGood: false, missingSeconds: 1 })]);

    expect(text).toMatch(/1 s +✘/);
    expect(text).toContain('✘ ada: BEEP_MISSING at 7.040 s: no beep in this second');
  });

  it('says so when nothing was recorded', () => {
    expect(demoTable(RECORDING, [])).toContain('✘ no files were recorded');
  });
});
