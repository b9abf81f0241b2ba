// One tap: its waveform, what it counted, and a recording of it.

import { type ReactNode, useEffect, useState } from 'react';
import { Figure } from '../figure.tsx';
import { formatBytes, formatDuration } from '../format.ts';
import type { TapRecording } from './raw-audio-session.ts';
import type { TapMeter } from './tap-meter.ts';
import { Waveform } from './waveform.tsx';

type TapCardProps = {
  name: string;
  carries: string;
  isOn: boolean;
  /** Absent: the tap follows a switch of its own elsewhere. */
  onSwitch: ((isOn: boolean) => void) | undefined;
  meter: TapMeter | undefined;
  isRunning: boolean;
  recording: TapRecording | undefined;
  /** Absent: this tap cannot be recorded to a file. */
  onRecord: ((isWanted: boolean) => void) | undefined;
};

/** Shows a tap; while it is on it keeps its size whether sound comes or not. */
export function TapCard(props: TapCardProps): ReactNode {
  const { name, carries, isOn, onSwitch, meter, isRunning } = props;
  return (
    <article className={isOn ? 'tap' : 'tap off'} aria-label={name}>
      <header className="tap-head">
        {onSwitch === undefined ? (
          <span className="tap-name">{name}</span>
        ) : (
          <label className="switch tap-name">
            <input type="checkbox" checked={isOn} onChange={(event) => onSwitch(event.target.checked)} />
            <span>{name}</span>
          </label>
        )}
        <span className="tap-carries">{carries}</span>
        <RecordButton {...props} />
      </header>
      {isOn ? <TapSound name={name} meter={meter} isRunning={isRunning} /> : null}
    </article>
  );
}

function TapSound({ name, meter, isRunning }: Pick<TapCardProps, 'name' | 'meter' | 'isRunning'>): ReactNode {
  return (
    <>
      {meter === undefined ? (
        <p className="wave empty-wave">{isRunning ? 'Nothing to hear yet' : 'Press Start'}</p>
      ) : (
        <Waveform meter={meter} label={`Sound of ${name}`} />
      )}
      <Counters meter={meter} />
    </>
  );
}

function RecordButton({ name, isOn, isRunning, recording, onRecord }: TapCardProps): ReactNode {
  if (onRecord === undefined) return null;
  if (recording === undefined) {
    return (
      <button
        type="button"
        className="tool small"
        disabled={!isOn || !isRunning}
        aria-label={`Record ${name}`}
        onClick={() => onRecord(true)}
      >
        <span className="record-dot bright" aria-hidden="true" />
        <span>Record</span>
      </button>
    );
  }
  const { progress } = recording;
  return (
    <button
      type="button"
      className="tool small stop"
      aria-label={`Stop recording ${name}`}
      onClick={() => onRecord(false)}
    >
      <span className="stop-square" aria-hidden="true" />
      <span>
        {formatDuration(progress?.durationMs ?? 0)} · {formatBytes(progress?.currentFileBytes ?? 0)}
      </span>
    </button>
  );
}

const PERIOD_MS = 250;

/** Read four times a second: numbers that change fifty times a second cannot be read. */
function Counters({ meter }: { meter: TapMeter | undefined }): ReactNode {
  const [, setBeat] = useState(0);
  useEffect(() => {
    if (meter === undefined) return undefined;
    const timer = setInterval(() => setBeat((beat) => beat + 1), PERIOD_MS);
    return () => clearInterval(timer);
  }, [meter]);
  const figures = meter?.figures;
  const lost = figures?.lostSamples ?? 0;
  return (
    <dl className="figures tap-figures">
      <Figure label="Frames" value={figures?.frames.toLocaleString('en')} />
      <Figure label="Frames/s" value={figures?.framesPerSecond.toFixed(1)} />
      <Figure label="Time" value={figures && `${(figures.samples / figures.sampleRate).toFixed(1)} s`} />
      <Figure label="Level" value={figures && decibels(figures.level)} />
      <Figure label="Peak" value={figures && decibels(figures.peak)} isBad={(figures?.peak ?? 0) > 0.97} />
      <Figure label="Lost samples" value={figures && lost.toLocaleString('en')} isBad={lost > 0} />
    </dl>
  );
}

/** Against full scale; silence has no end downwards. */
function decibels(level: number): string {
  return level < 1e-5 ? '−∞ dB' : `${(20 * Math.log10(level)).toFixed(1).replace('-', '−')} dB`;
}
