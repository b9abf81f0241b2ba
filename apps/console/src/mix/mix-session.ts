// One visit to the mixing desk of a room: who is there, the film that is being made or was made, what was chosen, and the
// live picture. Plain TypeScript, so that the components only draw.

import type { LayoutMode, MixCell, MixSettings, Recording } from '@roomtape/api';
import type { MixInput } from '@roomtape/mixer/layout';
import { createEngine, type Engine } from '@roomtape/sdk';
import type { ConsoleApi } from '../console-api.ts';
import { EngineRoom } from '../engine-room.ts';
import { MIXING_DESK } from '../identity.ts';
import { type Problem, problemOf } from '../problem.ts';
import { RoomRecordings } from '../room-recordings.ts';
import type { MixLink } from '../route.ts';
import { Store } from '../store.ts';
import { type DeskEvent, type DeskState, isWaiting, reduceDesk } from './desk-state.ts';
import { focusOf, phaseOf } from './desk-view.ts';
import { type FilmFormat, outputsOf, toggledFormat } from './film-formats.ts';
import { settingsInMode } from './layout-preview.ts';
import { inputsOfRecording, inputsOfRoom, standIns } from './mix-cast.ts';
import { changeOf, FIRST_SETTINGS, type MixEdit, settingsFor } from './mix-wish.ts';
import { Programme } from './programme.ts';

/** What the page draws, besides the recordings and the room. */
export type MixView = {
  readonly desk: DeskState;
  readonly formats: readonly FilmFormat[];
  /** The recording the desk stays with; absent: whatever film is being made. */
  readonly focusId: string | undefined;
  /** Who was in the picture when it was last known; before that, stand-ins. */
  readonly inputs: readonly MixInput[];
  readonly areStandIns: boolean;
  /** After a film: whether the monitor plays it, or draws what the next one will look like. */
  readonly shows: 'film' | 'plan';
  /** The custom layout a person made last, so that they can come back to it. */
  readonly ownCells: readonly MixCell[];
  readonly isSnapping: boolean;
  readonly problem: Problem | undefined;
};

/** So many stand-ins show what a layout does. */
const STAND_INS = 4;

/** One mixing desk. */
export class MixSession {
  readonly store: Store<MixView>;
  readonly recordings: RoomRecordings;
  readonly room: EngineRoom;
  readonly programme: Programme;
  readonly roomId: string;
  readonly #api: ConsoleApi;
  readonly #engine: Engine;
  /** The recording the settings on the desk began with. */
  #settledId: string | undefined;
  #unfollow: readonly (() => void)[] = [];

  constructor(api: ConsoleApi, { roomId, recordingId }: MixLink) {
    this.#api = api;
    this.roomId = roomId;
    this.#engine = createEngine({ server: location.origin });
    this.recordings = new RoomRecordings(api, roomId);
    this.room = new EngineRoom(this.#engine, api);
    this.programme = new Programme(this.#engine);
    this.store = new Store<MixView>({
      desk: { settings: FIRST_SETTINGS },
      formats: ['mp4'],
      focusId: recordingId,
      inputs: standIns(STAND_INS),
      areStandIns: true,
      shows: 'film',
      ownCells: [],
      isSnapping: false,
      problem: undefined,
    });
  }

  /** The recording the desk is about, as it is now. */
  get focus(): Recording | undefined {
    return focusOf(this.recordings.store.value.recordings, this.store.value.focusId);
  }

  /** Enters the room and follows its recordings. */
  open(): void {
    const follow = (): void => this.#follow();
    this.#unfollow = [
      this.recordings.store.subscribe(follow),
      this.room.store.subscribe(follow),
      this.#engine.on('recording-changed', () => void this.recordings.refresh()),
    ];
    this.recordings.open();
    void this.room.join(this.roomId, MIXING_DESK);
  }

  /** Leaves the room; a running film goes on. */
  close(): void {
    for (const end of this.#unfollow) end();
    this.recordings.close();
    this.programme.close();
    void this.#engine.destroy();
  }

  /** Changes what the film looks and sounds like: at once while one is made, else for the next one. */
  edit(change: MixEdit): void {
    const settings = change(this.store.value.desk.settings);
    if (settings.layout.cells !== undefined) this.store.update({ ownCells: settings.layout.cells });
    this.#reduce({ type: 'edited', settings });
    this.store.update({ shows: 'plan' });
    void this.#send();
  }

  /** Chooses a layout. */
  choose(mode: LayoutMode): void {
    this.edit((settings) => settingsInMode(settings, mode, this.store.value));
  }

  /** Plays the finished film in the monitor, or draws the next one there. */
  show(shows: MixView['shows']): void {
    this.store.update({ shows });
  }

  /** Asks for a format, or no more. */
  toggleFormat(format: FilmFormat): void {
    this.store.update({ formats: toggledFormat(this.store.value.formats, format) });
  }

  /** Begins a film of the room. */
  async start(): Promise<void> {
    const { desk, formats } = this.store.value;
    const request = { roomId: this.roomId, mode: 'mix', ...desk.settings, ...outputsOf(formats) } as const;
    this.#keep(await this.recordings.act(() => this.#api.startRecording(request)));
  }

  /** Stops, pauses or resumes the film. */
  async change(verb: 'stop' | 'pause' | 'resume'): Promise<void> {
    const { focus } = this;
    if (focus !== undefined) this.#keep(await this.recordings.change(focus.recordingId, verb));
  }

  /** Takes a picture of the film. */
  async snap(): Promise<void> {
    const { focus } = this;
    if (focus === undefined) return;
    this.store.update({ isSnapping: true });
    try {
      await this.#api.snapshot(focus.recordingId);
      await this.recordings.refresh();
    } catch (error) {
      this.store.update({ problem: problemOf('snap', error) });
    }
    this.store.update({ isSnapping: false });
  }

  /** Makes another film of the recording, as the desk shows it. */
  async render(): Promise<void> {
    const { focus } = this;
    if (focus === undefined) return;
    const { desk, formats } = this.store.value;
    await this.recordings.act(() => this.#api.render(focus.recordingId, { ...desk.settings, ...outputsOf(formats) }));
  }

  /** Leaves the recording alone: the desk is about the room again. */
  startAfresh(): void {
    this.#settledId = undefined;
    this.#reduce({ type: 'ended' });
    this.store.update({ focusId: undefined, problem: undefined });
    this.#follow();
  }

  /** Takes a problem off the page. */
  dismiss(key: string): void {
    if (key === this.recordings.store.value.problem?.key) this.recordings.dismiss();
    if (key === this.programme.store.value.problem?.key) this.programme.dismiss();
    if (key === this.room.store.value.problem?.key) this.room.dismiss();
    if (key === this.store.value.problem?.key) this.store.update({ problem: undefined });
  }

  #keep(recording: Recording | undefined): void {
    if (recording === undefined) return;
    this.store.update({ focusId: recording.recordingId, shows: 'film' });
    this.#follow();
  }

  /** Something was heard of the room or of its recordings. */
  #follow(): void {
    const { recordings, isLoaded, hasMore } = this.recordings.store.value;
    const { focusId } = this.store.value;
    const { focus } = this;
    if (focus === undefined && focusId !== undefined && isLoaded && hasMore) void this.recordings.showMore();
    if (focus !== undefined && focusId === undefined) this.store.update({ focusId: focus.recordingId });
    const { streams, participants, state } = this.room.store.value;
    const present = focus !== undefined && phaseOf(focus) === 'over' ? inputsOfRecording(focus) : [];
    const inputs = present.length > 0 ? present : inputsOfRoom(streams, participants, recordings);
    if (inputs.length > 0) this.store.update({ inputs, areStandIns: false });
    // A room that is reconnecting stops nothing: media has connections of its own.
    const isInside = state === 'connected' || state === 'reconnecting';
    this.programme.show(phaseOf(focus) === 'live' && isInside ? focus?.recordingId : undefined);
    if (focus !== undefined) this.#settle(focus);
  }

  /** Follows what the server says of the film; what is over is only where the desk goes on from. */
  #settle(focus: Recording): void {
    if (phaseOf(focus) === 'live') {
      this.#settledId = focus.recordingId;
      this.#reduce({ type: 'heard', settings: settingsFor(focus), at: focus.updatedAt });
      return;
    }
    if (this.#settledId !== focus.recordingId) this.#reduce({ type: 'edited', settings: settingsFor(focus) });
    this.#settledId = focus.recordingId;
    if (this.store.value.desk.confirmed === undefined) return;
    this.#reduce({ type: 'ended' });
    this.store.update({ shows: 'film' });
  }

  #reduce(event: DeskEvent): void {
    const { desk } = this.store.value;
    const next = reduceDesk(desk, event);
    if (next !== desk) this.store.update({ desk: next });
  }

  /** Sends what is chosen until nothing newer is; one request at a time, so that the last click wins. */
  async #send(): Promise<void> {
    const { focus } = this;
    if (focus === undefined || this.store.value.desk.sending !== undefined) return;
    while (isWaiting(this.store.value.desk)) {
      const { settings } = this.store.value.desk;
      this.#reduce({ type: 'sent' });
      try {
        this.#accept(await this.#api.changeLayout(focus.recordingId, changeOf(settings)));
      } catch (error) {
        this.#reduce({ type: 'refused' });
        this.store.update({ problem: problemOf('layout', error) });
      }
    }
  }

  #accept(recording: Recording): void {
    const settings: MixSettings = settingsFor(recording);
    this.#reduce({ type: 'accepted', settings, at: recording.updatedAt });
    this.recordings.put(recording);
    if (this.store.value.problem?.key === 'layout') this.store.update({ problem: undefined });
  }
}
