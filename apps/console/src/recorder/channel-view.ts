// What the recorder page shows of one publish channel, and how each event changes it. Pure.

import type { DataRecordProgress, DataRecordState, PublishChannel, RoomtapeClientError } from '@roomtape/sdk';
import type { Problem } from '../problem.ts';
import { defaultSettings, type RecordSettings } from './record-settings.ts';

/** What a channel takes its picture and sound from. */
export const SOURCES = ['off', 'camera', 'screen', 'test', 'flash-beep'] as const;
/** One of the sources. */
export type ChannelSource = (typeof SOURCES)[number];

/** A channel as the page shows it. */
export type ChannelView = {
  readonly channel: PublishChannel;
  readonly source: ChannelSource;
  /** Chosen devices; empty: the default one. */
  readonly cameraId: string;
  readonly microphoneId: string;
  /** The devices are being asked for. */
  readonly isOpening: boolean;
  readonly mediaStream: MediaStream | undefined;
  /** Why the source could not be opened. */
  readonly sourceProblem: Problem | undefined;
  readonly settings: RecordSettings;
  readonly state: DataRecordState;
  /** A button was pressed and its effect is not there yet. */
  readonly isBusy: boolean;
  /** What is wrong while the recording goes on, a device that was unplugged for instance. */
  readonly warning: string | undefined;
  readonly progress: DataRecordProgress | undefined;
  /** The finished file as it was named in the end; `rename` may have changed it. */
  readonly finishedName: string | undefined;
  /** The finished file went where the form says, besides being kept. */
  readonly isHandedOver: boolean;
  /** When `progress` came, by the page's clock, ms. */
  readonly progressAtMs: number;
};

/** A state as the SDK tells it. */
export type StateNews = { readonly state: DataRecordState; readonly error: RoomtapeClientError | undefined };

/** A channel before anything happened. */
export function closedChannel(channel: PublishChannel): ChannelView {
  return {
    channel,
    source: 'off',
    cameraId: '',
    microphoneId: '',
    isOpening: false,
    mediaStream: undefined,
    sourceProblem: undefined,
    settings: defaultSettings(channel),
    state: 'no-record',
    isBusy: false,
    warning: undefined,
    progress: undefined,
    finishedName: undefined,
    isHandedOver: false,
    progressAtMs: 0,
  };
}

/** After a state was told. A new recording begins at zero; the figures of a finished one stay to be read. */
export function withState(view: ChannelView, news: StateNews, nowMs: number): ChannelView {
  const isStart = news.state === 'recording' && !isActive(view);
  const warning = isOngoing(news.state) ? wordsOf(news.error) : undefined;
  if (isStart)
    return { ...view, state: news.state, warning, progress: undefined, finishedName: undefined, progressAtMs: nowMs };
  // The time drawn between two readings stands still in a pause, and goes on from there.
  const progress = heldProgress(view, nowMs);
  const isHandedOver = news.state === 'success' && news.error === undefined;
  return { ...view, state: news.state, warning, progress, progressAtMs: nowMs, isHandedOver };
}

/** After progress was told. */
export function withProgress(view: ChannelView, progress: DataRecordProgress, nowMs: number): ChannelView {
  return { ...view, progress, progressAtMs: nowMs };
}

/** Whether the channel is being recorded or paused. */
export function isActive(view: ChannelView): boolean {
  return isOngoing(view.state);
}

/** The recorded time to show now: the last reading, and the time since while it runs. */
export function shownDurationMs(view: ChannelView, nowMs: number): number {
  const knownMs = view.progress?.durationMs ?? 0;
  return view.state === 'recording' ? knownMs + Math.max(0, nowMs - view.progressAtMs) : knownMs;
}

function isOngoing(state: DataRecordState): boolean {
  return state === 'recording' || state === 'paused';
}

function heldProgress(view: ChannelView, nowMs: number): DataRecordProgress | undefined {
  const { progress } = view;
  if (progress === undefined || view.state !== 'recording') return progress;
  return { ...progress, durationMs: shownDurationMs(view, nowMs) };
}

function wordsOf(error: RoomtapeClientError | undefined): string | undefined {
  return error === undefined ? undefined : `${error.message}. ${error.whatToDo}`;
}
