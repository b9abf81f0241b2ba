// Publishers whose clocks and counters are wrong: numbers about to wrap, timestamps that jump, sender reports that
// are absurd. Each is recorded for its real duration, and what its clock did is on the tape.

import { isRtcp, parseRtcp, type SenderReport, writeRtcp } from '@roomtape/rtp';
import type { Expectation, WhipClient } from '@roomtape/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CheckedFile, Stage } from '../e2e/stage.ts';
import { FILM_EXPECTED, sendingFilm } from './prepared-film.ts';
import { pidsOf } from './process-facts.ts';
import { type Tamper, tamperingFactory } from './tampering.ts';

const SECONDS = 8;
/** When clocks jump, counted in packets of each source: sound has 50 a second. */
const PACKETS_BEFORE_JUMP = 200;
const HOUR_S = 3600;
/** RFC 3550 §4: NTP seconds begin in 1900 and wrap in 2036. */
const NTP_SECONDS_OF_2036 = 0xffff_fffe;

type Case = {
  readonly name: string;
  readonly tamper?: Tamper;
  /** RTP numbers to begin with. */
  readonly first?: { readonly sequence: number; readonly timestamp: number };
};

const CASES: readonly Case[] = [
  // The sequence wraps after a second, the timestamp of pictures after two, that of sound after four.
  { name: 'wrap', first: { sequence: 65_500, timestamp: 2 ** 32 - 180_000 } },
  { name: 'hour-ahead', tamper: timestampJump(HOUR_S) },
  { name: 'ten-back', tamper: timestampJump(-10) },
  { name: 'ntp-zero', tamper: reportsWith((report) => ({ ...report, ntpSeconds: 0, ntpFraction: 0 })) },
  { name: 'ntp-2036', tamper: reportsWith((report) => ({ ...report, ntpSeconds: NTP_SECONDS_OF_2036 })) },
  { name: 'ntp-mad', tamper: madReports() },
  { name: 'rtp-mad', tamper: reportsWith((report) => ({ ...report, rtpTimestamp: (report.rtpTimestamp * 31) >>> 0 })) },
];

/** Without a usable report, sound and picture stand where they arrived: one picture of 15 a second apart at most. */
const EXPECTED: Partial<Expectation> = { ...FILM_EXPECTED, offsetMsMax: 67 };

let stage: Stage;
let pids: Record<string, number>;
const checked = new Map<string, CheckedFile & { gaps: readonly string[]; missingMs: number }>();

beforeAll(async () => {
  stage = await Stage.open();
  pids = await pidsOf(stage.server);
}, 60_000);

afterAll(() => stage?.close(), 60_000);

describe('publishers', { timeout: 90_000 }, () => {
  it('with wrong clocks and counters are recorded side by side', async () => {
    const publishers = await Promise.all(CASES.map(publish));
    const recordings = await Promise.all(CASES.map(({ name }) => stage.client.recordings.start({ roomId: name })));
    for (const { recordingId } of recordings) await stage.untilRecorded(recordingId, SECONDS);
    const finished = await Promise.all(recordings.map(({ recordingId }) => stage.finish(recordingId)));
    for (const publisher of publishers) await publisher.close();
    for (const { recordingId, roomId, files } of finished) {
      const [file] = files;
      if (file === undefined || files.length > 1) throw new Error(`${roomId}: ${files.length} files`);
      const missingMs = stage.accounts(recordingId)[0]?.totals.missingMs ?? 0;
      const gaps = stage.gapReasons(recordingId);
      checked.set(roomId, { ...(await stage.check(file, EXPECTED)), gaps, missingMs });
    }
    expect(checked.size).toBe(CASES.length);
  });

  it.each(CASES.map(({ name }) => name))('with "%s" is recorded for as long as it was there, and decodes', (name) => {
    const found = facts(name);
    const { analysis, file } = found;
    console.log(
      `${name}: ${file.durationMs} ms, ${analysis.video?.counter.missing} pictures missing,`,
      `offset ${analysis.offset?.meanMs?.toFixed(1)} ms, gaps ${found.gaps.join(' ') || 'none'},`,
      `faults ${analysis.faults.map(({ code }) => code).join(' ') || 'none'}`,
    );

    expect(file.durationMs).toBeGreaterThan(SECONDS * 1000);
    expect(file.durationMs).toBeLessThan(SECONDS * 4000);
    expect(analysis.video?.decodeErrors).toBe(0);
    expect(analysis.video?.counter.outOfOrder).toBe(0);
    expect(analysis.audio?.decodeErrors).toBe(0);
  });

  it.each(['wrap', 'ntp-zero', 'ntp-2036', 'ntp-mad', 'rtp-mad'])(
    'with "%s" loses nothing and stays in step',
    (name) => {
      const { analysis, gaps, missingMs } = facts(name);

      expect(analysis.faults).toEqual([]);
      expect(gaps).toEqual([]);
      expect(missingMs).toBe(0);
    },
  );

  it.each(['hour-ahead', 'ten-back'])('with "%s" has the jump on its tape', (name) => {
    expect(facts(name).gaps).toContain('clock-jump');
  });

  it('kills nothing with any of it', async () => {
    expect(await pidsOf(stage.server)).toEqual(pids);
  });
});

function publish({ name, tamper, first }: Case): Promise<WhipClient> {
  const numbers = first === undefined ? {} : { first: { audio: first, video: first } };
  const factory = tamper === undefined ? {} : { factory: tamperingFactory(stage.factory, tamper) };
  return stage.publish({ roomId: name, userId: name, client: { ...sendingFilm(), ...numbers, ...factory } });
}

function facts(name: string): CheckedFile & { gaps: readonly string[]; missingMs: number } {
  const found = checked.get(name);
  if (found === undefined) throw new Error(`${name} was not recorded`);
  return found;
}

/** Adds so many seconds to the timestamps of every source, from some packet on, and to its reports. */
function timestampJump(seconds: number): Tamper {
  const counts = new Map<number, number>();
  const ratesBySsrc = new Map<number, number>();
  const jumped = (ssrc: number): number => {
    if ((counts.get(ssrc) ?? 0) <= PACKETS_BEFORE_JUMP) return 0;
    return seconds * (ratesBySsrc.get(ssrc) ?? 0);
  };
  return (packet, send) => {
    if (isRtcp(packet)) {
      send(
        edited(packet, (report) => ({ ...report, rtpTimestamp: (report.rtpTimestamp + jumped(report.ssrc)) >>> 0 })),
      );
      return;
    }
    const view = new DataView(packet.buffer, packet.byteOffset);
    const ssrc = view.getUint32(8);
    counts.set(ssrc, (counts.get(ssrc) ?? 0) + 1);
    ratesBySsrc.set(ssrc, (view.getUint8(1) & 0x7f) === OPUS_PAYLOAD_TYPE ? 48_000 : 90_000);
    const changed = packet.slice();
    new DataView(changed.buffer).setUint32(4, (view.getUint32(4) + jumped(ssrc)) >>> 0);
    send(changed);
  };
}

/** What our clients use for Opus. */
const OPUS_PAYLOAD_TYPE = 111;

/** Another wall clock in every report: 1900, 2036, yesterday, the next century. */
function madReports(): Tamper {
  let count = 0;
  const seconds = [0, 0xffff_ffff, 1, 0x8000_0000, 0x7fff_ffff, 0xdead_beef];
  return reportsWith((report) => ({ ...report, ntpSeconds: seconds[count++ % seconds.length] ?? 0 }));
}

function reportsWith(edit: (report: SenderReport) => SenderReport): Tamper {
  return (packet, send) => void send(isRtcp(packet) ? edited(packet, edit) : packet);
}

function edited(packet: Uint8Array, edit: (report: SenderReport) => SenderReport): Uint8Array {
  const items = parseRtcp(packet) ?? [];
  return writeRtcp(items.map((item) => (item.kind === 'sender-report' ? edit(item) : item)));
}
