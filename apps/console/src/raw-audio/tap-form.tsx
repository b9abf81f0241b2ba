// Where the captured sound comes from, and what the samples are to be like.

import type { ReactNode } from 'react';
import { Choice } from '../choice.tsx';
import type { ChannelSource } from '../recorder/channel-view.ts';
import type { RawAudioSession, RawAudioView, TapFormat } from './raw-audio-session.ts';

type TapFormProps = {
  session: RawAudioSession;
  view: RawAudioView;
  suffix: 'wav' | 'pcm';
  onSuffix: (suffix: 'wav' | 'pcm') => void;
};

/** The form; a change while the taps run starts them anew. */
export function TapForm({ session, view, suffix, onSuffix }: TapFormProps): ReactNode {
  const isRecording = view.recordings.size > 0;
  return (
    <section className="side-part" aria-label="What is tapped">
      <h2>
        Sound
        {isRecording ? <span className="dim"> · locked while recording</span> : null}
      </h2>
      <fieldset className="settings" disabled={isRecording || view.isBusy}>
        <SourceFields session={session} view={view} />
        <FormatFields session={session} format={view.format} />
        <Choice
          label="Record to"
          value={suffix}
          options={[
            { value: 'wav', words: '.wav' },
            { value: 'pcm', words: '.pcm, samples only' },
          ]}
          onChange={onSuffix}
        />
      </fieldset>
    </section>
  );
}

const SOURCES: readonly { value: ChannelSource; words: string }[] = [
  { value: 'off', words: 'Nothing yet' },
  { value: 'camera', words: 'Microphone' },
  { value: 'test', words: 'Test voice' },
  { value: 'flash-beep', words: 'A beep each second' },
];

function SourceFields({ session, view }: Pick<TapFormProps, 'session' | 'view'>): ReactNode {
  const microphones = view.devices.filter(
    ({ kind, deviceId }) => kind === 'microphone' && !/^(default)?$/.test(deviceId),
  );
  return (
    <>
      <Choice
        label="Captured from"
        value={view.source}
        options={SOURCES}
        onChange={(source) => void session.chooseSource(source)}
      />
      <Choice
        label="Microphone"
        value={view.microphoneId}
        isDisabled={view.source !== 'camera'}
        options={[
          { value: '', words: 'Default' },
          ...microphones.map(({ deviceId, name }) => ({ value: deviceId, words: name || 'Microphone' })),
        ]}
        onChange={(microphoneId) => void session.chooseSource('camera', microphoneId)}
      />
    </>
  );
}

const RATES = [8000, 16_000, 24_000, 32_000, 44_100, 48_000];
const FRAME_LENGTHS = [10, 20, 40] as const;

function FormatFields({ session, format }: { session: RawAudioSession; format: TapFormat }): ReactNode {
  const change = (next: Partial<TapFormat>): void => void session.changeFormat(next);
  return (
    <>
      <Choice
        label="Rate"
        value={String(format.sampleRate)}
        options={RATES.map((rate) => ({ value: String(rate), words: `${rate / 1000} kHz` }))}
        onChange={(rate) => change({ sampleRate: Number(rate) })}
      />
      <Choice
        label="Channels"
        value={String(format.channels)}
        options={[
          { value: '1', words: 'Mono' },
          { value: '2', words: 'Stereo' },
        ]}
        onChange={(channels) => change({ channels: channels === '2' ? 2 : 1 })}
      />
      <Choice
        label="Frame"
        value={String(format.frameMs)}
        options={FRAME_LENGTHS.map((ms) => ({ value: String(ms), words: `${ms} ms` }))}
        onChange={(text) => change({ frameMs: FRAME_LENGTHS.find((ms) => String(ms) === text) ?? 20 })}
      />
      <Choice
        label="Samples"
        value={format.format}
        options={[
          { value: 'int16', words: 'Int16' },
          { value: 'float32', words: 'Float32' },
        ]}
        onChange={(kind) => change({ format: kind })}
      />
    </>
  );
}
