import { describe, expect, it } from 'vitest';
import { type AudioRenderer, createAudioRenderer, type RenderedPacket } from './audio-renderer.ts';
import { createAudioDecoder } from './decoder.ts';
import { createAudioEncoder } from './encoder.ts';

const RATE = 48_000;

/** Opus packets of a 1 kHz tone that is on for the first 100 ms of every second. */
function beeps(seconds: number): Uint8Array[] {
  const encoder = createAudioEncoder({ codec: 'opus', channels: 1, bitrate: 48_000 });
  const packets: Uint8Array[] = [];
  for (let i = 0; i < seconds * 50; i += 1) {
    const samples = Float32Array.from({ length: 960 }, (_, n) => {
      const at = i * 960 + n;
      return at % RATE < RATE / 10 ? Math.sin((at * 2 * Math.PI) / 48) * 0.5 : 0;
    });
    packets.push(...encoder.encode([samples], i * 20_000).map((packet) => packet.data));
  }
  encoder.close();
  return packets;
}

function open(): AudioRenderer {
  return createAudioRenderer({ codec: 'opus', target: 'aac', channels: 1, bitrate: 64_000 });
}

/** Decodes the rendered track and returns when each beep begins, ms. */
function onsets(renderer: AudioRenderer, packets: readonly RenderedPacket[]): { onsetsMs: number[]; samples: number } {
  const decoder = createAudioDecoder({ codec: 'aac', channels: 1, config: renderer.config });
  const onsetsMs: number[] = [];
  let quietUntil = -1;
  let samples = 0;
  for (const packet of packets) {
    for (const block of decoder.decode(packet.data, packet.ptsUs)) {
      const plane = block.samples[0] ?? new Float32Array();
      samples += plane.length;
      for (const [i, value] of plane.entries()) {
        const ms = block.ptsUs / 1000 + (i * 1000) / RATE;
        if (Math.abs(value) < 0.2) continue;
        if (ms > quietUntil) onsetsMs.push(ms);
        quietUntil = ms + 100;
      }
    }
  }
  decoder.close();
  return { onsetsMs, samples };
}

function expectNear(actual: readonly number[], wanted: readonly number[], toleranceMs: number): void {
  expect(actual.map((ms) => Math.round(ms))).toHaveLength(wanted.length);
  for (const [i, ms] of actual.entries()) expect(Math.abs(ms - (wanted[i] ?? 0))).toBeLessThan(toleranceMs);
}

/** What libopus itself delays: its look-ahead, RFC 7587 has no word for it. */
const OPUS_DELAY_MS = 6.5;
const shifted = (times: readonly number[]): number[] => times.map((ms) => ms + OPUS_DELAY_MS);

describe('audio renderer', () => {
  it('puts sound where the packets say, and the AAC priming before time 0', () => {
    const renderer = open();
    const out = beeps(4).flatMap((data, i) => renderer.push(data, i * 20_000));
    out.push(...renderer.finish(4_000_000));
    const { onsetsMs, samples } = onsets(renderer, out);
    expectNear(onsetsMs, shifted([0, 1000, 2000, 3000]), 3);
    expect(out[0]?.ptsUs).toBe(-21_333);
    expect(Math.abs(samples - 4 * RATE)).toBeLessThan(2049);
    renderer.close();
  });

  it('fills a hole with silence and goes on at the right time', () => {
    const renderer = open();
    const out = beeps(4).flatMap((data, i) => (i >= 70 && i < 85 ? [] : renderer.push(data, i * 20_000)));
    out.push(...renderer.finish(4_000_000));
    expectNear(onsets(renderer, out).onsetsMs.slice(1), shifted([1000, 2000, 3000]), 3);
    renderer.close();
  });

  it('follows a clock that is half a percent slow', () => {
    const renderer = open();
    const out = beeps(8).flatMap((data, i) => renderer.push(data, Math.round(i * 20_100)));
    out.push(...renderer.finish(8_040_000));
    expectNear(onsets(renderer, out).onsetsMs.slice(1), shifted([1005, 2010, 3015, 4020, 5025, 6030, 7035]), 4);
    renderer.close();
  });

  it('gives an hour of silence without encoding an hour', () => {
    const renderer = open();
    const started = process.cpuUsage();
    const out = renderer.silenceUntil(3_600_000_000);
    const spent = process.cpuUsage(started);
    expect(out.length).toBeGreaterThan(168_000);
    expect((spent.user + spent.system) / 1e6).toBeLessThan(3);
    const packets = beeps(2).flatMap((data, i) => renderer.push(data, 3_600_000_000 + i * 20_000));
    const tail = [...out.slice(-3), ...packets, ...renderer.finish(3_602_000_000)];
    expectNear(onsets(renderer, tail).onsetsMs, shifted([3_600_000, 3_601_000]), 3);
    renderer.close();
  });

  it('counts damaged packets and keeps the time', () => {
    const renderer = open();
    const out = beeps(3).flatMap((data, i) =>
      renderer.push(i % 7 === 3 ? new Uint8Array([0xff, 0xff]) : data, i * 20_000),
    );
    out.push(...renderer.finish(3_000_000));
    expect(renderer.errorCount()).toBeGreaterThan(0);
    expectNear(onsets(renderer, out).onsetsMs.slice(1), shifted([1000, 2000]), 25);
    renderer.close();
  });
});
