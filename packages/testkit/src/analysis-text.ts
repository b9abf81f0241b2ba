// Writes an analysis as text for people: a summary, one line per second, and the list of faults.

import type { Analysis, SecondReport, SignalReport } from './analysis.ts';

/** The whole report as lines of text, ended by a newline. */
export function analysisText(analysis: Analysis): string {
  return `${[...headLines(analysis), '', ...secondLines(analysis), '', ...verdictLines(analysis)].join('\n')}\n`;
}

/** The mean A/V offset and its spread in a few characters, such as `+2.1 ms (−0.3 … +4.0)`. */
export function offsetText(analysis: Analysis): string {
  const { offset } = analysis;
  if (offset === undefined) return 'not measurable';
  return `${signed(offset.meanMs)} ms (${signed(offset.minMs)} … ${signed(offset.maxMs)})`;
}

function headLines(analysis: Analysis): string[] {
  const { video, audio } = analysis;
  const lines = [`${analysis.name}: ${analysis.container}, ${seconds(analysis.durationMs)}, ${analysis.bytes} bytes`];
  if (video !== undefined) {
    const { counter } = video;
    lines.push(
      `  picture ${video.codec} ${video.sizes.join(' → ')}, ${seconds(video.durationMs)} from ${seconds(video.startMs)}, ` +
        `${counter.frames} frames at ${counter.fps} per second, ${video.decodeErrors} decode errors`,
      `  counter ${counter.first ?? '–'} to ${counter.last ?? '–'}: ${counter.missing} missing, ${counter.repeated} ` +
        `repeated, ${counter.outOfOrder} out of order, ${counter.unreadable} unreadable, ` +
        `shown up to ${counter.cadenceErrorMs.toFixed(1)} ms off`,
    );
  }
  if (audio !== undefined) {
    lines.push(
      `  sound   ${audio.codec} ${audio.sampleRate} Hz × ${audio.channels}, ${seconds(audio.durationMs)} from ` +
        `${seconds(audio.startMs)}, ${audio.holeMs.toFixed(1)} ms of holes, ${audio.decodeErrors} decode errors`,
    );
  }
  const drift =
    analysis.offset === undefined ? '' : `, drift ${signed(analysis.offset.driftMsPer10Min)} ms in 10 minutes`;
  lines.push(
    `  offset  ${offsetText(analysis)}${drift}`,
    `  of participant ${analysis.participants.join(', ') || '–'}`,
  );
  return lines;
}

function secondLines(analysis: Analysis): string[] {
  const rows = analysis.seconds.map((second) => {
    const offset = second.offsetMs === undefined ? '' : `${signed(second.offsetMs)} ms`;
    const cells = [seconds(second.atMs).padStart(10), mark(second.flash), mark(second.beep), offset.padStart(10)];
    return `${cells.join('  ')}  ${verdict(second)}`;
  });
  return ['    second  flash     beep          offset', ...rows];
}

function mark(signal: SignalReport | undefined): string {
  if (signal === undefined) return '–       ';
  const found = signal.isPresent ? 'yes' : 'no';
  const wanted = signal.expected === 'optional' ? '(any)' : '';
  return `${found} ${wanted}`.padEnd(8);
}

function verdict(second: SecondReport): string {
  return second.isGood ? '✔' : '✘';
}

function verdictLines(analysis: Analysis): string[] {
  if (analysis.isGood) return ['✔ no faults'];
  const rows = analysis.faults.map((fault) => {
    const place = fault.atMs === undefined ? '' : ` at ${seconds(fault.atMs)}`;
    return `  ${fault.code}${place}: ${fault.message}`;
  });
  return [`✘ ${analysis.faults.length} fault${analysis.faults.length === 1 ? '' : 's'}`, ...rows];
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(3)} s`;
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(1)}`;
}
